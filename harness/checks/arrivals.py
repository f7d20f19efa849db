"""The operations that the load intended in a phase, and which of them were good."""

from __future__ import annotations

from typing import Literal, get_args

import polars as pl

from harness.checks.base import Recording
from harness.errors import ExperimentError
from harness.steady import SteadyState
from harness.timeline import Span, Timeline

__all__ = ["Phase", "arrivals", "check_phase", "is_good", "latency_ms", "span_of", "wanted", "within"]

Phase = Literal["baseline", "fault", "recovery", "all"]
"""Whose arrivals are judged, by intended time; ``all``: from the baseline to the end of the recovery."""


def check_phase(check: str, phase: str) -> None:
    """Refuse a phase that is none.

    Raises:
        ExperimentError: it is not one of :data:`Phase`.
    """
    if phase not in get_args(Phase):
        raise ExperimentError(f"{check}: phase must be one of {', '.join(get_args(Phase))}, not {phase!r}")


def span_of(timeline: Timeline, phase: str) -> Span | None:
    """When a phase was; None when it never began."""
    return timeline.load_span if phase == "all" else timeline.phases.get(phase)


def within(span: Span, column: str = "intended_at") -> pl.Expr:
    """Whether a time lies in a span, its end excluded, as ``Span`` has it."""
    return (pl.col(column) >= span.start) & (pl.col(column) < span.end)


def wanted() -> pl.Expr:
    """Whether an operation is one that the stack should serve; the others it must refuse."""
    return ~pl.col("forbidden")


def arrivals(recording: Recording, phase: str, *, write: bool) -> pl.DataFrame:
    """The writes, or the reads, intended in a phase, dropped ones included; empty without the phase.

    What must be refused is left out: a refusal is no unavailability, and FailsClosed judges it.
    When the load died, those are left out that could still have become good had it lived.
    """
    span = span_of(recording.timeline, phase)
    if span is None:
        return recording.operations.clear()
    seen = recording.operations.filter(within(span) & (pl.col("write") == write) & wanted())
    if recording.load_ended:
        return seen
    last_s = recording.operations.select(pl.max_horizontal(pl.col("sent_at", "done_at").max())).item() or 0.0
    decided = pl.col("intended_at") < last_s - recording.steady.good_within_ms / 1000
    return seen.filter(decided | (pl.col("outcome") == "ok"))


def latency_ms() -> pl.Expr:
    """Milliseconds from the intended time, not from the sending: waiting to be sent is waiting too."""
    return (pl.col("done_at") - pl.col("intended_at")) * 1000


def is_good(steady: SteadyState) -> pl.Expr:
    """Whether an operation was acknowledged within ``good_within_ms`` of its intended time."""
    return ((pl.col("outcome") == "ok") & (latency_ms() <= steady.good_within_ms)).fill_null(False)
