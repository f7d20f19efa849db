"""MirrorHalfLost: one of the two disks of a mirror is gone, and its file system goes on with the other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from harness.faults.base import Plan
from harness.faults.mirrors import NEEDS, PARTS, plan_mirrors
from harness.stack.node import Scene

__all__ = ["MirrorHalfLost"]


@dataclass(frozen=True, slots=True)
class MirrorHalfLost:
    """The second leg of the RAID 1 under the node's volume is gone with what was on it: no read or write goes well.

    btrfs counts the errors and works on with the first. A node that ends meanwhile cannot start until the heal: btrfs
    mounts half a mirror only when it is told to (``degraded``), and nobody tells it.

    Heals: a fresh leg, with nothing but the old one's label on it, takes its place. A scrub writes it anew from the
    first, the counters are reset, and another scrub must find both legs whole; the node runs on meanwhile.

    Recovery: none of the node's: every write is on the other leg, so nobody fails over and nothing is rebuilt. Who
    watches ``node_btrfs_device_errors_total`` replaces the disk before the other one fails, too.

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
        """Evidence: a write's errors are counted on that leg, and the write goes well; afterwards none is counted."""
        return plan_mirrors(scene, self.on, legs=1)
