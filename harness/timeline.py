"""What the harness did and saw, in order: ``timeline.jsonl`` and the view of it that checks use.

One JSON object a line, each with ``at`` (seconds of CLOCK_MONOTONIC), ``wall`` (ISO 8601, UTC) and
``kind``:

=============  ====================================================================================
kind           further keys
=============  ====================================================================================
phase          ``phase``: setup, baseline, fault, recovery, drain, observe, end
resolve        ``injection``, ``fault``, ``spec``, ``nodes``, ``resolved``, ``destroys``: written before
               the fault is made
in_effect      ``injection``, ``evidence``: the effect was seen; ``at`` is when the agent saw it
no_effect      ``injection``, ``why``: no evidence by the deadline
heal           ``injection``: the heal was asked for
gone           ``injection``, ``evidence``: the effect was seen to be gone
not_gone       ``injection``, ``why``
evidence       ``injection``, ``samples``, ``gaps``, ``verdict``, ``why``, ``measured``: the whole of it, after
               the heal
interposed     ``links``, ``hops``, ``proxy``: they lead through the proxy from now on
overhead       ``hops``: for each ``hop`` an exchange past the proxy (``direct_ms``) and through it
               (``through_ms``), in the baseline
released       ``reapplied``: the links lead directly again
engine         ``node``, ``action``: an event of the engine (die, start, pause, unpause, oom...)
role           ``node``, ``role`` (null: it does not answer), ``before``
alert          ``alert`` (its name), ``state`` (firing, resolved), ``labels``: ``at`` is when the harness saw it
steady         ``held``, ``detail``: whether the baseline held the steady state
recovered      ``sustained_s``, ``whole``: the steady state is back for as long as it must be
not_recovered  ``why``
load           ``phase``, ``lag_p99_ms``, ``dropped``: the generator's own health
log_errors     ``nodes``: node -> phase -> lines of its log that speak of an error; at the run's very end
left_behind    ``items``: what was still there after the last heal; empty when clean
error          ``what``: something in the harness failed; the run is inconclusive or an error
note           ``what``
=============  ====================================================================================
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.errors import RunFolderError

__all__ = ["ALERTS_UNREADABLE", "InjectionRecord", "Span", "Timeline"]

ALERTS_UNREADABLE = "the alerts cannot be read"
"""How the note begins that is left when the monitoring gave no answer; whoever judges alerts looks for it."""


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of time, in seconds of CLOCK_MONOTONIC."""

    start: float
    end: float

    def __contains__(self, at: float) -> bool:
        return self.start <= at < self.end

    @property
    def length_s(self) -> float:
        """Its length in seconds."""
        return self.end - self.start


@dataclass(frozen=True, slots=True)
class InjectionRecord:
    """One injection as it happened; a time that never came is None.

    Attributes:
        id: its number within the run, ``i1`` for the first.
        fault: the fault's kind (its class name).
        spec: the fault's fields as written in the experiment.
        nodes: names of the nodes harmed, as resolved at the moment of injection.
        resolved: each selector with the nodes that it named.
        destroys: whether data only on the target may be gone (see ``Fault.destroys``).
        effect_at, heal_at, gone_at: seen in effect, heal asked for, seen gone.
        evidence: ``pass`` when it was seen without a gap and is gone, else ``inconclusive``.
        why: what was missing, when the evidence is inconclusive.
    """

    id: str
    fault: str
    spec: Mapping[str, Any]
    nodes: tuple[str, ...]
    resolved: Mapping[str, tuple[str, ...]]
    destroys: bool
    effect_at: float | None
    heal_at: float | None
    gone_at: float | None
    evidence: str
    why: str


class Timeline:
    """The events of a run, and what follows from them."""

    def __init__(self, events: Iterable[Mapping[str, Any]]) -> None:
        self.events: tuple[Mapping[str, Any], ...] = tuple(sorted(events, key=lambda e: float(e["at"])))

    @classmethod
    def read(cls, path: Path) -> Timeline:
        """Read ``timeline.jsonl``; a last line that was cut off by a crash is left out.

        Raises:
            RunFolderError: the file is missing, or a line that is not the last is not an event.
        """
        try:
            text = path.read_text(encoding="utf-8")
        except OSError as error:
            raise RunFolderError(f"the timeline cannot be read: {error.strerror}", where=str(path)) from error
        events = []
        lines = text.split("\n")
        for number, line in enumerate(lines, 1):
            if not line:
                continue
            try:
                event = json.loads(line)
                float(event["at"]), event["kind"]
            except (ValueError, KeyError, TypeError) as error:
                if number == len(lines):
                    break
                raise RunFolderError(
                    f"line {number} is not an event: {error}", where=f"{path}:{number}"
                ) from error
            events.append(event)
        return cls(events)

    def of(self, *kinds: str) -> Iterator[Mapping[str, Any]]:
        """The events of these kinds, in order."""
        return (event for event in self.events if event["kind"] in kinds)

    @property
    def phases(self) -> dict[str, Span]:
        """Each phase that began, with its span; the last one ends with the last event."""
        begun = [(event["phase"], float(event["at"])) for event in self.of("phase")]
        ends = [at for _, at in begun[1:]] + [float(self.events[-1]["at"])] if begun else []
        return {name: Span(at, end) for (name, at), end in zip(begun, ends, strict=True)}

    @property
    def load_span(self) -> Span | None:
        """From the first arrival to the end of the recovery phase; None when no load ran."""
        phases = self.phases
        spans = [phases[name] for name in ("baseline", "fault", "recovery") if name in phases]
        return Span(spans[0].start, spans[-1].end) if spans else None

    @property
    def injections(self) -> tuple[InjectionRecord, ...]:
        """Every injection that was resolved, in order."""
        return tuple(self._record(event) for event in self.of("resolve"))

    def _record(self, resolve: Mapping[str, Any]) -> InjectionRecord:
        own = [event for event in self.events if event.get("injection") == resolve["injection"]]

        def first(kind: str) -> float | None:
            return next((float(event["at"]) for event in own if event["kind"] == kind), None)

        evidence = next((event for event in reversed(own) if event["kind"] == "evidence"), None)
        trouble = [str(event.get("why", "")) for event in own if event["kind"] in ("no_effect", "not_gone")]
        why = str(evidence.get("why", "")) if evidence else ""
        return InjectionRecord(
            id=str(resolve["injection"]),
            fault=str(resolve["fault"]),
            spec=resolve.get("spec", {}),
            nodes=tuple(resolve.get("nodes", ())),
            resolved={key: tuple(names) for key, names in resolve.get("resolved", {}).items()},
            destroys=bool(resolve.get("destroys", False)),
            effect_at=first("in_effect"),
            heal_at=first("heal"),
            gone_at=first("gone"),
            evidence="pass" if evidence and evidence["verdict"] == "pass" and not trouble else "inconclusive",
            why="; ".join(filter(None, [*trouble, why])) or ("" if evidence else "no evidence was recorded"),
        )

    @property
    def fault_at(self) -> float | None:
        """When the first injection was seen in effect; None when none was."""
        return min(
            (record.effect_at for record in self.injections if record.effect_at is not None), default=None
        )
