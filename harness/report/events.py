"""The timeline's events in words."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from harness.report.words import clock
from harness.timeline import Timeline

__all__ = ["EVENTS_MAX", "EventRow", "rows"]

EVENTS_MAX = 400
_PROBES_MAX = 3
_Event = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class EventRow:
    """One line of the timeline's table.

    Attributes:
        at: relative to the load's start, ready to print; ``wall`` is the wall clock.
        kind: the event's kind; the table's style goes by it.
        what: what happened, in a few words; ``detail`` the rest of it.
    """

    at: str
    wall: str
    kind: str
    what: str
    detail: str


def rows(timeline: Timeline, zero: float) -> tuple[EventRow, ...]:
    """The first :data:`EVENTS_MAX` events; the table says how many there are in all."""
    return tuple(_row(event, zero) for event in timeline.events[:EVENTS_MAX])


def _row(event: _Event, zero: float) -> EventRow:
    what, detail = _WORDS.get(event["kind"], _unknown)(event)
    at = clock(float(event["at"]) - zero, digits=2)
    return EventRow(at, str(event.get("wall", "")), str(event["kind"]), what, detail)


def _unknown(event: _Event) -> tuple[str, str]:
    rest = {key: value for key, value in event.items() if key not in {"at", "wall", "kind"}}
    return str(event["kind"]), ", ".join(f"{key} {value}" for key, value in rest.items())


def _resolve(event: _Event) -> tuple[str, str]:
    chosen = (f"{selector} = {', '.join(names)}" for selector, names in event.get("resolved", {}).items())
    fields = (f"{key}={value!r}" for key, value in event.get("spec", {}).items())
    return f"{_injection(event)} {event.get('fault')}({', '.join(fields)})", "; ".join(chosen)


def _injection(event: _Event) -> str:
    return str(event.get("injection", "an injection"))


def _seen(event: _Event) -> str:
    """What was seen, without the moment that stands in the first column already."""
    evidence = event.get("evidence")
    if not isinstance(evidence, Mapping):
        return _plain(evidence)
    return "; ".join(filter(None, (_plain(evidence.get("why")), _plain(evidence.get("excused")))))


def _evidence(event: _Event) -> tuple[str, str]:
    """How much was looked at, and through what: a probe each."""
    gaps = event.get("gaps")
    number = len(gaps) if isinstance(gaps, list) else gaps or 0
    names = [str(item.get("name")) for item in event.get("items", ())]
    more = f" and {len(names) - _PROBES_MAX} more" if len(names) > _PROBES_MAX else ""
    by = f"; by {', '.join(names[:_PROBES_MAX])}{more}" if names else ""
    why = f": {event['why']}" if event.get("why") else ""
    seen = f"{event.get('samples', 0)} samples, {number} gaps{why}{by}"
    return f"{_injection(event)} evidence: {event.get('verdict')}", seen


def _role(event: _Event) -> tuple[str, str]:
    role = event.get("role")
    before = f"before: {event['before']}" if event.get("before") else ""
    return f"{event.get('node')} is {role}" if role else f"{event.get('node')} does not answer", before


def _steady(event: _Event) -> tuple[str, str]:
    held = "the steady state holds" if event.get("held") else "the steady state does not hold"
    return held, _plain(event.get("detail"))


def _recovered(event: _Event) -> tuple[str, str]:
    whole = "the stack is whole" if event.get("whole") else "the stack is not whole"
    return "recovered", f"steady for {event.get('sustained_s')} s; {whole}"


def _load(event: _Event) -> tuple[str, str]:
    detail = f"p99 behind schedule {event.get('lag_p99_ms')} ms, {event.get('dropped', 0)} dropped"
    return f"load generator in {event.get('phase')}", detail


def _log_errors(event: _Event) -> tuple[str, str]:
    """A sum for each node: the table of the logs has the phases."""
    sums = {node: sum(by_phase.values()) for node, by_phase in event.get("nodes", {}).items()}
    told = ", ".join(f"{node} {number}" for node, number in sums.items())
    return ("errors in the nodes' logs", told) if told else ("no node's log speaks of an error", "")


def _left_behind(event: _Event) -> tuple[str, str]:
    items = event.get("items") or []
    return ("left behind", "; ".join(map(str, items))) if items else ("nothing is left behind", "")


def _overhead(event: _Event) -> tuple[str, str]:
    hops = (f"{one['hop']} {one['direct_ms']} / {one['through_ms']} ms" for one in event.get("hops", ()))
    return "an exchange past the proxy / through it", ", ".join(hops)


def _released(event: _Event) -> tuple[str, str]:
    again = ", ".join(str(one.get("node")) for one in event.get("reapplied", ()))
    return "links lead directly again", f"put in again for {again}" if again else ""


def _plain(value: object) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {_plain(one)}" for key, one in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(map(_plain, value))
    return "" if value is None else str(value)


_WORDS: Mapping[str, Callable[[_Event], tuple[str, str]]] = {
    "phase": lambda event: (f"phase: {event.get('phase')}", ""),
    "resolve": _resolve,
    "in_effect": lambda event: (f"{_injection(event)} seen in effect", _seen(event)),
    "no_effect": lambda event: (f"{_injection(event)} not seen in effect", _plain(event.get("why"))),
    "heal": lambda event: (f"{_injection(event)} heal asked for", ""),
    "gone": lambda event: (f"{_injection(event)} seen gone", _seen(event)),
    "not_gone": lambda event: (f"{_injection(event)} not seen gone", _plain(event.get("why"))),
    "evidence": _evidence,
    "engine": lambda event: (f"engine: {event.get('node')} {event.get('action')}", ""),
    "role": _role,
    "alert": lambda event: (f"alert {event.get('alert')} {event.get('state')}", _plain(event.get("labels"))),
    "interposed": lambda event: (
        f"links lead through {event.get('proxy')}",
        ", ".join(event.get("hops", ())),
    ),
    "overhead": _overhead,
    "released": _released,
    "steady": _steady,
    "recovered": _recovered,
    "not_recovered": lambda event: ("not recovered", _plain(event.get("why"))),
    "load": _load,
    "log_errors": _log_errors,
    "left_behind": _left_behind,
    "error": lambda event: ("error in the harness", _plain(event.get("what"))),
    "note": lambda event: ("note", _plain(event.get("what"))),
}
