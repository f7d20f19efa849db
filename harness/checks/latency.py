"""Latency: how long acknowledged operations took, counted from when they were intended."""

from __future__ import annotations

import math
from dataclasses import dataclass

import polars as pl

from harness.checks.arrivals import Phase, arrivals, check_phase, latency_ms
from harness.checks.base import Recording
from harness.checks.conclusion import conclude, examples_of
from harness.checks.wording import milliseconds
from harness.errors import ExperimentError
from harness.verdict import Finding

__all__ = ["Latency"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Latency:
    """Acknowledged operations of a phase were fast enough at a percentile; writes and, apart, reads.

    Proof obligations:

    1. A latency is the acknowledgement's time less the *intended* time, retries and the wait to be
       sent included: a stalled generator or stack cannot leave slow operations out.
    2. Of ``n`` latencies the percentile is one that was measured, rounded towards the slower one.
    3. It is at most ``max_ms`` for writes and ``reads_max_ms`` for reads. What was never acknowledged
       has no latency: that is the business of Availability, which belongs beside this check.
    4. A phase without an acknowledged write is inconclusive; so is one without an acknowledged read
       when ``reads_max_ms`` is given.

    Attributes:
        max_ms: the most that writes may take, in milliseconds.
        reads_max_ms: the same for reads; None takes ``max_ms``.
        percentile: above 0, at most 100 (100: the slowest).
        phase: ``baseline``, ``fault``, ``recovery`` or ``all``.
    """

    max_ms: float
    reads_max_ms: float | None = None
    percentile: float = 99.0
    phase: Phase = "all"

    def __post_init__(self) -> None:
        check_phase("Latency", self.phase)
        for name in ("max_ms", "reads_max_ms"):
            value = getattr(self, name)
            if value is not None and not (math.isfinite(value) and value > 0):
                raise ExperimentError(f"Latency: {name} must be above 0, not {value}")
        if not 0 < self.percentile <= 100:  # noqa: PLR2004  # percent
            raise ExperimentError(
                f"Latency: percentile must be above 0 and at most 100, not {self.percentile}"
            )

    @property
    def needs(self) -> frozenset[str]:
        """Nothing of the final reads: the history alone decides."""
        return frozenset()

    def judge(self, recording: Recording) -> Finding:
        """Judge one run."""
        bounds = {True: self.max_ms, False: self.max_ms if self.reads_max_ms is None else self.reads_max_ms}
        seen = {write: self._acknowledged(recording, write=write) for write in bounds}
        at = {write: self._at_percentile(frame) for write, frame in seen.items()}
        slow = [write for write, value in at.items() if value is not None and value > bounds[write]]
        return conclude(
            self,
            violated=bool(slow),
            blind=self._blind(at),
            measured=", ".join(
                f"{_name(write=write)} {'none' if value is None else milliseconds(value)}"
                for write, value in at.items()
            ),
            bound=", ".join(
                f"{_name(write=write)} <= {milliseconds(bound)}" for write, bound in bounds.items()
            )
            + f" at p{self.percentile:g}, phase {self.phase}",
            detail="Counted from the intended time, acknowledged operations only.",
            examples=[row for write in slow for row in _slowest(seen[write], bounds[write])],
            numbers={
                f"latency_{self.phase}_{_name(write=write)}_p{self.percentile:g}_ms": value
                for write, value in at.items()
            },
        )

    def _acknowledged(self, recording: Recording, *, write: bool) -> pl.DataFrame:
        seen = arrivals(recording, self.phase, write=write).filter(pl.col("outcome") == "ok")
        return seen.select("key", "kind", "intended_at", "attempts", latency_ms().alias("latency_ms"))

    def _at_percentile(self, seen: pl.DataFrame) -> float | None:
        value = seen["latency_ms"].quantile(self.percentile / 100, interpolation="higher")
        return None if value is None else float(value)

    def _blind(self, at: dict[bool, float | None]) -> str:
        if at[True] is None:
            return f"No write of the phase {self.phase} was acknowledged, so there is nothing to judge."
        if at[False] is None and self.reads_max_ms is not None:
            return f"No read of the phase {self.phase} was acknowledged, and reads_max_ms asks for them."
        return ""


def _name(*, write: bool) -> str:
    return "writes" if write else "reads"


def _slowest(seen: pl.DataFrame, bound_ms: float) -> list[dict[str, object]]:
    slow = seen.filter(pl.col("latency_ms") > bound_ms).sort("latency_ms", descending=True)
    return examples_of(slow.head(10), f"slower than {milliseconds(bound_ms)}")
