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
        """Heals by unpausing; evidence: the kernel calls it frozen and it uses no CPU time."""
        return plan_nodes(
            scene,
            self.on,
            inject=lambda node: {"do": "engine.pause", "container": node.container},
            heal=lambda node: {"do": "engine.unpause", "container": node.container},
            probe=frozen,
        )
