"""Stop: a node is shut down in order and stays down."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from harness.errors import ExperimentError
from harness.faults.base import Plan
from harness.faults.nodes import plan_nodes, running, start
from harness.stack.node import Scene

__all__ = ["Stop"]


@dataclass(frozen=True, slots=True)
class Stop:
    """The node's stop signal, and SIGKILL when it has not ended in time.

    Heals: by starting it.

    Recovery: as after a kill, only that it could hand over in order first.

    Attributes:
        on: selector of the nodes.
        timeout_s: how long it has to end in order, in seconds.
    """

    instant: ClassVar[bool] = False
    destroys: ClassVar[bool] = True

    on: str
    timeout_s: float = 10.0

    def __post_init__(self) -> None:
        if not 0 <= self.timeout_s <= 600:  # noqa: PLR2004  # ten minutes: longer is a hang
            raise ExperimentError(f"Stop: timeout_s must be from 0 to 600, not {self.timeout_s}")

    def selectors(self) -> tuple[str, ...]:
        """The one."""
        return (self.on,)

    def plan(self, scene: Scene) -> Plan:
        """Evidence: the process that was first is gone, and the node holds none until the heal."""
        return plan_nodes(
            scene,
            self.on,
            inject=lambda node: {
                "do": "engine.stop",
                "container": node.container,
                "timeout_s": self.timeout_s,
            },
            heal=start,
            probe=lambda node: running(node, lasting=True),
        )
