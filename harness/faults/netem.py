"""Netem: what a node sends comes late, not at all, spoilt, twice or in another order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from harness.errors import ExperimentError
from harness.faults.base import Plan, Probe
from harness.faults.nodes import plan_nodes
from harness.stack.node import Node, Scene

__all__ = ["Netem"]

_DELAY_MS_MAX = 10_000
_SHARE_MIN = 0.02
_REORDERED_BY_MS = 20
_SHOWN_BY = {"loss": "lost", "corrupt": "lost", "duplicate": "duplicated", "reorder": "reordered"}


@dataclass(frozen=True, slots=True)
class Netem:
    """Treats what each node sends by the kernel's network emulator. Made by one of the shapes.

    Heals: by taking the emulator's queue away.

    Recovery: TCP hides all of it but the time; what has a deadline gives up, and sends the same key again.

    Attributes:
        shape: ``delay``, ``loss``, ``corrupt``, ``duplicate`` or ``reorder``.
        on: selector of the nodes.
        share: of the packets, from 0.02 to 1; with ``delay`` it is 1.
        delay_ms: with ``delay``: how late each packet is, in milliseconds.
        jitter_ms: with ``delay``: by how much more or less at most, in milliseconds.
    """

    instant: ClassVar[bool] = False
    destroys: ClassVar[bool] = False
    by_address: ClassVar[bool] = True
    needs: ClassVar[tuple[str, ...]] = ("netem",)

    shape: str
    on: str
    share: float = 1.0
    delay_ms: float = 0.0
    jitter_ms: float = 0.0

    def __post_init__(self) -> None:
        if self.shape not in ("delay", *_SHOWN_BY):
            raise ExperimentError(
                f"Netem has no shape {self.shape!r}", mend=f"There are: {', '.join(['delay', *_SHOWN_BY])}"
            )
        if not _SHARE_MIN <= self.share <= 1:
            raise ExperimentError(
                f"Netem.{self.shape}: share must be from {_SHARE_MIN} to 1, not {self.share}"
            )
        if self.shape == "delay" and not 1 <= self.delay_ms <= _DELAY_MS_MAX:
            raise ExperimentError(
                f"Netem.delay: delay_ms must be from 1 to {_DELAY_MS_MAX}, not {self.delay_ms}"
            )
        if not 0 <= self.jitter_ms <= self.delay_ms / 2:
            raise ExperimentError(
                f"Netem.delay: jitter_ms must be from 0 to half of delay_ms, not {self.jitter_ms}"
            )

    @classmethod
    def delay(cls, on: str, delay_ms: float, jitter_ms: float = 0.0) -> Netem:
        """Every packet comes so many milliseconds late, give or take the jitter."""
        return cls("delay", on, 1.0, delay_ms, jitter_ms)

    @classmethod
    def loss(cls, on: str, share: float) -> Netem:
        """A share of the packets is lost."""
        return cls("loss", on, share)

    @classmethod
    def corrupt(cls, on: str, share: float) -> Netem:
        """In a share of the packets a bit is flipped; checksums find it, and the packet counts as lost."""
        return cls("corrupt", on, share)

    @classmethod
    def duplicate(cls, on: str, share: float) -> Netem:
        """A share of the packets arrives twice."""
        return cls("duplicate", on, share)

    @classmethod
    def reorder(cls, on: str, share: float) -> Netem:
        """A share of the packets overtakes the others, which come 20 ms late."""
        return cls("reorder", on, share)

    def selectors(self) -> tuple[str, ...]:
        """The one."""
        return (self.on,)

    def plan(self, scene: Scene) -> Plan:
        """Evidence: datagrams that the node sends come late, are lost, come twice, or overtake, as they should."""
        sees: dict[str, Any] = (
            {"delay_ms": self.delay_ms} if self.shape == "delay" else {_SHOWN_BY[self.shape]: self.share}
        )

        def probe(node: Node) -> Probe:
            pairs = [[node.container, other.container] for other in scene.nodes if other != node]
            return Probe({"probe": "traffic", "pairs": pairs, "sees": sees, "one": True})

        return plan_nodes(
            scene,
            self.on,
            inject=lambda node: {"do": "net.shape", "container": node.container, "queue": self.queue()},
            heal=lambda node: {"do": "net.unshape", "container": node.container},
            probe=probe,
        )

    def queue(self) -> list[str]:
        """The words for ``tc``."""
        if self.shape == "delay":
            jitter = [f"{self.jitter_ms:g}ms"] if self.jitter_ms else []
            return ["netem", "delay", f"{self.delay_ms:g}ms", *jitter]
        share = f"{self.share * 100:g}%"
        if self.shape == "reorder":
            return ["netem", "delay", f"{_REORDERED_BY_MS}ms", "reorder", share]
        return ["netem", self.shape, share]
