"""KillProcess: one program inside a node dies, and the node lives on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from harness.faults.base import Plan, Probe
from harness.faults.nodes import plan_nodes, searchable, start
from harness.stack.node import Scene

__all__ = ["KillProcess"]


@dataclass(frozen=True, slots=True)
class KillProcess:
    """SIGKILL to every process of the node whose name or command line a pattern is found in.

    Heals: by starting the node, where it died with the process.

    Recovery: the node's own supervisor (Patroni, an init) starts the program again.

    Attributes:
        on: selector of the nodes.
        process: a regular expression, searched in ``name command line``: ``^postgres .*-D`` is the
            server and not its children.
    """

    instant: ClassVar[bool] = True
    destroys: ClassVar[bool] = True

    on: str
    process: str

    def __post_init__(self) -> None:
        searchable("KillProcess", self.process)

    def selectors(self) -> tuple[str, ...]:
        """The one."""
        return (self.on,)

    def plan(self, scene: Scene) -> Plan:
        """Evidence: those that matched are gone; afterwards a process matches again."""
        return plan_nodes(
            scene,
            self.on,
            inject=lambda node: {
                "do": "process.signal",
                "container": node.container,
                "signal": "KILL",
                "pattern": self.process,
            },
            heal=start,
            probe=lambda node: Probe(
                {"probe": "matching", "container": node.container, "pattern": self.process}, lasting=False
            ),
        )
