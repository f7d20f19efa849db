"""Restart: a node is stopped in order and started at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from harness.errors import ExperimentError
from harness.faults.base import Plan
from harness.faults.nodes import plan_nodes, running, start
from harness.stack.node import Scene

__all__ = ["Restart"]


@dataclass(frozen=True, slots=True)
class Restart:
    """The engine's restart: the stop signal, SIGKILL when it has not ended in time, and a start.

    Heals: the start is a part of it; where that failed, by starting it.

    Recovery: whoever is in front of it sends requests elsewhere until it is ready again.

    Attributes:
        on: selector of the nodes.
        timeout_s: how long it has to end in order, in seconds.
    """

    instant: ClassVar[bool] = True
    destroys: ClassVar[bool] = False

    on: str
    timeout_s: float = 10.0

    def __post_init__(self) -> None:
        if not 0 <= self.timeout_s <= 600:  # noqa: PLR2004  # ten minutes: longer is a hang
            raise ExperimentError(f"Restart: timeout_s must be from 0 to 600, not {self.timeout_s}")

    def selectors(self) -> tuple[str, ...]:
        """The one."""
        return (self.on,)

    def plan(self, scene: Scene) -> Plan:
        """Evidence: the very process that was first is gone; afterwards there is another."""
        return plan_nodes(
            scene,
            self.on,
            inject=lambda node: {
                "do": "engine.restart",
                "container": node.container,
                "timeout_s": self.timeout_s,
            },
            heal=start,
            probe=lambda node: running(node, lasting=False),
        )
