"""MirrorBothLost: both disks of a mirror are gone, and everything that was on them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from harness.faults.base import Plan
from harness.faults.mirrors import NEEDS, PARTS, plan_mirrors
from harness.stack.node import Scene

__all__ = ["MirrorBothLost"]


@dataclass(frozen=True, slots=True)
class MirrorBothLost:
    """Both legs of the RAID 1 under the node's volume are gone for good: every read and write of the volume fails.

    What was on this node alone is lost. So its group must be able to build a node anew from the others: a member of
    etcd, which cannot return without its data, is not one to name here.

    Heals: the node is killed, an empty mirror is made, and the node is started on it.

    Recovery: whoever lives on dead disks gives up its role or is voted out, and another is promoted; on the empty
    mirror the node copies the primary (Patroni: pg_basebackup) and follows.

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
        """Evidence: a write fails, or the node has ended and both legs are gone; afterwards a write goes well."""
        return plan_mirrors(scene, self.on, legs=2)
