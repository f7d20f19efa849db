"""When an alert rang, as the timeline has it."""

from __future__ import annotations

import json
from dataclasses import dataclass

from harness.timeline import ALERTS_UNREADABLE, Timeline

__all__ = ["Alarm", "alarms", "unreadable"]


@dataclass(frozen=True, slots=True)
class Alarm:
    """One stretch of firing of one set of labels; seconds of CLOCK_MONOTONIC.

    Attributes:
        labels: as one text.
        fired_at: when the harness saw it fire.
        resolved_at: when it saw it resolved; None when it never did.
    """

    labels: str
    fired_at: float
    resolved_at: float | None


def alarms(timeline: Timeline, alert: str) -> list[Alarm]:
    """Every stretch of firing, in order; firing again without an end in between is the same stretch."""
    found: list[Alarm] = []
    open_: dict[str, float] = {}
    for event in timeline.of("alert"):
        if event["alert"] != alert:
            continue
        labels, at = json.dumps(event.get("labels", {}), sort_keys=True), float(event["at"])
        if event["state"] == "firing":
            open_.setdefault(labels, at)
        elif labels in open_:
            found.append(Alarm(labels, open_.pop(labels), at))
    found += [Alarm(labels, at, None) for labels, at in open_.items()]
    return sorted(found, key=lambda alarm: alarm.fired_at)


def unreadable(timeline: Timeline, until: float) -> bool:
    """Whether the harness was left without an answer before a moment; nobody wrote down for how long."""
    notes = (event for event in timeline.of("note") if float(event["at"]) <= until)
    return any(str(event.get("what", "")).startswith(ALERTS_UNREADABLE) for event in notes)
