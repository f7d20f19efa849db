"""DiskFull: there is no room on a node's disk."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from harness.faults.base import Plan
from harness.faults.disks import NEEDS, PARTS, on_disk, works
from harness.faults.nodes import plan_nodes
from harness.stack.node import Scene

__all__ = ["DiskFull"]


@dataclass(frozen=True, slots=True)
class DiskFull:
    """A file without a purpose takes all the room of the node's volume: what needs more fails with ENOSPC.

    Room that the node makes meanwhile is taken too. What it has already, it can still write over.

    Heals: by removing the file; a node that ended for want of room is started.

    Recovery: a node without room refuses writes or ends, and another is promoted; with room again it replays its log
    and rejoins. Nothing is half written.

    Attributes:
        on: selector of the nodes.
    """

    instant: ClassVar[bool] = False
    destroys: ClassVar[bool] = False
    needs: ClassVar[tuple[str, ...]] = NEEDS
    parts: ClassVar[frozenset[str]] = PARTS

    on: str

    def selectors(self) -> tuple[str, ...]:
        """The one."""
        return (self.on,)

    def plan(self, scene: Scene) -> Plan:
        """Evidence: a new file's write fails with ENOSPC, but for one at a time that finds room just made.

        Afterwards it goes well.
        """
        return plan_nodes(
            scene,
            self.on,
            inject=lambda node: on_disk(node, "disk.fill", leave_bytes=0),
            heal=lambda node: on_disk(node, "disk.free"),
            probe=lambda node: works(node, "ENOSPC"),
        )
