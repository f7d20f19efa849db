"""From a value to a place on the page, and the values worth a tick."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

__all__ = ["Scale", "linear", "linear_ticks", "log_ms", "log_ms_ticks", "time_label", "time_ticks"]

Scale = Callable[[float], float]
_TIME_STEPS_S = (1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1800, 3600, 7200, 21600)
_MINUTE_S = 60


@dataclass(frozen=True, slots=True)
class linear:  # noqa: N801  # reads as a function at every call
    """Values from ``low`` to ``high``, drawn from ``start`` to ``end``; beyond it they stop at its ends."""

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        """The place of a value."""
        share = (value - self.low) / ((self.high - self.low) or 1.0)
        return self.start + min(1.0, max(0.0, share)) * (self.end - self.start)


def log_ms(low: float, high: float, start: float, end: float) -> Scale:
    """The same on a logarithmic scale: 2 ms and 20 s are on one chart."""
    inner = linear(math.log10(low), math.log10(high), start, end)
    return lambda value: inner(math.log10(max(value, low)))


def linear_ticks(high: float, most: int = 4) -> tuple[float, ...]:
    """Round values from 0 to at least ``high``, at most ``most`` steps."""
    raw = max(high, 1.0) / most
    size = 10.0 ** math.floor(math.log10(raw))
    step = next(size * factor for factor in (1, 2, 5, 10) if size * factor >= raw * (1 - 1e-9))
    step = max(step, 1.0)
    return tuple(step * number for number in range(max(1, math.ceil(high / step - 1e-9)) + 1))


def log_ms_ticks(low_ms: float, high_ms: float) -> tuple[float, ...]:
    """Powers of ten of milliseconds that hold both ends between them."""
    first = math.floor(math.log10(max(low_ms, 0.1)) + 1e-9)
    last = math.ceil(math.log10(max(high_ms, 1.0)) - 1e-9)
    return tuple(10.0**power for power in range(first, max(last, first + 1) + 1))


def time_ticks(length_s: float, most: int) -> tuple[float, ...]:
    """Round times from 0 to ``length_s``."""
    step = next((step for step in _TIME_STEPS_S if length_s <= step * most), _TIME_STEPS_S[-1])
    return tuple(float(step * number) for number in range(int(length_s // step) + 1))


def time_label(at_s: float, length_s: float) -> str:
    """``30 s`` in a short run, ``2:30`` in one of more than two minutes."""
    if length_s <= 2 * _MINUTE_S:
        return f"{at_s:g} s"
    return f"{at_s // _MINUTE_S:.0f}:{at_s % _MINUTE_S:02.0f}"
