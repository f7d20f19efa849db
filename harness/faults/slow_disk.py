"""SlowDisk: a node's disk works, and takes its time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from harness.errors import ExperimentError
from harness.faults.base import Plan
from harness.faults.disks import NEEDS, PARTS, look, on_disk
from harness.faults.nodes import plan_nodes
from harness.stack.node import Scene

__all__ = ["SlowDisk"]

_KB_PER_S_MIN = 16
_KB_PER_S_MAX = 4000


@dataclass(frozen=True, slots=True)
class SlowDisk:
    """What the node's processes read and write on its volume goes at this rate at most, each way.

    The limit is the container's control group's (blkio of version 1, io.max of version 2). Reads that the kernel's
    cache answers are as quick as ever; with version 1 so are writes that no process waits for.

    Heals: by taking the limit out.

    Recovery: whoever waits for this disk gives up in time; a quorum goes on with the nodes that are quick, and a node
    that fell behind catches up.

    Attributes:
        on: selector of the nodes.
        rate_kb_per_s: the rate, in units of 1000 bytes a second, from 16 to 4000.
    """

    instant: ClassVar[bool] = False
    destroys: ClassVar[bool] = False
    needs: ClassVar[tuple[str, ...]] = (*NEEDS, "throttle")
    parts: ClassVar[frozenset[str]] = PARTS

    on: str
    rate_kb_per_s: int

    def __post_init__(self) -> None:
        if (
            not isinstance(self.rate_kb_per_s, int)
            or not _KB_PER_S_MIN <= self.rate_kb_per_s <= _KB_PER_S_MAX
        ):
            raise ExperimentError(
                f"SlowDisk: rate_kb_per_s must be a whole number from {_KB_PER_S_MIN} to {_KB_PER_S_MAX},"
                f" not {self.rate_kb_per_s}"
            )

    def selectors(self) -> tuple[str, ...]:
        """The one."""
        return (self.on,)

    def plan(self, scene: Scene) -> Plan:
        """Evidence: a write by a process in the node's control group takes half a second, as the rate says."""
        rate = self.rate_kb_per_s * 1000
        return plan_nodes(
            scene,
            self.on,
            inject=lambda node: on_disk(node, "disk.slow", bytes_per_s=rate),
            heal=lambda node: on_disk(node, "disk.fast"),
            probe=lambda node: look(node, "slow", bytes=rate),
        )
