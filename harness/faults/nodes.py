"""What the faults of nodes share: one selector, the same steps for each node that it names."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from harness.errors import ExperimentError
from harness.faults.base import Plan, Probe, Step
from harness.stack.node import Node, Scene

__all__ = ["frozen", "names", "plan_nodes", "running", "searchable", "start"]


def plan_nodes(
    scene: Scene,
    selector: str,
    *,
    inject: Callable[[Node], Step],
    heal: Callable[[Node], Step],
    probe: Callable[[Node], Probe],
) -> Plan:
    """One step, one undo and one probe for each node."""
    nodes = scene.resolve(selector)
    return Plan(
        nodes=nodes,
        inject=tuple(inject(node) for node in nodes),
        heal=tuple(heal(node) for node in nodes),
        probes=tuple(probe(node) for node in nodes),
        resolved={selector: names(nodes)},
    )


def names(nodes: Iterable[Node]) -> tuple[str, ...]:
    """The nodes' names."""
    return tuple(node.name for node in nodes)


def start(node: Node) -> Step:
    """Start it, unless it runs or its supervisor is about to start it."""
    return {"do": "engine.start", "container": node.container}


def running(node: Node, *, lasting: bool) -> Probe:
    """The node's first process lives."""
    return Probe({"probe": "running", "container": node.container}, lasting=lasting)


def frozen(node: Node) -> Probe:
    """The node is not frozen."""
    return Probe({"probe": "frozen", "container": node.container})


def searchable(fault: str, process: str) -> None:
    """Refuse what cannot name a process: no regular expression, or an empty one. Raises ExperimentError."""
    try:
        re.compile(process)
    except re.error as error:
        raise ExperimentError(
            f"{fault}: process is not a regular expression: {error}", where=repr(process)
        ) from error
    if not process:
        raise ExperimentError(f"{fault}: process must name a program, and is empty")
