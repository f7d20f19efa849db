"""What must be true of a run before any check's word counts: each a finding of its own, pass or inconclusive.

None of these can fail: they are about the harness and the load, not about the stack.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import polars as pl

from harness.checks.arrivals import span_of, wanted, within
from harness.checks.base import Recording
from harness.checks.conclusion import conclude
from harness.checks.wording import count, milliseconds
from harness.timeline import InjectionRecord
from harness.verdict import Finding

__all__ = ["LAG_MS_MAX", "PRECONDITIONS"]

LAG_MS_MAX = 100.0
"""Above this at p99 in a phase, the load generator did not keep its schedule, in milliseconds."""

_PHASES = ("baseline", "fault", "recovery", "observe")
_LOADED = ("baseline", "fault", "recovery")


def run_complete(recording: Recording) -> Finding:
    """Every phase was reached and the harness itself had no error."""
    absent = [phase for phase in _PHASES if phase not in recording.timeline.phases]
    errors = [str(event["what"]) for event in recording.timeline.of("error")]
    words = [f"the harness had an error: {what}" for what in errors]
    if absent:
        words.append(f"the run never reached {', '.join(absent)}")
    return _finding(
        "RunComplete",
        words,
        "not complete" if words else "the run went to its end",
        "every phase reached, no error of the harness",
    )


def baseline_steady(recording: Recording) -> Finding:
    """The steady state held before anything was injected."""
    seen = list(recording.timeline.of("steady"))
    if not seen:
        words = ["nobody looked whether the baseline held the steady state"]
    else:
        words = [
            f"the baseline was not steady: {event.get('detail', '')}" for event in seen if not event["held"]
        ]
    return _finding(
        "BaselineSteady",
        words,
        "not proven" if words else "the baseline was steady",
        "the steady state holds in the baseline",
    )


def load_ended(recording: Recording) -> Finding:
    """The load stopped in order: its history is whole."""
    words = [] if recording.load_ended else ["the load process died: its history has no end"]
    return _finding(
        "LoadEnded",
        words,
        "the load died" if words else "the load stopped in order",
        "the load stops in order",
    )


def something_succeeded(recording: Recording) -> Finding:
    """At least one operation of the load was acknowledged, of those that should be."""
    span = recording.timeline.load_span
    load = recording.operations.filter(within(span) & wanted()) if span else recording.operations.clear()
    ok = load.filter(pl.col("outcome") == "ok").height
    words = [] if ok else [f"none of {count(load.height)} operations was acknowledged"]
    return _finding(
        "SomethingSucceeded", words, f"{count(ok)} of {count(load.height)} acknowledged", ">= 1 acknowledged"
    )


def load_kept_up(recording: Recording) -> Finding:
    """In no phase was the generator late by more than :data:`LAG_MS_MAX` at p99; drops are not lag."""
    lags = {phase: lag for phase in _LOADED if (lag := _lag_ms(recording, phase)) is not None}
    for event in recording.timeline.of("load"):
        if event.get("lag_p99_ms") is not None:
            phase = str(event.get("phase", "all"))
            lags[phase] = max(lags.get(phase, 0.0), float(event["lag_p99_ms"]))
    words = [
        f"p99 was {milliseconds(lag)} late in {phase}" for phase, lag in lags.items() if lag > LAG_MS_MAX
    ]
    if not lags:
        words = ["no operation was sent, so it is not known whether the load kept its schedule"]
    worst = max(lags.values(), default=None)
    return _finding(
        "LoadKeptUp",
        words,
        "not measured" if worst is None else f"{milliseconds(worst)} late at p99",
        f"<= {milliseconds(LAG_MS_MAX)} at p99 in every phase",
        {"load_lag_p99_ms": worst},
    )


def evidence_held(recording: Recording) -> Finding:
    """Each injection was seen in effect without a gap, and seen gone."""
    injections = recording.timeline.injections
    words = [
        f"{record.id} {record.fault}: {record.why}" for record in injections if record.evidence != "pass"
    ]
    held = f"{count(len(injections) - len(words))} of {count(len(injections))} injections with whole evidence"
    return _finding("EvidenceHeld", words, held, "every injection seen in effect without a gap, and gone")


def load_met_the_fault(recording: Recording) -> Finding:
    """For each injection an operation was under way, or sent, while it was in effect."""
    met = {
        record.id: _overlapping(recording, record)
        for record in recording.timeline.injections
        if record.effect_at is not None
    }
    words = [f"no operation overlapped {name}" for name, number in met.items() if not number]
    return _finding(
        "LoadMetTheFault",
        words,
        ", ".join(f"{name}: {count(number)} operations" for name, number in met.items())
        or "nothing was in effect",
        ">= 1 operation overlaps each injection",
    )


PRECONDITIONS: Mapping[str, Callable[[Recording], Finding]] = {
    "RunComplete": run_complete,
    "BaselineSteady": baseline_steady,
    "LoadEnded": load_ended,
    "SomethingSucceeded": something_succeeded,
    "LoadKeptUp": load_kept_up,
    "EvidenceHeld": evidence_held,
    "LoadMetTheFault": load_met_the_fault,
}
"""Name of the finding -> what makes it."""


def _finding(
    name: str, words: list[str], measured: str, bound: str, numbers: Mapping[str, float | None] | None = None
) -> Finding:
    told = "; ".join(words)
    blind = f"Not proven: {told}." if told else ""
    return conclude(name, violated=False, blind=blind, measured=measured, bound=bound, numbers=numbers)


def _lag_ms(recording: Recording, phase: str) -> float | None:
    span = span_of(recording.timeline, phase)
    if span is None:
        return None
    lag = (pl.col("sent_at") - pl.col("intended_at")) * 1000
    found = (
        recording.operations.filter(within(span)).select(lag.quantile(0.99, interpolation="higher")).item()
    )
    return None if found is None else float(found)


def _overlapping(recording: Recording, record: InjectionRecord) -> int:
    """A fault of a moment is given a window's length: whoever came then met what it left."""
    assert record.effect_at is not None
    end = max(record.gone_at or record.effect_at, record.effect_at + recording.steady.window_s)
    over = pl.col("done_at").fill_null(float("inf")) >= record.effect_at
    return recording.operations.filter((pl.col("sent_at") <= end) & over & wanted()).height
