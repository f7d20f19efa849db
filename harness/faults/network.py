"""What the network faults share: ordered pairs of nodes between which nothing passes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from harness.errors import UnsupportedFault
from harness.faults.base import Plan, Probe
from harness.stack.node import Node

__all__ = ["both_ways", "one_way", "plan_cut"]

Pairs = frozenset[tuple[Node, Node]]


def one_way(sources: Iterable[Node], targets: Iterable[Node]) -> Pairs:
    """Every pair from the first to the second; a node is never cut from itself."""
    ends = tuple(targets)
    return frozenset((source, target) for source in sources for target in ends if source != target)


def both_ways(left: Iterable[Node], right: Iterable[Node]) -> Pairs:
    """Every pair between the two, in both directions."""
    ends = tuple(left), tuple(right)
    return one_way(*ends) | one_way(*reversed(ends))


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
