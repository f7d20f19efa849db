"""ReadOnly: a node's file system takes no more writes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from harness.faults.base import Plan
from harness.faults.disks import NEEDS, PARTS, on_disk, works
from harness.faults.nodes import plan_nodes
from harness.stack.node import Scene

__all__ = ["ReadOnly"]


@dataclass(frozen=True, slots=True)
class ReadOnly:
    """The file system of the node's volume is remounted read-only: every write fails with EROFS, reads go on.

    A kernel does that to a file system with open writers only when it has met an error. Here the processes that have
    a file open for writing are killed first, all but the node's first one; who starts them again finds a disk that
    takes no write. A restart of the node does not help until the heal.

    Heals: by remounting it writable; a node that ended meanwhile is started.

    Recovery: a node that cannot write ends or gives up its role, and another is promoted; on a disk that takes writes
    again it replays its log and rejoins.

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
        """Evidence: a write fails with EROFS; afterwards it goes well."""
        return plan_nodes(
            scene,
            self.on,
            inject=lambda node: on_disk(node, "disk.protect"),
            heal=lambda node: on_disk(node, "disk.unprotect"),
            probe=lambda node: works(node, "EROFS"),
        )
