"""What the timeline says that a chart can show: faults and alerts with their spans, roles, engine events."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from harness.checks.alarm import alarms
from harness.timeline import InjectionRecord, Timeline

__all__ = ["AlertMark", "FaultMark", "Lane", "Segment", "Tick", "alerts", "faults", "lanes"]

_SHOWN_ACTIONS = frozenset({"die", "start", "pause", "unpause", "oom", "restart", "kill"})


@dataclass(frozen=True, slots=True)
class FaultMark:
    """One injection, in seconds from the load's start; a time that never came is None."""

    id: str
    label: str
    effect_s: float | None
    heal_s: float | None
    gone_s: float | None
    evidence: str
    why: str


@dataclass(frozen=True, slots=True)
class AlertMark:
    """One alert by its name, whatever its labels: it fires while one set of them does.

    Attributes:
        name: the alert's.
        severity: its label; empty without one.
        spans: from firing to resolved, within the load and in seconds from its start; the end of one that was not
            resolved by then is None.
    """

    name: str
    severity: str
    spans: tuple[tuple[float, float | None], ...]


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch in which a node played one role; None: it did not answer."""

    start_s: float
    end_s: float
    role: str | None


@dataclass(frozen=True, slots=True)
class Tick:
    """A moment on a node's lane: what the engine did, or said, about it."""

    at_s: float
    action: str


@dataclass(frozen=True, slots=True)
class Lane:
    """One node over time."""

    node: str
    segments: tuple[Segment, ...]
    ticks: tuple[Tick, ...]


def faults(timeline: Timeline, zero: float) -> tuple[FaultMark, ...]:
    """Every injection that was resolved, in order."""
    return tuple(_mark(record, zero) for record in timeline.injections)


def _mark(record: InjectionRecord, zero: float) -> FaultMark:
    def since(at: float | None) -> float | None:
        return None if at is None else at - zero

    return FaultMark(
        id=record.id,
        label=f"{record.fault} {_target(record)}",
        effect_s=since(record.effect_at),
        heal_s=since(record.heal_at),
        gone_s=since(record.gone_at),
        evidence=record.evidence,
        why=record.why,
    )


def _target(record: InjectionRecord) -> str:
    """The nodes, side by side as the selectors named them: a partition is between two sides."""
    sides = [names for names in record.resolved.values() if names]
    return " | ".join(map(", ".join, sides)) if len(sides) > 1 else ", ".join(record.nodes)


def alerts(timeline: Timeline, zero: float, end_s: float) -> tuple[AlertMark, ...]:
    """Every alert that fired during the load, the first one first."""
    severities = {
        str(event["alert"]): str(event.get("labels", {}).get("severity", ""))
        for event in timeline.of("alert")
    }
    found = [
        AlertMark(name, severity, _spans(timeline, name, zero, end_s))
        for name, severity in severities.items()
    ]
    return tuple(sorted((mark for mark in found if mark.spans), key=lambda mark: mark.spans[0][0]))


def _spans(
    timeline: Timeline, name: str, zero: float, end_s: float
) -> tuple[tuple[float, float | None], ...]:
    """The stretches of all sets of labels, those that overlap as one."""
    spans: list[tuple[float, float]] = []
    for alarm in alarms(timeline, name):
        start = max(0.0, alarm.fired_at - zero)
        end = math.inf if alarm.resolved_at is None else alarm.resolved_at - zero
        if start > end_s or end < 0:
            continue
        if spans and start <= spans[-1][1]:
            spans[-1] = (spans[-1][0], max(spans[-1][1], end))
        else:
            spans.append((start, end))
    return tuple((start, end if end <= end_s else None) for start, end in spans)


def lanes(timeline: Timeline, zero: float, end_s: float) -> tuple[Lane, ...]:
    """A lane for each node whose role was seen or that the engine spoke of, by name."""
    roles: dict[str, list[Mapping[str, Any]]] = {}
    ticks: dict[str, list[Tick]] = {}
    for event in timeline.of("role"):
        roles.setdefault(str(event["node"]), []).append(event)
    for event in timeline.of("engine"):
        at_s = float(event["at"]) - zero
        if event.get("action") in _SHOWN_ACTIONS and 0 <= at_s <= end_s:
            ticks.setdefault(str(event["node"]), []).append(Tick(at_s, str(event["action"])))
    harmed = {node for record in timeline.injections for node in record.nodes}
    names = sorted(roles.keys() | (ticks.keys() & harmed))
    return tuple(
        Lane(name, _segments(roles.get(name, []), zero, end_s), tuple(ticks.get(name, []))) for name in names
    )


def _segments(events: list[Mapping[str, Any]], zero: float, end_s: float) -> tuple[Segment, ...]:
    """The roles within the load; what was seen before it is the role at its start."""
    if not events:
        return ()
    changes = [(max(0.0, float(event["at"]) - zero), event["role"]) for event in events]
    if changes[0][0] > 0:
        changes.insert(0, (0.0, events[0].get("before")))
    starts = [at for at, _ in changes]
    spans = zip(changes, [*starts[1:], end_s], strict=True)
    return tuple(
        Segment(start, min(end, end_s), role) for (start, role), end in spans if start < min(end, end_s)
    )
