"""PowerCut: a node is off at once, and what was not yet on its disk never gets there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from harness.faults.base import Plan
from harness.faults.disks import NEEDS, PARTS, look, on_disk, renew
from harness.faults.nodes import names
from harness.stack.node import Scene

__all__ = ["PowerCut"]


@dataclass(frozen=True, slots=True)
class PowerCut:
    """The file system is shut down without a flush of its log, then the node is killed and stays down.

    In this order: a kill alone unmounts the file system, which writes everything out. Of several nodes every disk
    stops before the first node is killed.

    Heals: by starting the node; its file system replays its log, and what the node had not fsynced is gone.

    Recovery: what was acknowledged was fsynced first, here or on another node, and is there again after the replay of
    the log; of a whole group the one with the longest history is promoted.

    Attributes:
        on: selector of the nodes.
    """

    instant: ClassVar[bool] = False
    destroys: ClassVar[bool] = True
    needs: ClassVar[tuple[str, ...]] = NEEDS
    parts: ClassVar[frozenset[str]] = PARTS

    on: str

    def selectors(self) -> tuple[str, ...]:
        """The one."""
        return (self.on,)

    def plan(self, scene: Scene) -> Plan:
        """Evidence: it holds no process until the heal; then a file fsynced before is there, one not fsynced is not."""
        nodes = scene.resolve(self.on)
        return Plan(
            nodes=nodes,
            inject=(
                *(on_disk(node, "disk.shut") for node in nodes),
                *({"do": "engine.kill", "container": node.container} for node in nodes),
            ),
            heal=tuple(renew(node) for node in nodes),
            probes=tuple(look(node, "power") for node in nodes),
            resolved={self.on: names(nodes)},
        )
