"""NearlyFull: there is little room on a node's disk."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from harness.errors import ExperimentError
from harness.faults.base import Plan
from harness.faults.disks import NEEDS, PARTS, look, on_disk
from harness.faults.nodes import plan_nodes
from harness.stack.node import Scene

__all__ = ["NearlyFull"]

_MB = 2**20


@dataclass(frozen=True, slots=True)
class NearlyFull:
    """A file without a purpose takes nearly all the room of the node's volume: nothing fails yet.

    Room that the node makes meanwhile is taken too.

    Heals: by removing the file.

    Recovery: none is needed while nothing fails: an alert warns before the room is gone, and somebody makes more.

    Attributes:
        on: selector of the nodes.
        leave_mb: the room that is left, in units of 2**20 bytes.
    """

    instant: ClassVar[bool] = False
    destroys: ClassVar[bool] = False
    needs: ClassVar[tuple[str, ...]] = NEEDS
    parts: ClassVar[frozenset[str]] = PARTS

    on: str
    leave_mb: int

    def __post_init__(self) -> None:
        if not isinstance(self.leave_mb, int) or self.leave_mb < 1:
            raise ExperimentError(
                f"NearlyFull: leave_mb must be a whole number from 1 on, not {self.leave_mb}",
                mend="Use DiskFull to leave nothing",
            )

    def selectors(self) -> tuple[str, ...]:
        """The one."""
        return (self.on,)

    def plan(self, scene: Scene) -> Plan:
        """Evidence: no more than that is free, by the file system's own word; afterwards more is."""
        leave = self.leave_mb * _MB
        return plan_nodes(
            scene,
            self.on,
            inject=lambda node: on_disk(node, "disk.fill", leave_bytes=leave),
            heal=lambda node: on_disk(node, "disk.free"),
            probe=lambda node: look(node, "space", bytes=leave),
        )
