"""Detected: the monitoring said so, in time, and said when it was over."""

from __future__ import annotations

import math
from dataclasses import dataclass

from harness.checks.alarm import Alarm, alarms, unreadable
from harness.checks.base import Recording
from harness.checks.conclusion import conclude
from harness.checks.wording import seconds
from harness.errors import ExperimentError
from harness.timeline import InjectionRecord, Timeline
from harness.verdict import Finding

__all__ = ["Detected"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Detected:
    """The named alert fired within a time of the fault, not before it, and was resolved after the heal.

    Proof obligations:

    1. The clock starts when the injection was *seen* in effect: the first one, or the one named. It stops
       when the harness saw the alert fire; with several sets of labels, the first.
    2. That is at most ``max_s`` later.
    3. The alert did not fire between the start of the baseline and the effect, nor go on firing from before: what
       rings always detects nothing.
    4. With ``resolved_max_s``: every set of labels that fired was resolved, at most so long after the injection was
       seen gone. One that was resolved before counts as 0.
    5. An alert that never fired is a violation, and so is one that was not resolved, once the run was watched for
       as long as the bound; a run that ended earlier, or whose alerts could not be read for a while, is inconclusive.
    6. No such injection in effect, or with ``resolved_max_s`` not seen gone: inconclusive, unless it is a violation.

    ``detect_s`` in numbers is the time to detect (MTTD, over runs); it stands in the measurements instead of
    the first change of a role, and ``resolve_s`` beside it.

    Attributes:
        alert: the alert's name.
        max_s: the longest time from the effect to the alert, in seconds.
        resolved_max_s: the longest time from the heal to its end, in seconds; None does not ask for it.
        injection: which injection, ``i1`` for the first; None takes the first that was in effect.
    """

    alert: str
    max_s: float
    resolved_max_s: float | None = None
    injection: str | None = None

    def __post_init__(self) -> None:
        if not self.alert:
            raise ExperimentError("Detected: alert must be the name of an alert")
        for name in ("max_s", "resolved_max_s"):
            value = getattr(self, name)
            if value is not None and not (math.isfinite(value) and value > 0):
                raise ExperimentError(f"Detected: {name} must be above 0, not {value}")

    @property
    def needs(self) -> frozenset[str]:
        """Nothing of the final reads: the timeline decides."""
        return frozenset()

    def judge(self, recording: Recording) -> Finding:
        """Judge one run."""
        timeline = recording.timeline
        record = self._record(timeline)
        rung = alarms(timeline, self.alert)
        if record is None or record.effect_at is None:
            blind = "No such injection was seen in effect, so there is no moment to count from."
            return self._finding([], blind, "not measured", None, None)
        effect_at = record.effect_at
        after = [alarm for alarm in rung if alarm.fired_at >= effect_at]
        detect_s = after[0].fired_at - effect_at if after else None
        resolve_s = _resolve_s(after, record.gone_at)
        faults = [
            *(f"it fired before the fault ({alarm.labels})" for alarm in _early(timeline, rung, effect_at)),
            *self._late(timeline, effect_at, detect_s),
            *self._unresolved(timeline, after, record.gone_at, resolve_s),
        ]
        fired = "never fired" if detect_s is None else f"fired after {seconds(detect_s)}"
        ended = "" if self.resolved_max_s is None else f", {_words(resolve_s)}"
        return self._finding(
            faults, self._blind(timeline, record, detect_s, resolve_s), fired + ended, detect_s, resolve_s
        )

    def _finding(
        self, faults: list[str], blind: str, measured: str, detect_s: float | None, resolve_s: float | None
    ) -> Finding:
        bound = f"{self.alert} within {seconds(self.max_s)} of the fault"
        if self.resolved_max_s is not None:
            bound += f", resolved within {seconds(self.resolved_max_s)} of the heal"
        return conclude(
            self,
            violated=bool(faults),
            blind=blind,
            measured=f"{self.alert} {measured}",
            bound=bound,
            examples=[{"what": fault, "alert": self.alert} for fault in faults],
            numbers={"detect_s": detect_s, "resolve_s": resolve_s},
        )

    def _record(self, timeline: Timeline) -> InjectionRecord | None:
        """The named injection, or the first that took effect."""
        seen = [record for record in timeline.injections if record.effect_at is not None]
        if self.injection is not None:
            return next((record for record in seen if record.id == self.injection), None)
        return min(seen, key=lambda record: record.effect_at or 0.0, default=None)

    def _late(self, timeline: Timeline, effect_at: float, detect_s: float | None) -> list[str]:
        if detect_s is None:
            return ["it never fired"] if _watched(timeline, effect_at + self.max_s) else []
        return ["it fired too late"] if detect_s > self.max_s else []

    def _unresolved(
        self, timeline: Timeline, after: list[Alarm], gone_at: float | None, resolve_s: float | None
    ) -> list[str]:
        if self.resolved_max_s is None or gone_at is None or not after:
            return []
        if resolve_s is None:
            return ["it was never resolved"] if _watched(timeline, gone_at + self.resolved_max_s) else []
        return ["it was resolved too late"] if resolve_s > self.resolved_max_s else []

    def _blind(
        self, timeline: Timeline, record: InjectionRecord, detect_s: float | None, resolve_s: float | None
    ) -> str:
        assert record.effect_at is not None
        if detect_s is None and not _watched(timeline, record.effect_at + self.max_s):
            return "The alerts were not watched for as long as this one may take."
        if self.resolved_max_s is None or detect_s is None:
            return ""
        if record.gone_at is None:
            return "The fault was never seen gone, so there is no moment from which the alert should end."
        if resolve_s is None and not _watched(timeline, record.gone_at + self.resolved_max_s):
            return "The alerts were not watched for as long as the end of this one may take."
        return ""


def _watched(timeline: Timeline, until: float) -> bool:
    """The alerts are watched while the load runs; within that, an answer that failed leaves a gap."""
    span = timeline.load_span
    return span is not None and span.end >= until and not unreadable(timeline, until)


def _early(timeline: Timeline, rung: list[Alarm], effect_at: float) -> list[Alarm]:
    span = timeline.load_span
    start = span.start if span else effect_at
    return [
        alarm
        for alarm in rung
        if alarm.fired_at < effect_at and (alarm.resolved_at is None or alarm.resolved_at > start)
    ]


def _resolve_s(after: list[Alarm], gone_at: float | None) -> float | None:
    ends = [alarm.resolved_at for alarm in after]
    known = [at for at in ends if at is not None]
    if gone_at is None or not known or len(known) < len(ends):
        return None
    return max(0.0, max(known) - gone_at)


def _words(resolve_s: float | None) -> str:
    return "never resolved" if resolve_s is None else f"resolved {seconds(resolve_s)} after the heal"
