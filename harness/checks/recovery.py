"""Rto: how long the business was away."""

from __future__ import annotations

import math
from dataclasses import dataclass

from harness.checks.base import Recording
from harness.checks.conclusion import conclude, examples_of
from harness.checks.outage import Outage, detect_s, outage
from harness.checks.wording import seconds
from harness.errors import ExperimentError
from harness.verdict import Finding

__all__ = ["Rto"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rto:
    """The steady state was back, to stay, within a time of the fault; for writes and, apart, for reads.

    Proof obligations:

    1. The clock starts when the first injection was *seen* in effect, not when it was asked for. A control
       run, which injects nothing, starts it with its fault phase: its outage must be 0.
    2. A window is broken when its share of good operations, by intended time, is below the steady
       state's. Drops are not good. Windows that ended before the fault do not count.
    3. The clock stops at the end of the *last* broken window: a first success that does not last is
       not a recovery. Without a broken window the outage is 0.
    4. Every later window to the end of the recovery is good, and there is at least one; else the
       outage has no end, which is a fail whatever the bound.
    5. The resolution, the largest gap between arrivals within a window of both ends, is reported.
    6. Without an injection in effect, a recovery phase or a write after the fault: inconclusive. The
       same of reads when ``reads_max_s`` is given.

    Attributes:
        max_s: the longest outage of writes, in seconds.
        reads_max_s: the same of reads; None takes ``max_s``.
    """

    max_s: float
    reads_max_s: float | None = None

    def __post_init__(self) -> None:
        for name in ("max_s", "reads_max_s"):
            value = getattr(self, name)
            if value is not None and not (math.isfinite(value) and value >= 0):
                raise ExperimentError(f"Rto: {name} must not be negative, not {value}")

    @property
    def needs(self) -> frozenset[str]:
        """Nothing of the final reads: history and timeline decide."""
        return frozenset()

    def judge(self, recording: Recording) -> Finding:
        """Judge one run."""
        writes, reads = outage(recording, write=True), outage(recording, write=False)
        reads_max_s = self.max_s if self.reads_max_s is None else self.reads_max_s
        long = [
            ("writes", writes, _too_long(writes, self.max_s)),
            ("reads", reads, _too_long(reads, reads_max_s)),
        ]
        return conclude(
            self,
            violated=any(too_long for _, _, too_long in long),
            blind=self._blind(writes, reads),
            measured=f"writes {_words(writes)}, reads {_words(reads)}",
            bound=f"writes <= {seconds(self.max_s)}, reads <= {seconds(reads_max_s)}",
            detail=f"The end is that of a window of {seconds(recording.steady.window_s)}.",
            examples=[
                row
                for name, found, too_long in long
                if too_long and isinstance(found, Outage)
                for row in examples_of(found.worst.tail(10), f"broken window of {name}")
            ],
            numbers=_numbers(recording, writes, reads),
        )

    def _blind(self, writes: Outage | str, reads: Outage | str) -> str:
        if isinstance(writes, str):
            return writes
        return reads if isinstance(reads, str) and self.reads_max_s is not None else ""


def _too_long(found: Outage | str, max_s: float) -> bool:
    return isinstance(found, Outage) and (found.rto_s is None or found.rto_s > max_s)


def _words(found: Outage | str) -> str:
    if isinstance(found, str):
        return "not measured"
    length = f"not back after {seconds(found.at_least_s)}" if found.rto_s is None else seconds(found.rto_s)
    if found.resolution_s is None:
        return length
    return f"{length} (resolution {seconds(found.resolution_s)})"


def _numbers(
    recording: Recording, writes: Outage | str, reads: Outage | str
) -> dict[str, float | int | None]:
    numbers: dict[str, float | int | None] = {"detect_s": detect_s(recording)}
    for suffix, found in (("", writes), ("_reads", reads)):
        seen = found if isinstance(found, Outage) else None
        numbers |= {
            f"rto{suffix}_s": seen.rto_s if seen else None,
            f"rto{suffix}_resolution_s": seen.resolution_s if seen else None,
            f"first_success{suffix}_s": seen.first_success_s if seen else None,
            f"broken_windows{suffix}": seen.broken if seen else None,
        }
    return numbers
