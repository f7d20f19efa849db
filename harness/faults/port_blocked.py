"""PortBlocked: one port of a node is shut, and the rest of it is not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from harness.errors import ExperimentError
from harness.faults.base import Plan, Probe
from harness.faults.nodes import plan_nodes
from harness.stack.node import Node, Scene

__all__ = ["PortBlocked"]

_PORT_MAX = 65535


@dataclass(frozen=True, slots=True)
class PortBlocked:
    """Shuts a TCP port of each node to all others, also for connections that stand.

    The node itself still reaches it over its loopback.

    Heals: by taking the rules out.

    Recovery: a reset is an answer at once, so another node is tried; silence costs a time-out first. Health checks on
    another port do not see it, which is what there is to find out.

    Attributes:
        on: selector of the nodes.
        port: the TCP port inside the node.
        reset: whether who knocks gets a reset; else nothing.
    """

    instant: ClassVar[bool] = False
    destroys: ClassVar[bool] = False
    by_address: ClassVar[bool] = True
    needs: ClassVar[tuple[str, ...]] = ("iptables",)

    on: str
    port: int
    reset: bool = False

    def __post_init__(self) -> None:
        if not 1 <= self.port <= _PORT_MAX:
            raise ExperimentError(f"PortBlocked: port must be from 1 to {_PORT_MAX}, not {self.port}")

    def selectors(self) -> tuple[str, ...]:
        """The one."""
        return (self.on,)

    def plan(self, scene: Scene) -> Plan:
        """Evidence: a neighbour's new connections to it are refused, or get no answer, and stood before."""
        rules = [{"way": "in", "port": self.port, "reset": self.reset}]
        # What comes in gets the reset itself, and that goes out by the same port.
        rules += [] if self.reset else [{"way": "out", "port": self.port}]
        others = [node.container for node in scene.nodes]

        def probe(node: Node) -> Probe:
            peers = [other for other in others if other != node.container]
            return Probe(
                {
                    "probe": "port",
                    "container": node.container,
                    "port": self.port,
                    "reset": self.reset,
                    "peers": peers,
                }
            )

        return plan_nodes(
            scene,
            self.on,
            inject=lambda node: {"do": "net.filter", "container": node.container, "rules": rules},
            heal=lambda node: {"do": "net.unfilter", "container": node.container},
            probe=probe,
        )
