"""What the faults of disks share: steps and probes of a node's breakable disk; a node without one is refused."""

from __future__ import annotations

from harness.errors import UnsupportedFault
from harness.faults.base import Probe, Step
from harness.stack.node import Node

__all__ = ["NEEDS", "PARTS", "look", "on_disk", "renew", "works"]

NEEDS = ("loop", "xfs")
"""Of the kernel, by the names of `harness doctor`: what every breakable disk is made of."""
PARTS = frozenset({"disks"})
"""Of the stack: it must be up with its volumes on breakable disks."""


def on_disk(node: Node, do: str, **keys: object) -> Step:
    """One step on the node's disk.

    Raises:
        UnsupportedFault: it has none.
    """
    return {"do": do, "container": node.container, "path": _place(node), **keys}


def renew(node: Node) -> Step:
    """Have the node run with its disk mounted anew, unless it runs and the disk works."""
    return on_disk(node, "disk.renew")


def look(node: Node, probe: str, **keys: object) -> Probe:
    """Look at the node's disk."""
    return Probe({"probe": probe, "container": node.container, "path": _place(node), **keys})


def works(node: Node, error: str) -> Probe:
    """A write, its fsync and its read go well; in effect they fail with this error (``EIO``)."""
    return look(node, "disk", error=error)


def _place(node: Node) -> str:
    if node.disk is None:
        raise UnsupportedFault(
            f"{node.name} has no disk that can be broken",
            where=node.name,
            mend=f"Name its volume in x-harness.disks.{node.group}; by hand: harness up --disks",
        )
    return node.disk
