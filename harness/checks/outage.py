"""The outage that a fault made, as the load felt it: when it ended, and how finely that is known."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from harness.checks.arrivals import arrivals
from harness.checks.base import Recording
from harness.checks.windows import windows
from harness.timeline import Timeline

__all__ = ["Outage", "detect_s", "outage"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outage:
    """What the fault did to writes, or to reads. Times in seconds since the fault was seen in effect.

    Attributes:
        broken: windows below the steady state since the fault.
        rto_s: the end of the last broken one; 0 when none was; None when the last window of the
            recovery was still broken, so that nobody knows when it would have ended.
        at_least_s: when ``rto_s`` is None, how long the outage was seen to last; else ``rto_s``.
        resolution_s: the largest gap between arrivals near both ends; None when there was one arrival.
        first_success_s: the first acknowledgement of an operation sent after the fault.
        worst: the broken windows, for examples.
    """

    broken: int
    rto_s: float | None
    at_least_s: float
    resolution_s: float | None
    first_success_s: float | None
    worst: pl.DataFrame


def counted_from(timeline: Timeline) -> float | None:
    """When the first injection was seen in effect; of a run that injects nothing, the fault phase's start."""
    if timeline.injections:
        return timeline.fault_at
    phase = timeline.phases.get("fault")
    return phase.start if phase else None


def outage(recording: Recording, *, write: bool) -> Outage | str:
    """Measure it for writes or for reads; a string says why it cannot be measured."""
    kind = "write" if write else "read"
    fault_at = counted_from(recording.timeline)
    if fault_at is None:
        return "No injection was seen in effect, so there is no moment to count from."
    if "recovery" not in recording.timeline.phases:
        return "The recovery phase never began, so no end of the outage could be seen."
    since = windows(recording, write=write).filter(pl.col("end") > fault_at)
    if since.is_empty():
        return f"No {kind} was intended after the fault, so there is nothing to judge."
    return _measure(recording, since, fault_at, write=write)


def _measure(recording: Recording, since: pl.DataFrame, fault_at: float, *, write: bool) -> Outage:
    broken = since.filter(pl.col("broken"))
    end_at = fault_at if broken.is_empty() else float(broken["end"][-1])
    never = bool(since["broken"][-1])
    times = arrivals(recording, "all", write=write)["intended_at"].sort()
    gaps = [_largest_gap(times, at, recording.steady.window_s) for at in {fault_at, end_at}]
    return Outage(
        broken=broken.height,
        rto_s=None if never else end_at - fault_at,
        at_least_s=end_at - fault_at,
        resolution_s=max((gap for gap in gaps if gap is not None), default=None),
        first_success_s=_first_success_s(recording, fault_at, write=write),
        worst=broken,
    )


def _largest_gap(times: pl.Series, at: float, near_s: float) -> float | None:
    pairs = pl.DataFrame({"one": times, "next": times.shift(-1)}).drop_nulls()
    close = pairs.filter((pl.col("next") >= at - near_s) & (pl.col("one") <= at + near_s))
    gap = close.select((pl.col("next") - pl.col("one")).max()).item()
    return None if gap is None else float(gap)


def _first_success_s(recording: Recording, fault_at: float, *, write: bool) -> float | None:
    sent = arrivals(recording, "all", write=write)
    acknowledged = sent.filter((pl.col("outcome") == "ok") & (pl.col("sent_at") >= fault_at))["done_at"].min()
    return None if acknowledged is None else float(acknowledged) - fault_at  # type: ignore[arg-type]  # a Float64 column


def detect_s(recording: Recording) -> float | None:
    """Seconds from the fault to the stack's first visible answer: a node took up another role.

    A node that merely stopped answering is the fault itself, not its detection. None without one.
    """
    fault_at = counted_from(recording.timeline)
    if fault_at is None:
        return None
    taken = (
        float(event["at"]) - fault_at
        for event in recording.timeline.of("role")
        if event["at"] >= fault_at and event.get("role") and event.get("before") not in (None, event["role"])
    )
    return next(taken, None)
