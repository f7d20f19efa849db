"""PacketLoss: a part of what is sent never arrives."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import Any, ClassVar

from harness.errors import ExperimentError
from harness.faults.base import Plan, Probe
from harness.faults.network import both_ways, sides
from harness.stack.node import Scene

__all__ = ["PacketLoss"]

_SHARE_MIN = 0.02


@dataclass(frozen=True, slots=True)
class PacketLoss:
    """Drops a share of the packets between some nodes, by lot, in both directions.

    TCP sends again, so connections live and get slower: from 0.1 on noticeably, from 0.5 on they hardly move.

    Heals: by taking the rules out.

    Recovery: what is lost is sent again, within the deadlines of whoever waits; nothing is declared dead for a slow
    answer, and nothing is done twice for a late one.

    Attributes:
        on: selector of the nodes.
        share: of the packets, from 0.02 to 1.
        peers: selector of the other side; None is every other node.
    """

    instant: ClassVar[bool] = False
    destroys: ClassVar[bool] = False
    by_address: ClassVar[bool] = True
    needs: ClassVar[tuple[str, ...]] = ("iptables", "statistic")

    on: str
    share: float
    peers: str | None = None

    def __post_init__(self) -> None:
        if not _SHARE_MIN <= self.share <= 1:
            raise ExperimentError(f"PacketLoss: share must be from {_SHARE_MIN} to 1, not {self.share}")

    def selectors(self) -> tuple[str, ...]:
        """The nodes, and the other side where it is named."""
        return (self.on,) if self.peers is None else (self.on, self.peers)

    def plan(self, scene: Scene) -> Plan:
        """Evidence: of datagrams sent each way between each pair some are lost, in every look."""
        nodes, peers, resolved = sides(scene, self.on, self.peers)
        pairs = sorted((a.container, b.container) for a, b in both_ways(nodes, peers))
        rules: dict[str, list[dict[str, Any]]] = defaultdict(list)
        for source, target in pairs:
            # Where it arrives: what is dropped where it is sent from, the sender is told of.
            rules[target].append({"way": "in", "peer": source, "share": self.share})
        return Plan(
            nodes=nodes if self.peers is None else (*nodes, *(n for n in peers if n not in nodes)),
            inject=tuple({"do": "net.filter", "container": c, "rules": own} for c, own in rules.items()),
            heal=tuple({"do": "net.unfilter", "container": c} for c in rules),
            probes=(
                Probe({"probe": "traffic", "pairs": [list(p) for p in pairs], "sees": {"lost": self.share}}),
            ),
            resolved=resolved,
        )
