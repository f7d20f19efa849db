"""What the faults through a node's control API share: a state that is set, reset and read back."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from harness.errors import UnsupportedFault
from harness.faults.base import Plan, Probe
from harness.faults.nodes import plan_nodes
from harness.stack.node import Node, Scene

__all__ = ["Control"]

_LABEL = """harness.control: '{"port": 9000, "path": "/mode", "normal": {"mode": "normal"}}'"""


@dataclass(frozen=True, slots=True)
class Control(ABC):
    """A node is told to behave otherwise; a subclass says how in `state`.

    The node's service names its control API in the label ``harness.control``.

    Attributes:
        on: selector of the nodes.
    """

    instant: ClassVar[bool] = False
    destroys: ClassVar[bool] = False

    on: str

    @property
    @abstractmethod
    def state(self) -> Mapping[str, Any]:
        """What the control API is told; JSON."""

    def selectors(self) -> tuple[str, ...]:
        """The one."""
        return (self.on,)

    def plan(self, scene: Scene) -> Plan:
        """Evidence: the state that its control API tells, read back every time."""
        for node in scene.resolve(self.on):
            _need_control(node, type(self).__name__)
        state = dict(self.state)
        return plan_nodes(
            scene,
            self.on,
            inject=lambda node: {"do": "control.set", "container": node.container, "state": state},
            heal=lambda node: {"do": "control.reset", "container": node.container},
            probe=lambda node: Probe({"probe": "control", "container": node.container, "state": state}),
        )


def _need_control(node: Node, fault: str) -> None:
    if not node.controlled:
        raise UnsupportedFault(
            f"{fault}: {node.name} has no control API",
            mend=f"Give its service a label like {_LABEL}",
        )
