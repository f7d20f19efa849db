"""Pause: a node stands still, with all its connections open."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from harness.faults.base import Plan
from harness.faults.nodes import frozen, plan_nodes
from harness.stack.node import Scene

__all__ = ["Pause"]


@dataclass(frozen=True, slots=True)
class Pause:
    """Every process of the node is frozen: it answers nothing, and to its peers it is not gone.

    Heals: by unpausing.

    Recovery: only time-outs tell that it is gone: leases run out, health checks fail, the others take
    over; and it must not go on with what is no longer its own when it wakes.

    Attributes:
        on: selector of the nodes.
    """

    instant: ClassVar[bool] = False
    destroys: ClassVar[bool] = False

    on: str

    def selectors(self) -> tuple[str, ...]:
        """The one."""
        return (self.on,)

    def plan(self, scene: Scene) -> Plan:
        """Evidence: the kernel calls it frozen, and it uses no CPU time between two looks."""
        return plan_nodes(
            scene,
            self.on,
            inject=lambda node: {"do": "engine.pause", "container": node.container},
            heal=lambda node: {"do": "engine.unpause", "container": node.container},
            probe=frozen,
        )
