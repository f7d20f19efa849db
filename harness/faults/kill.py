"""Kill: a node dies at once and stays down."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from harness.faults.base import Plan
from harness.faults.nodes import plan_nodes, running, start
from harness.stack.node import Scene

__all__ = ["Kill"]


@dataclass(frozen=True, slots=True)
class Kill:
    """SIGKILL by the engine: no process of the node ends in order, and no restart policy brings it back.

    Its volumes stay, but nobody can read them while it is down: what only it had may be gone for good
    when another node is promoted meanwhile.

    Heals: by starting it.

    Recovery: the others take over what it was (a standby is promoted, the balancer leaves it out),
    clients send the same key again, and it catches up when it is back.

    Attributes:
        on: selector of the nodes.
    """

    instant: ClassVar[bool] = False
    destroys: ClassVar[bool] = True

    on: str

    def selectors(self) -> tuple[str, ...]:
        """The one."""
        return (self.on,)

    def plan(self, scene: Scene) -> Plan:
        """Evidence: the process that was first is gone, and the node holds none until the heal."""
        return plan_nodes(
            scene,
            self.on,
            inject=lambda node: {"do": "engine.kill", "container": node.container},
            heal=start,
            probe=lambda node: running(node, lasting=True),
        )
