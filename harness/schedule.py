"""When each injection and each heal of an experiment is due."""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from dataclasses import dataclass, field

from harness.experiment import Injection

__all__ = ["Due", "Schedule"]


@dataclass(frozen=True, slots=True, order=True)
class Due:
    """One thing to do.

    Attributes:
        at: when, seconds of CLOCK_MONOTONIC.
        heal: True for a heal, False for an injection; at one time an injection comes first.
        index: the injection's place in the experiment.
    """

    at: float
    heal: bool
    index: int

    @property
    def id(self) -> str:
        """The injection's name in the run: ``i1`` for the first."""
        return f"i{self.index + 1}"


@dataclass
class Schedule:
    """The injections of one run, by time; a heal is due ``for_s`` after the effect was seen.

    Attributes:
        injections: as the experiment has them.
        start: when the load's first arrival was due, seconds of CLOCK_MONOTONIC.
    """

    injections: Sequence[Injection]
    start: float
    _heap: list[Due] = field(default_factory=list, init=False)

    def __post_init__(self) -> None:
        for index, injection in enumerate(self.injections):
            heapq.heappush(self._heap, Due(self.start + injection.at_s, heal=False, index=index))

    def next(self) -> Due | None:
        """Take the next thing to do; None when all is done."""
        return heapq.heappop(self._heap) if self._heap else None

    def took_effect(self, due: Due, at: float) -> None:
        """An injection was seen in effect: its heal is due from now on."""
        heapq.heappush(self._heap, Due(at + self.injections[due.index].for_s, heal=True, index=due.index))
