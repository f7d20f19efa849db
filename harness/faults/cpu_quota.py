"""CpuQuota: a node gets only so much CPU time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from harness.errors import ExperimentError
from harness.faults.base import Plan, Probe
from harness.faults.nodes import plan_nodes
from harness.stack.node import Scene

__all__ = ["CpuQuota"]

_CPUS_MIN, _CPUS_MAX = 0.01, 64


@dataclass(frozen=True, slots=True)
class CpuQuota:
    """All processes of each node together get a part of the CPUs; who wants more waits for the next tenth of a second.

    Heals: the quota is again what is configured.

    Recovery: what is slow is not dead: health checks pass, answers are late. Whoever spreads load by answers sends
    less; whoever has a deadline gives up in time.

    Attributes:
        on: selector of the nodes.
        cpus: how many CPUs, from 0.01 to 64; 0.1 is a tenth of one.
    """

    instant: ClassVar[bool] = False
    destroys: ClassVar[bool] = False

    on: str
    cpus: float

    def __post_init__(self) -> None:
        if not _CPUS_MIN <= self.cpus <= _CPUS_MAX:
            raise ExperimentError(f"CpuQuota: cpus must be from {_CPUS_MIN} to {_CPUS_MAX}, not {self.cpus}")

    def selectors(self) -> tuple[str, ...]:
        """The one."""
        return (self.on,)

    def plan(self, scene: Scene) -> Plan:
        """Evidence: the kernel has the quota, and has held the node back by it; who wants less shows no effect."""
        return plan_nodes(
            scene,
            self.on,
            inject=lambda node: {"do": "cpu.limit", "container": node.container, "cpus": self.cpus},
            heal=lambda node: {"do": "cpu.unlimit", "container": node.container},
            probe=lambda node: Probe({"probe": "quota", "container": node.container, "cpus": self.cpus}),
        )
