"""Makes faults and heals them, and sees that they were there and are gone."""

from __future__ import annotations

import math
import threading
from collections.abc import Mapping
from dataclasses import asdict, dataclass, is_dataclass
from typing import Any, Protocol

from harness.agent.client import Agent
from harness.errors import AgentError, HarnessError
from harness.faults.base import Fault, Plan
from harness.faults.journal import Journal
from harness.stack.node import Scene
from harness.toxics import Toxics

__all__ = ["Injector", "NoEvidence", "Status", "WriteEvent"]

_BEFORE_WITHIN_S = 5.0
_GONE_WITHIN_S = 60.0
_GONE_UNSEEN_WITHIN_S = 3.0
_STEP_WITHIN_S = 60.0


class NoEvidence(HarnessError):
    """The fault was not seen in effect, so nothing can be concluded from the run: inconclusive."""

    exit_code = 3


class WriteEvent(Protocol):
    """Appends an event to the timeline."""

    def __call__(self, kind: str, *, at: float | None = None, **keys: Any) -> object:
        """Append one event; ``at`` is when it was seen, now when None."""
        ...


@dataclass(frozen=True, slots=True)
class Status:
    """What is injected now.

    Attributes:
        id: its number within the run.
        fault: the fault's kind.
        nodes: the nodes that it harms, as resolved.
        effect_at: since when it was seen in effect; None while it was not.
    """

    id: str
    fault: str
    nodes: tuple[str, ...]
    effect_at: float | None


@dataclass(slots=True)
class _Active:
    fault: Fault
    plan: Plan
    effect_at: float | None = None


