"""The load's pulse: the newest ticks, and whether the steady state holds in them."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from harness.load.process import Tick
from harness.steady import SteadyState

__all__ = ["Pulse"]


@dataclass
class Pulse:
    """Collects one tick a second from the load process; asked by the runner, filled by the load's thread.

    Attributes:
        steady: what a window must have to be good.
        listener: told of every tick.
    """

    steady: SteadyState
    listener: Callable[[Tick], None] = lambda _tick: None
    _ticks: deque[Tick] = field(default_factory=lambda: deque(maxlen=3600), init=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False)

    def __call__(self, tick: Tick) -> None:
        """Take one tick."""
        with self._lock:
            self._ticks.append(tick)
        self.listener(tick)

    def windows(self, since: float) -> list[tuple[float, float]]:
        """(start, share of good operations) of each judged window that began at or after ``since``."""
        with self._lock:
            ticks = list(self._ticks)
        judged = {
            tick.window_start: tick
            for tick in ticks
            if tick.window_start is not None and tick.judged and tick.window_start >= since
        }
        return [(start, tick.good / tick.judged) for start, tick in sorted(judged.items())]

    def held(self, since: float) -> tuple[bool, str]:
        """Whether the steady state held in all windows since then but one, and what was seen.

        One window may be broken: the first second of a load opens every connection.
        """
        windows = self.windows(since)
        broken = [share for _, share in windows if share < self.steady.good_ratio_min]
        if not windows:
            return False, "no window of the baseline could be judged: no operation came back"
        detail = (
            f"{len(windows) - len(broken)} of {len(windows)} windows held {self.steady.good_ratio_min:.0%}"
        )
        return len(broken) <= 1 and len(windows) > len(broken), detail

    def sustained_s(self, since: float) -> float:
        """For how many seconds the newest windows have been good without a break, since then at most."""
        length = 0.0
        for _, share in reversed(self.windows(since)):
            if share < self.steady.good_ratio_min:
                break
            length += self.steady.window_s
        return length
