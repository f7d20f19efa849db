"""Crash: a node's first process dies, and its supervisor may bring it back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from harness.faults.base import Plan
from harness.faults.nodes import plan_nodes, running, start
from harness.stack.node import Scene

__all__ = ["Crash"]


@dataclass(frozen=True, slots=True)
class Crash:
    """SIGKILL to the first process from outside: to the engine the node died by itself.

    A restart policy brings it back; the heal starts it only where none does.

    Heals: by starting it, where no restart policy does.

    Recovery: its supervisor starts it again, and the node recovers what it had on disk; the others need
    not take over when that is quick enough.

    Attributes:
        on: selector of the nodes.
    """

    instant: ClassVar[bool] = True
    destroys: ClassVar[bool] = True

    on: str

    def selectors(self) -> tuple[str, ...]:
        """The one."""
        return (self.on,)

    def plan(self, scene: Scene) -> Plan:
        """Evidence: the very process that was first is gone; afterwards there is another."""
        return plan_nodes(
            scene,
            self.on,
            inject=lambda node: {"do": "process.signal", "container": node.container, "signal": "KILL"},
            heal=start,
            probe=lambda node: running(node, lasting=False),
        )
