"""Counts what happened, second by second, for whoever watches the run."""

from __future__ import annotations

from array import array
from dataclasses import asdict, dataclass, field
from typing import Any

__all__ = ["Counts", "Tally", "p99"]


@dataclass(slots=True)
class Counts:
    """Operations by what became of them."""

    arrivals: int = 0
    ok: int = 0
    fail: int = 0
    info: int = 0
    dropped: int = 0


@dataclass(slots=True)
class _Window:
    judged: int = 0
    good: int = 0
    judged_writes: int = 0
    good_writes: int = 0


@dataclass(slots=True)
class Tally:
    """The running count. What must be refused is counted, and never judged: a refusal is no unavailability.

    Attributes:
        started_at: the start of the load, from which windows of one second are counted.
        good_within_s: an acknowledgement within this of the intended time is good.
        total: since the start.
        in_flight: operations under way now.
    """

    started_at: float
    good_within_s: float
    total: Counts = field(default_factory=Counts)
    in_flight: int = 0
    _second: Counts = field(default_factory=Counts)
    _lags: array[float] = field(default_factory=lambda: array("d"))
    _lags_seen: int = 0
    _windows: dict[int, _Window] = field(default_factory=dict)
    _next_window: int = 0

    def arrived(self, intended_at: float, *, write: bool, judged: bool = True) -> None:
        """An operation arrived and goes out, or will in a moment."""
        self._count("arrivals")
        self.in_flight += 1
        if judged:
            self._judge(intended_at, write=write)

    def dropped(self, intended_at: float, *, write: bool, judged: bool = True) -> None:
        """An operation arrived and was not sent: it is unavailability."""
        self._count("arrivals")
        self._count("dropped")
        if judged:
            self._judge(intended_at, write=write)

    def sent(self, lag_s: float) -> None:
        """An operation's first attempt went out this long after its intended time."""
        self._lags.append(lag_s)

    def ended(self, intended_at: float, at: float, outcome: str, *, write: bool, judged: bool = True) -> None:
        """An operation is over."""
        self._count(outcome)
        self.in_flight -= 1
        if judged and outcome == "ok" and at - intended_at <= self.good_within_s:
            window = self._window(intended_at)
            window.good += 1
            window.good_writes += write

    def tick(self, at: float) -> dict[str, Any]:
        """What happened since the last tick, and the next window that is old enough to be judged."""
        second, self._second = self._second, Counts()
        lags, self._lags_seen = self._lags[self._lags_seen :], len(self._lags)
        return {
            "at": at,
            **asdict(second),
            "in_flight": self.in_flight,
            "lag_p99_ms": p99(lags),
            **self._judged_window(at),
        }

    def summary(self) -> dict[str, Any]:
        """The whole load in numbers."""
        return {**asdict(self.total), "lag_p99_ms": p99(self._lags)}

    def _judged_window(self, at: float) -> dict[str, Any]:
        start = self.started_at + self._next_window
        if at < start + 1 + self.good_within_s:
            return {"window_start": None, **asdict(_Window())}
        window = self._windows.pop(self._next_window, _Window())
        self._next_window += 1
        return {"window_start": start, **asdict(window)}

    def _judge(self, intended_at: float, *, write: bool) -> None:
        window = self._window(intended_at)
        window.judged += 1
        window.judged_writes += write

    def _window(self, intended_at: float) -> _Window:
        number = int(intended_at - self.started_at)
        if number < self._next_window:
            # Its window was judged already; this operation was too late to be good.
            return _Window()
        return self._windows.setdefault(number, _Window())

    def _count(self, what: str) -> None:
        for counts in (self.total, self._second):
            setattr(counts, what, getattr(counts, what) + 1)


def p99(lags_s: array[float]) -> float | None:
    """The 99th percentile in milliseconds (the value that at least 99 % do not exceed); None of nothing."""
    if not lags_s:
        return None
    ordered = sorted(lags_s)
    return round(ordered[-(-len(ordered) * 99 // 100) - 1] * 1000, 3)
