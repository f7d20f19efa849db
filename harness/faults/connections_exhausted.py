"""ConnectionsExhausted: a database has no slot left for a new session."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from harness.errors import ExperimentError
from harness.faults.base import Plan, Probe
from harness.faults.nodes import plan_nodes
from harness.stack.node import Scene

__all__ = ["ConnectionsExhausted"]

_PORT_MAX = 65_535


@dataclass(frozen=True, slots=True)
class ConnectionsExhausted:
    """Clients that never log in take every connection slot of each node's PostgreSQL server, and each that comes free.

    They hold reserved slots as well: nobody gets in, and superusers do not either. Sessions that stand go on, and
    replication has slots of its own. It takes no password.

    Heals: by closing them.

    Recovery: pools live on the sessions that they have; what must connect anew is refused (53300), surely without
    effect, and tries again.

    Attributes:
        on: selector of the nodes.
        port: the server's TCP port inside the node.
    """

    instant: ClassVar[bool] = False
    destroys: ClassVar[bool] = False

    on: str
    port: int = 5432

    def __post_init__(self) -> None:
        if not 1 <= self.port <= _PORT_MAX:
            raise ExperimentError(
                f"ConnectionsExhausted: port must be from 1 to {_PORT_MAX}, not {self.port}"
            )

    def selectors(self) -> tuple[str, ...]:
        """The one."""
        return (self.on,)

    def plan(self, scene: Scene) -> Plan:
        """Evidence: the server refuses a newcomer with SQLSTATE 53300; before, five are let in at once."""
        return plan_nodes(
            scene,
            self.on,
            inject=lambda node: {"do": "slots.take", "container": node.container, "port": self.port},
            heal=lambda node: {"do": "slots.give", "container": node.container},
            probe=lambda node: Probe({"probe": "slots", "container": node.container, "port": self.port}),
        )
