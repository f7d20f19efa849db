"""FileDescriptors: a program has no descriptor left."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from harness.faults.base import Plan, Probe
from harness.faults.nodes import plan_nodes, searchable
from harness.stack.node import Scene

__all__ = ["FileDescriptors"]


@dataclass(frozen=True, slots=True)
class FileDescriptors:
    """The matching processes of each node may open nothing more: no file, no connection. What is open stays open.

    A descriptor that is closed can be used again. A restart of the node ends it, and the run is then inconclusive.

    Heals: each process's soft limit is again what it was; where nobody knows that any more, the hard limit.

    Recovery: who cannot accept is left out by health checks; connections that stand are served. A program that treats
    it as fatal is started again by its supervisor.

    Attributes:
        on: selector of the nodes.
        process: a regular expression, searched in ``name command line``.
    """

    instant: ClassVar[bool] = False
    destroys: ClassVar[bool] = False

    on: str
    process: str

    def __post_init__(self) -> None:
        searchable("FileDescriptors", self.process)

    def selectors(self) -> tuple[str, ...]:
        """The one."""
        return (self.on,)

    def plan(self, scene: Scene) -> Plan:
        """Evidence: the processes' limit is lower than before, and at the beginning no number below it is free."""
        return plan_nodes(
            scene,
            self.on,
            inject=lambda node: {"do": "files.limit", "container": node.container, "pattern": self.process},
            heal=lambda node: {"do": "files.unlimit", "container": node.container, "pattern": self.process},
            probe=lambda node: Probe(
                {"probe": "descriptors", "container": node.container, "pattern": self.process}
            ),
        )
