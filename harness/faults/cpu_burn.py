"""CpuBurn: something else on a node computes, too."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from harness.errors import ExperimentError
from harness.faults.base import Plan, Probe
from harness.faults.nodes import plan_nodes
from harness.stack.node import Scene

__all__ = ["CpuBurn"]

_PROCESSES_MAX = 64


@dataclass(frozen=True, slots=True)
class CpuBurn:
    """Processes that compute without end run in each node's control group, and share its CPU time with its own.

    Heals: by ending them; they also end by themselves with the agent's program.

    Recovery: as for any node that got slow: see CpuQuota. On a host without limits the neighbours get slow as well.

    Attributes:
        on: selector of the nodes.
        processes: how many, from 1 to 64; each wants one CPU.
    """

    instant: ClassVar[bool] = False
    destroys: ClassVar[bool] = False

    on: str
    processes: int = 1

    def __post_init__(self) -> None:
        if not 1 <= self.processes <= _PROCESSES_MAX:
            raise ExperimentError(
                f"CpuBurn: processes must be from 1 to {_PROCESSES_MAX}, not {self.processes}"
            )

    def selectors(self) -> tuple[str, ...]:
        """The one."""
        return (self.on,)

    def plan(self, scene: Scene) -> Plan:
        """Evidence: they are in the node's control group and use CPU time."""
        return plan_nodes(
            scene,
            self.on,
            inject=lambda node: {"do": "cpu.burn", "container": node.container, "processes": self.processes},
            heal=lambda node: {"do": "cpu.cool", "container": node.container},
            probe=lambda node: Probe(
                {"probe": "burn", "container": node.container, "processes": self.processes}
            ),
        )
