"""ProcessStopped: one program of a node hangs, and the others go on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from harness.faults.base import Plan, Probe
from harness.faults.nodes import plan_nodes, searchable
from harness.stack.node import Scene

__all__ = ["ProcessStopped"]


@dataclass(frozen=True, slots=True)
class ProcessStopped:
    """SIGSTOP to the matching processes of each node: they do nothing, and their connections stay open.

    So a supervisor that hangs is made, with its server alive (Patroni without PostgreSQL), or the other way round. A
    restart of the node ends it, and the run is then inconclusive.

    Heals: SIGCONT.

    Recovery: what the program should have done in time is seen to be missing: a lease runs out, a health check fails.
    What it does when it wakes must fit a world that went on.

    Attributes:
        on: selector of the nodes.
        process: a regular expression, searched in ``name command line``.
    """

    instant: ClassVar[bool] = False
    destroys: ClassVar[bool] = False

    on: str
    process: str

    def __post_init__(self) -> None:
        searchable("ProcessStopped", self.process)

    def selectors(self) -> tuple[str, ...]:
        """The one."""
        return (self.on,)

    def plan(self, scene: Scene) -> Plan:
        """Evidence: the kernel says of all that matched that they stand still."""
        return plan_nodes(
            scene,
            self.on,
            inject=lambda node: {"do": "process.stop", "container": node.container, "pattern": self.process},
            heal=lambda node: {
                "do": "process.continue",
                "container": node.container,
                "pattern": self.process,
            },
            probe=lambda node: Probe(
                {"probe": "stopped", "container": node.container, "pattern": self.process}
            ),
        )
