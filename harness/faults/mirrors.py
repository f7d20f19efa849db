"""What the faults of mirrors share: steps and probes of a node's mirror; a node without one is refused."""

from __future__ import annotations

from harness.errors import UnsupportedFault
from harness.faults.base import Plan, Probe
from harness.faults.nodes import plan_nodes
from harness.stack.node import Node, Scene

__all__ = ["NEEDS", "PARTS", "plan_mirrors"]

NEEDS = ("loop", "btrfs")
"""Of the kernel, by the names of `harness doctor`: what every mirror is made of."""
PARTS = frozenset({"mirrors"})
"""Of the stack: it must be up with its volumes on mirrors."""


def plan_mirrors(scene: Scene, selector: str, *, legs: int) -> Plan:
    """Lose so many legs of each node's mirror.

    Raises:
        UnsupportedFault: a node has none.
    """
    return plan_nodes(
        scene,
        selector,
        inject=lambda node: {"do": "mirror.lose", **_at(node), "legs": legs},
        heal=lambda node: {"do": "mirror.mend", **_at(node)},
        probe=lambda node: Probe({"probe": "mirror", **_at(node), "legs": legs}),
    )


def _at(node: Node) -> dict[str, str]:
    if node.mirror is None:
        raise UnsupportedFault(
            f"{node.name} has no mirror that can lose a leg",
            where=node.name,
            mend=f"Name its volume in x-harness.disks.{node.group}; by hand: harness up --mirrors",
        )
    return {"container": node.container, "path": node.mirror}
