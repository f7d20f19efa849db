"""``timeline.jsonl``, line by line: the twin of :mod:`harness.timeline`'s table, as models."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Field, RootModel

from harness.report.schemas.line import At, Line

__all__ = ["TimelineEvent"]


class _Event(Line):
    at: At
    wall: Annotated[str, Field(description="ISO 8601, UTC")]


class _OfInjection(_Event):
    injection: Annotated[str, Field(description="its number within the run, i1 for the first")]


class Phase(_Event):
    """A phase begins; the one before it ends."""

    kind: Literal["phase"]
    phase: Literal["setup", "baseline", "fault", "recovery", "drain", "observe", "end"]


class Resolve(_OfInjection):
    """The selectors were resolved; written before the fault is made."""

    kind: Literal["resolve"]
    fault: str
    spec: Mapping[str, Any] = {}
    nodes: tuple[str, ...] = ()
    resolved: Mapping[str, list[str]] = {}
    destroys: bool = False


class InEffect(_OfInjection):
    """The effect was seen; ``at`` is when the agent saw it."""

    kind: Literal["in_effect"]
    evidence: Any = None


class NoEffect(_OfInjection):
    """No effect was seen by the deadline."""

    kind: Literal["no_effect"]
    why: str


class Heal(_OfInjection):
    """The heal was asked for."""

    kind: Literal["heal"]


class Gone(_OfInjection):
    """The effect was seen to be gone."""

    kind: Literal["gone"]
    evidence: Any = None


class NotGone(_OfInjection):
    """The effect was still seen at the deadline."""

    kind: Literal["not_gone"]
    why: str


class Evidence(_OfInjection):
    """The whole of the evidence, after the heal."""

    kind: Literal["evidence"]
    samples: int | None = None
    gaps: Any = None
    verdict: Literal["pass", "inconclusive"]
    why: str = ""
    measured: tuple[Mapping[str, Any], ...] = ()


class Engine(_Event):
    """An event of the engine, stamped when it was received."""

    kind: Literal["engine"]
    node: str | None
    action: str


class Role(_Event):
    """A node took up a role; null: it does not answer."""

    kind: Literal["role"]
    node: str
    role: str | None
    before: str | None = None


class Alert(_Event):
    """An alert of the stack's own monitoring changed its state; ``at`` is when the harness saw it."""

    kind: Literal["alert"]
    alert: str
    state: Literal["firing", "resolved"]
    labels: Mapping[str, str] = {}


class Interposed(_Event):
    """Links lead through the proxy from now on."""

    kind: Literal["interposed"]
    links: list[str]
    hops: list[str]
    proxy: str


class Overhead(_Event):
    """What the proxy alone costs each hop: a small exchange past it and through it, medians, in the baseline."""

    kind: Literal["overhead"]
    hops: list[Mapping[str, Any]]


class Released(_Event):
    """The links were interposed until now, and lead directly again."""

    kind: Literal["released"]
    reapplied: tuple[Mapping[str, Any], ...] = ()


class Steady(_Event):
    """Whether the baseline held the steady state."""

    kind: Literal["steady"]
    held: bool
    detail: Any = ""


class Recovered(_Event):
    """The steady state is back for as long as it must be."""

    kind: Literal["recovered"]
    sustained_s: float
    whole: bool


class NotRecovered(_Event):
    """The deadline of the recovery passed."""

    kind: Literal["not_recovered"]
    why: str


class Load(_Event):
    """The generator's own health in a phase."""

    kind: Literal["load"]
    phase: str = ""
    lag_p99_ms: float | None = None
    dropped: int = 0


class LogErrors(_Event):
    """Lines of the nodes' logs that speak of an error: node -> phase -> how many; "" where the phase is not known."""

    kind: Literal["log_errors"]
    nodes: Mapping[str, Mapping[str, int]]


class LeftBehind(_Event):
    """What was still there after the last heal; empty when clean."""

    kind: Literal["left_behind"]
    items: list[str]


class Error(_Event):
    """Something in the harness failed."""

    kind: Literal["error"]
    what: str


class Note(_Event):
    """Something worth knowing."""

    kind: Literal["note"]
    what: str


class TimelineEvent(
    RootModel[
        Annotated[
            Phase
            | Resolve
            | InEffect
            | NoEffect
            | Heal
            | Gone
            | NotGone
            | Evidence
            | Engine
            | Role
            | Alert
            | Interposed
            | Overhead
            | Released
            | Steady
            | Recovered
            | NotRecovered
            | Load
            | LogErrors
            | LeftBehind
            | Error
            | Note,
            Field(discriminator="kind"),
        ]
    ]
):
    """One line of ``timeline.jsonl``."""
