"""HalfOpen: connections that stood are dead, and nobody is told."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from harness.faults.base import Plan, Probe
from harness.faults.network import both_ways, sides
from harness.stack.node import Scene

__all__ = ["HalfOpen"]


@dataclass(frozen=True, slots=True)
class HalfOpen:
    """Established TCP connections pass nothing any more, without a reset; new ones work.

    So a firewall that forgot its table behaves, or a peer that lost power and is back. Which connections they are is
    decided at the moment of the injection; whoever began them.

    Heals: by taking the rules out; a connection that both ends still hold goes on.

    Recovery: keepalives and the limits of unacknowledged data tell a dead connection within seconds; pools throw it
    away and make another.

    Attributes:
        on: selector of the nodes.
        peers: selector of the other ends.
    """

    instant: ClassVar[bool] = False
    destroys: ClassVar[bool] = False
    by_address: ClassVar[bool] = True
    needs: ClassVar[tuple[str, ...]] = ("iptables",)

    on: str
    peers: str

    def selectors(self) -> tuple[str, ...]:
        """Both sides."""
        return (self.on, self.peers)

    def plan(self, scene: Scene) -> Plan:
        """Evidence: a connection made before is dead, while datagrams pass and new connections stand."""
        nodes, peers, resolved = sides(scene, self.on, self.peers)
        pairs = sorted((a.container, b.container) for a, b in both_ways(nodes, peers))
        others = [node.container for node in peers]
        return Plan(
            nodes=(*nodes, *(n for n in peers if n not in nodes)),
            inject=tuple({"do": "net.half-open", "container": n.container, "peers": others} for n in nodes),
            heal=tuple({"do": "net.whole", "container": node.container} for node in nodes),
            probes=(Probe({"probe": "established", "pairs": [list(pair) for pair in pairs]}),),
            resolved=resolved,
        )