class Injector:
    """The faults of one run.

    Args:
        agent: does it.
        journal: keeps the undo.
        scene: resolves the selectors.
        write_event: writes the timeline.
    """

    def __init__(self, agent: Agent, journal: Journal, scene: Scene, write_event: WriteEvent) -> None:
        self._agent = agent
        self._journal = journal
        self._scene = scene
        self._write = write_event
        self._active: dict[str, _Active] = {}
        self._remaining: list[str] = []
        self._lock = threading.RLock()

    def inject(self, injection: str, fault: Fault, deadline_s: float = 10.0, lease_s: float = 600.0) -> float:
        """Make a fault, and see it in effect.

        The selectors are resolved now. Every probe must succeed first; then the undo goes to the disk,
        then the fault is made, then its effect must be seen.

        Args:
            injection: its number within the run.
            fault: the fault.
            deadline_s: from the moment it is made until its effect must be seen.
            lease_s: the agent heals it by itself after this long, unless it is renewed.

        Returns:
            When the effect was seen, seconds of CLOCK_MONOTONIC.

        Raises:
            NoEvidence: a probe failed before, or the effect was not seen; what was made stays to be healed.
            UsageError: the fault cannot be made here; nothing was touched.
            AgentError: the agent is gone or failed; what was half made is undone.
        """
        with self._lock:
            plan = fault.plan(self._scene)
            self._write("resolve", injection=injection, **describe(fault, plan))
            self._arm(injection, plan)
            self._journal.enter(injection, plan.heal)
            active = self._active[injection] = _Active(fault, plan)
            self._agent.call(
                "inject",
                within_s=_STEP_WITHIN_S + _longest_s(plan),
                injection=self._name(injection),
                do=[dict(step) for step in plan.inject if step["do"] not in Toxics.STEPS],
                undo=[dict(step) for step in plan.heal],
                lease_s=lease_s,
            )
            self._do_toxics(injection, plan)
            active.effect_at = self._see_effect(injection, deadline_s)
            return active.effect_at

    def _do_toxics(self, injection: str, plan: Plan) -> None:
        """The steps that are the harness's own; the agent holds their undo already."""
        steps = [step for step in plan.inject if step["do"] in Toxics.STEPS]
        try:
            for step in steps:
                Toxics(self._agent).do(step)
        except AgentError:
            self._agent.call("heal", within_s=_STEP_WITHIN_S, injection=self._name(injection))
            raise

    def heal(self, injection: str, deadline_s: float = _GONE_WITHIN_S) -> None:
        """Heal a fault and see that it is gone; one that is healed already is fine.

        That it is not gone by the deadline is written to the timeline (``not_gone``), not raised: the
        run goes on to its end, and is inconclusive.

        Raises:
            AgentError: the agent is gone (it heals by itself then) or could not undo it.
        """
        with self._lock:
            active = self._active.get(injection)
            if active is None:
                return
            self._write("heal", injection=injection)
            done = self._agent.call("heal", within_s=_STEP_WITHIN_S + 60.0, injection=self._name(injection))
            if done["remaining"]:
                raise AgentError("; ".join(done["remaining"]), mend="harness heal")
            self._journal.strike(injection)
            del self._active[injection]
            self._see_gone(injection, active, deadline_s)

    def heal_all(self) -> list[str]:
        """Heal everything, the newest first, past errors. Returns what remains, in words."""
        self._remaining = []
        for injection in reversed(list(self._active)):
            try:
                self.heal(injection)
            except HarnessError as error:
                self._remaining.append(f"{injection}: {error}")
        return list(self._remaining)

    def remaining(self) -> list[str]:
        """What the last `heal_all` could not heal, in words."""
        return list(self._remaining)

    def renew(self, lease_s: float) -> None:
        """Everything that is injected is still wanted for this long. Raises AgentError."""
        if self._active:
            self._agent.call("renew", lease_s=lease_s, injections=[self._name(i) for i in self._active])

    def status(self) -> tuple[Status, ...]:
        """What is injected now."""
        return tuple(
            Status(name, type(one.fault).__name__, tuple(n.name for n in one.plan.nodes), one.effect_at)
            for name, one in list(self._active.items())
        )

    def _name(self, injection: str) -> str:
        return f"{self._journal.run}/{injection}"

    def _arm(self, injection: str, plan: Plan) -> None:
        probes = [{"watch": dict(probe.watch), "lasting": probe.lasting} for probe in plan.probes]
        try:
            self._agent.call(
                "arm",
                within_s=_BEFORE_WITHIN_S + 30.0,
                injection=self._name(injection),
                probes=probes,
                timeout_s=_BEFORE_WITHIN_S,
            )
        except AgentError as error:
            self._write("no_effect", injection=injection, why=f"not injected: {error}")
            raise NoEvidence(f"not injected: {error}", where=injection) from error

    def _see_effect(self, injection: str, deadline_s: float) -> float:
        seen = self._agent.call(
            "effect", within_s=deadline_s + 10.0, injection=self._name(injection), timeout_s=deadline_s
        )
        if seen["effect_at"] is None:
            why = f"no evidence within {deadline_s:g} s: {seen['why']}"
            self._write("no_effect", injection=injection, why=why)
            raise NoEvidence(why, where=injection)
        at = float(seen["effect_at"])
        self._write("in_effect", at=at, injection=injection, evidence=seen)
        return at

    def _see_gone(self, injection: str, active: _Active, deadline_s: float) -> None:
        name = self._name(injection)
        if active.effect_at is None:
            # Nothing was seen to begin, so the run is inconclusive whatever is seen to end.
            deadline_s = min(deadline_s, _GONE_UNSEEN_WITHIN_S)
        try:
            gone = self._agent.call("gone", within_s=deadline_s + 10.0, injection=name, timeout_s=deadline_s)
            summary = self._agent.call("evidence", injection=name)
        finally:
            self._agent.call("disarm", injection=name)
        if gone["gone_at"] is None:
            self._write(
                "not_gone", injection=injection, why=f"not gone after {deadline_s:g} s: {gone['why']}"
            )
        else:
            self._write("gone", at=float(gone["gone_at"]), injection=injection, evidence=gone)
        for notice in self._agent.notices():
            self._write("note", what=notice)
        self._write("evidence", injection=injection, **judge(active.effect_at, gone, summary))


def describe(fault: Fault, plan: Plan) -> dict[str, Any]:
    """A resolved fault as the keys of a ``resolve`` event."""
    spec: dict[str, Any] = asdict(fault) if is_dataclass(fault) and not isinstance(fault, type) else {}
    return {
        "fault": type(fault).__name__,
        "spec": spec,
        "nodes": [node.name for node in plan.nodes],
        "resolved": {selector: list(names) for selector, names in plan.resolved.items()},
        "destroys": fault.destroys,
    }


def judge(effect_at: float | None, gone: Mapping[str, Any], summary: Mapping[str, Any]) -> dict[str, Any]:
    """All of an injection's evidence as the keys of an ``evidence`` event: pass, or inconclusive and why."""
    gaps = [str(gap["what"]) for gap in summary["gaps"]]
    why = [] if effect_at is not None else ["it was never seen in effect"]
    why += gaps[:5]
    why += [str(summary["broken"])] if summary["broken"] else []
    why += [] if gone["gone_at"] is not None else [f"it was not seen to be gone: {gone['why']}"]
    return {
        "samples": summary["looks"],
        "gaps": summary["gaps"],
        "verdict": "inconclusive" if why else "pass",
        "why": "; ".join(why),
        "items": summary["items"],
        "measured": summary.get("measured", []),
        "reapplied": summary["reapplied"],
    }


def _longest_s(plan: Plan) -> float:
    """How long the steps may take by their own word."""
    return math.fsum(float(step.get("timeout_s", 0)) for step in plan.inject)
