"""What the faults of links share: a link's two ends, and the toxics that make the fault.

A fault of a link has one field more than it seems: ``link`` names the hop, so the run knows before its first arrival
which hops to interpose.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from harness.errors import ExperimentError, UnsupportedFault
from harness.faults.base import Fault, Plan, Probe, Step
from harness.faults.nodes import names
from harness.stack.node import Node, Scene

__all__ = [
    "OnLink",
    "Toxic",
    "ends",
    "hop_name",
    "links_of",
    "plan_link",
    "plan_toxics",
]

STREAMS = {"request": ("upstream",), "answer": ("downstream",), "both": ("upstream", "downstream")}
"""A direction as an experiment says it -> Toxiproxy's streams."""
TOXICITY_MIN = 0.1
_LINK = re.compile(r"[A-Za-z0-9_.-]+->[A-Za-z0-9_.-]+")


@dataclass(frozen=True, slots=True)
class OnLink(ABC):
    """A fault of one directed TCP hop.

    A subclass that harms one direction, or some connections, has the fields ``direction`` and ``toxicity``.

    Attributes:
        link: the hop, ``from->to`` of x-harness.links; an end may be a node of the group.
    """

    instant: ClassVar[bool] = False
    destroys: ClassVar[bool] = False
    needs: ClassVar[tuple[str, ...]] = ("dnat",)

    link: str

    def __post_init__(self) -> None:
        _check_link(self)
        self.check()

    def check(self) -> None:  # noqa: B027 - most have nothing of their own to refuse
        """Refuse settings of the subclass that cannot be.

        Raises:
            ExperimentError: the first that cannot.
        """

    def selectors(self) -> tuple[str, ...]:
        """Both ends of the link."""
        return tuple(dict.fromkeys(self.link.split("->")))

    @abstractmethod
    def plan(self, scene: Scene) -> Plan:
        """Its steps and probes on this stack."""


@dataclass(frozen=True, slots=True)
class Toxic:
    """One of Toxiproxy's toxics.

    Attributes:
        type: its kind.
        attributes: its settings, in Toxiproxy's own units.
    """

    type: str
    attributes: Mapping[str, int]


def links_of(faults: Iterable[Fault]) -> tuple[str, ...]:
    """The links that these faults harm, each once, in order."""
    return tuple(dict.fromkeys(fault.link for fault in faults if isinstance(fault, OnLink)))


def ends(link: str, scene: Scene) -> Iterator[tuple[Node, Node]]:
    """Every source and target of a link.

    Raises:
        SelectorError: an end names nothing.
        UnsupportedFault: the ends are one and the same node.
    """
    left, _, right = link.partition("->")
    pairs = [(a, b) for a in scene.resolve(left) for b in scene.resolve(right) if a != b]
    if not pairs:
        raise UnsupportedFault(f"the link {link} leads from a node to itself alone", where=repr(link))
    yield from pairs


def hop_name(source: Node, target: Node) -> str:
    """What the proxy calls a hop: it stands in URLs."""
    return f"{source.name}~{target.name}"


def _check_link(fault: OnLink) -> None:
    """Refuse a link, a direction or a share of connections that cannot be.

    Raises:
        ExperimentError: the first that cannot.
    """
    name, direction = type(fault).__name__, getattr(fault, "direction", "both")
    toxicity = getattr(fault, "toxicity", 1.0)
    if not _LINK.fullmatch(fault.link):
        raise ExperimentError(
            f"{name}: {fault.link!r} is no link", mend="Write from->to, e.g. payments->ledger-router"
        )
    if direction not in STREAMS:
        raise ExperimentError(
            f"{name}: there is no direction {direction!r}", mend=f"There are: {', '.join(STREAMS)}"
        )
    if not TOXICITY_MIN <= toxicity <= 1:
        raise ExperimentError(
            f"{name}: toxicity must be from {TOXICITY_MIN} to 1, not {toxicity}",
            mend="It is the share of connections that are harmed; fewer are not seen by the probe in time",
        )


def plan_toxics(
    scene: Scene, link: str, toxic: Toxic, *, direction: str, toxicity: float, expect: Mapping[str, Any]
) -> Plan:
    """A toxic on every hop of a link, in one direction or both; and exchanges that must show it.

    Args:
        scene: the stack.
        link: ``from->to``.
        toxic: what is put there.
        direction: ``request``, ``answer`` or ``both``.
        toxicity: the share of connections that are harmed.
        expect: what the exchanges of the probe must show (see ``expecting.py`` of the agent).
    """
    streams = STREAMS[direction]
    pairs = list(ends(link, scene))
    steps: list[tuple[Step, Step]] = []
    for source, target in pairs:
        for stream in streams:
            # Two faults of one kind may lie over each other: what they do tells them apart.
            name = "-".join(map(str, (toxic.type, stream, *toxic.attributes.values())))
            key = {"hop": hop_name(source, target), "toxic": name}
            add = {
                "type": toxic.type,
                "stream": stream,
                "toxicity": toxicity,
                "attributes": dict(toxic.attributes),
            }
            steps.append(({"do": "toxic.add", **key, **add}, {"do": "toxic.remove", **key}))
    stream = streams[0] if len(streams) == 1 else "both"
    return plan_link(scene, link, steps, {**expect, "stream": stream, "toxicity": toxicity})


def plan_link(scene: Scene, link: str, steps: Iterable[tuple[Step, Step]], expect: Mapping[str, Any]) -> Plan:
    """Steps with their undo on a link, and the probe of all its hops."""
    pairs = list(ends(link, scene))
    made = list(steps)
    left, _, right = link.partition("->")
    sources, targets = (dict.fromkeys(pair[end] for pair in pairs) for end in (0, 1))
    probe = {"probe": "link", "pairs": [[a.container, b.container] for a, b in pairs], **expect}
    return Plan(
        nodes=tuple(sources),
        inject=tuple(do for do, _ in made),
        heal=tuple(undo for _, undo in made),
        probes=(Probe(probe),),
        resolved={left: names(sources), right: names(targets)},
    )
