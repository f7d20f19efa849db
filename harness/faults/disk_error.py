"""DiskError: a node's disk is dead, and the node lives."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from harness.faults.base import Plan
from harness.faults.disks import NEEDS, PARTS, on_disk, renew, works
from harness.faults.nodes import plan_nodes
from harness.stack.node import Scene

__all__ = ["DiskError"]


@dataclass(frozen=True, slots=True)
class DiskError:
    """The file system is shut down without a flush: every read and write of the node's volume fails with EIO.

    A restart does not help: the disk stays dead until the heal, and a node that ends meanwhile cannot start.

    Heals: the node is killed and started, so that the file system is mounted anew with what was on the disk.

    Recovery: whoever lives on a dead disk gives up its role or is voted out, and another is promoted; nothing that was
    acknowledged was on that disk alone. Back, the node replays its log and rejoins.

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
        """Evidence: a write, its fsync and its read fail with EIO; afterwards they go well."""
        return plan_nodes(
            scene,
            self.on,
            inject=lambda node: on_disk(node, "disk.shut", pin=True),
            heal=renew,
            probe=lambda node: works(node, "EIO"),
        )
