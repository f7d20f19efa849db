"""Injections that belong together: one again and again, or several one after the other.

Both are only ways to write a list: ``injections=[*Repeat(...), Injection(...)]``.
"""

from __future__ import annotations

from collections import abc
from collections.abc import Iterator
from dataclasses import dataclass

from harness.errors import ExperimentError
from harness.experiment import Injection
from harness.faults.base import Fault

__all__ = ["Repeat", "Sequence"]

_GAP_MIN_S = 1.5
"""A fault must be seen gone before the next is made: the looks of both need this much time."""


@dataclass(frozen=True, slots=True)
class Repeat:
    """The same fault again and again, as a link that flaps.

    Attributes:
        fault: the fault; its selectors are resolved anew each time.
        at_s: when the first begins, in seconds after the load's first arrival.
        times: how often.
        every_s: from one beginning to the next, in seconds; at least 1.5 longer than `for_s`.
        for_s: how long each lasts, in seconds; 0 for an instant fault.
    """

    fault: Fault
    at_s: float
    times: int
    every_s: float
    for_s: float = 0.0

    def __post_init__(self) -> None:
        if self.times < 1:
            raise ExperimentError(f"Repeat: times must be at least 1, not {self.times}")
        _leaves_room("Repeat", self.every_s - self.for_s, f"every_s={self.for_s + _GAP_MIN_S:g} or more")
        tuple(self)

    def __iter__(self) -> Iterator[Injection]:
        """The injections, in their order."""
        for number in range(self.times):
            yield Injection(self.fault, self.at_s + number * self.every_s, self.for_s)


@dataclass(frozen=True, slots=True)
class Sequence:
    """Different faults, each after the one before is healed.

    Attributes:
        faults: each fault with how long it lasts, in seconds; 0 for an instant one.
        at_s: when the first begins, in seconds after the load's first arrival.
        gap_s: from the end of one to the beginning of the next, in seconds; at least 1.5.
    """

    faults: abc.Sequence[tuple[Fault, float]]
    at_s: float
    gap_s: float = 5.0

    def __post_init__(self) -> None:
        if not self.faults:
            raise ExperimentError("Sequence: there is no fault")
        _leaves_room("Sequence", self.gap_s, f"gap_s={_GAP_MIN_S:g} or more")
        tuple(self)

    def __iter__(self) -> Iterator[Injection]:
        """The injections, in their order."""
        at_s = self.at_s
        for fault, for_s in self.faults:
            yield Injection(fault, at_s, for_s)
            at_s += for_s + self.gap_s


def _leaves_room(what: str, gap_s: float, mend: str) -> None:
    if not gap_s >= _GAP_MIN_S:
        raise ExperimentError(
            f"{what}: {gap_s:g} s between two faults is too short to see that the first is gone",
            mend=f"Give {mend}",
        )
