"""How a figure is written in a finding: the same everywhere, so that two reports compare by eye."""

from __future__ import annotations

__all__ = ["count", "milliseconds", "percent", "seconds"]


def count(number: int) -> str:
    """A whole number with its thousands apart: ``1 204``."""
    return f"{number:,}".replace(",", " ")


def seconds(value: float) -> str:
    """Seconds, to the millisecond below ten and to a tenth above: ``0.025 s``, ``21.3 s``."""
    return f"{round(value, 3 if abs(value) < 10 else 1):g} s"  # noqa: PLR2004  # ten: the docstring's


def milliseconds(value: float) -> str:
    """Milliseconds, to a tenth below a hundred: ``12.4 ms``, ``1204 ms``."""
    return f"{value:.1f} ms" if abs(value) < 100 else f"{value:.0f} ms"  # noqa: PLR2004  # the docstring's


def percent(ratio: float) -> str:
    """A ratio as a percentage to the hundredth, never rounded up to 100 %: ``99.99 %``."""
    return f"{int(ratio * 10_000 + 1e-6) / 100:g} %"
