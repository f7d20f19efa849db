"""Isolate: a node lives, and reaches nobody."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from harness.faults.base import Plan
from harness.faults.network import both_ways, plan_cut
from harness.faults.nodes import names
from harness.stack.node import Scene

__all__ = ["Isolate"]


@dataclass(frozen=True, slots=True)
class Isolate:
    """Cuts each node from every other node of the stack, also from the others that are isolated with it.

    Its own loopback, the names it resolves and the agent's questions to it are left alone.

    Heals: by taking the rules out.

    Recovery: it gives up what it can no longer prove to hold (a lease, a leader key), the others take
    over, and it rejoins as what it then is.

    Attributes:
        on: selector of the nodes.
    """

    instant: ClassVar[bool] = False
    destroys: ClassVar[bool] = False
    by_address: ClassVar[bool] = True
    needs: ClassVar[tuple[str, ...]] = ("iptables",)

    on: str

    def selectors(self) -> tuple[str, ...]:
        """The one."""
        return (self.on,)

    def plan(self, scene: Scene) -> Plan:
        """Evidence: nothing passes to or from any node that it shares a network with."""
        nodes = scene.resolve(self.on)
        return plan_cut(both_ways(nodes, scene.nodes), nodes, {self.on: names(nodes)})
