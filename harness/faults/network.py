"""What the network faults share: ordered pairs of nodes between which nothing passes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from harness.errors import UnsupportedFault
from harness.faults.base import Plan, Probe
from harness.faults.nodes import names
from harness.stack.node import Node, Scene

__all__ = ["both_ways", "one_way", "plan_cut", "sides"]

Pairs = frozenset[tuple[Node, Node]]


def one_way(sources: Iterable[Node], targets: Iterable[Node]) -> Pairs:
    """Every pair from the first to the second; a node is never cut from itself."""
    ends = tuple(targets)
    return frozenset((source, target) for source in sources for target in ends if source != target)


def both_ways(left: Iterable[Node], right: Iterable[Node]) -> Pairs:
    """Every pair between the two, in both directions."""
    ends = tuple(left), tuple(right)
    return one_way(*ends) | one_way(*reversed(ends))


def sides(
    scene: Scene, on: str, peers: str | None
) -> tuple[tuple[Node, ...], tuple[Node, ...], dict[str, tuple[str, ...]]]:
    """The nodes, the other side, and what each selector named. A node that both name belongs to the first.

    Args:
        scene: resolves the selectors.
        on: selector of the nodes.
        peers: selector of the other side; None is every node of the stack, among them the first ones.

    Raises:
        UnsupportedFault: nobody is on the other side.
    """
    nodes = scene.resolve(on)
    if peers is None:
        return nodes, scene.nodes, {on: names(nodes)}
    found = scene.resolve(peers)
    others = tuple(node for node in found if node not in nodes)
    if not others:
        raise UnsupportedFault(f"{on} and {peers} are the same nodes", mend="Name two sides that differ")
    return nodes, others, {on: names(nodes), peers: names(found)}


def plan_cut(pairs: Pairs, nodes: Iterable[Node], resolved: Mapping[str, tuple[str, ...]]) -> Plan:
    """Drop every packet of these pairs, established connections included.

    Args:
        pairs: (from, to).
        nodes: the nodes that count as harmed.
        resolved: each selector with the nodes that it named.

    Raises:
        UnsupportedFault: there is no pair: a cut that cuts nothing.
    """
    if not pairs:
        named = "; ".join(f"{selector} is {', '.join(names)}" for selector, names in resolved.items())
        raise UnsupportedFault(f"there is nothing to cut ({named})", mend="Name two sides that differ")
    ends = sorted((source.container, target.container) for source, target in pairs)
    cut = [list(pair) for pair in ends]
    return Plan(
        nodes=tuple(nodes),
        inject=({"do": "net.cut", "pairs": cut},),
        heal=({"do": "net.uncut", "pairs": cut},),
        probes=(Probe({"probe": "network", "pairs": cut}),),
        resolved=resolved,
    )
