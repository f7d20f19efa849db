"""MemoryLimit: a node has too little memory, and the kernel kills."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from harness.errors import ExperimentError
from harness.faults.base import Plan, Probe
from harness.faults.nodes import plan_nodes
from harness.stack.node import Scene

__all__ = ["MemoryLimit"]

_MIB_MIN, _MIB_MAX = 4, 1_048_576


@dataclass(frozen=True, slots=True)
class MemoryLimit:
    """All processes of each node together may use so many mebibytes; above that the kernel kills the largest of them.

    Choose less than the node uses, or nothing is killed and the run is inconclusive. A node that restarts is limited
    again.

    Heals: the limit is again what is configured.

    Recovery: its supervisor starts it again; until the heal it may be killed again. The others take its load, and
    what it had half done is done by whoever sends the same key again.

    Attributes:
        on: selector of the nodes.
        limit_mib: mebibytes, from 4 to 1048576.
    """

    instant: ClassVar[bool] = False
    destroys: ClassVar[bool] = False

    on: str
    limit_mib: float

    def __post_init__(self) -> None:
        if not _MIB_MIN <= self.limit_mib <= _MIB_MAX:
            raise ExperimentError(
                f"MemoryLimit: limit_mib must be from {_MIB_MIN} to {_MIB_MAX}, not {self.limit_mib}"
            )

    def selectors(self) -> tuple[str, ...]:
        """The one."""
        return (self.on,)

    def plan(self, scene: Scene) -> Plan:
        """Evidence: the limit is in force, and the engine told of a kill for want of memory."""
        return plan_nodes(
            scene,
            self.on,
            inject=lambda node: {
                "do": "memory.limit",
                "container": node.container,
                "limit_bytes": round(self.limit_mib * 2**20),
            },
            heal=lambda node: {"do": "memory.unlimit", "container": node.container},
            probe=lambda node: Probe(
                {"probe": "memory", "container": node.container, "limit_bytes": round(self.limit_mib * 2**20)}
            ),
        )
