"""RateLimit: a node's uplink is thin."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from harness.errors import ExperimentError
from harness.faults.base import Plan, Probe
from harness.faults.nodes import plan_nodes
from harness.stack.node import Node, Scene

__all__ = ["RateLimit"]

_KBPS = (64, 20_000)
_BUCKET_BYTES_MIN = 3_000
_QUEUED_MS = 400


@dataclass(frozen=True, slots=True)
class RateLimit:
    """Lets each node send only so much, on each of its networks and to all its peers together.

    A queue of 400 ms stands before it, so packets come late before any is lost. Looking at it takes a tenth of it.

    Heals: by taking the queue away.

    Recovery: what is sent waits its turn; whoever has a deadline gives up in time, and a replica that lags is left out
    of reads and of promotion.

    Attributes:
        on: selector of the nodes.
        rate_kbps: kilobits a second, from 64 to 20000.
    """

    instant: ClassVar[bool] = False
    destroys: ClassVar[bool] = False
    by_address: ClassVar[bool] = True
    needs: ClassVar[tuple[str, ...]] = ("tbf",)

    on: str
    rate_kbps: float

    def __post_init__(self) -> None:
        if not _KBPS[0] <= self.rate_kbps <= _KBPS[1]:
            raise ExperimentError(
                f"RateLimit: rate_kbps must be from {_KBPS[0]} to {_KBPS[1]}, not {self.rate_kbps}"
            )

    def selectors(self) -> tuple[str, ...]:
        """The one."""
        return (self.on,)

    def plan(self, scene: Scene) -> Plan:
        """Evidence: a burst longer than the bucket takes as long to arrive as the rate allows; before, no time."""
        bucket = max(_BUCKET_BYTES_MIN, round(self.rate_kbps * 125 / 100))
        queue = [
            "tbf",
            "rate",
            f"{self.rate_kbps:g}kbit",
            "burst",
            f"{bucket}b",
            "latency",
            f"{_QUEUED_MS}ms",
        ]
        sees = {"kbps": self.rate_kbps, "bucket_bytes": bucket}

        def probe(node: Node) -> Probe:
            pairs = [[node.container, other.container] for other in scene.nodes if other != node]
            return Probe({"probe": "traffic", "pairs": pairs, "sees": sees, "one": True})

        return plan_nodes(
            scene,
            self.on,
            inject=lambda node: {"do": "net.shape", "container": node.container, "queue": queue},
            heal=lambda node: {"do": "net.unshape", "container": node.container},
            probe=probe,
        )
