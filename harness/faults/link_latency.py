"""LinkLatency: what passes a link arrives late."""

from __future__ import annotations

from dataclasses import dataclass

from harness.errors import ExperimentError
from harness.faults.base import Plan
from harness.faults.link import OnLink, Toxic, plan_toxics
from harness.stack.node import Scene

__all__ = ["LinkLatency"]

_SEEN_FROM_MS = 30
_MOST_MS = 60_000


@dataclass(frozen=True, slots=True)
class LinkLatency(OnLink):
    """Every piece of data is held back; connections stand and nothing is lost.

    With ``both`` a request and its answer are late by ``latency_ms`` each.

    Heals: by taking the toxic away; what is held back comes at once.

    Recovery: whoever waits has a deadline of its own and gives up or goes on late; what was sent again for a late
    answer has the same key, so nothing is done twice.

    Attributes:
        link: the hop, ``from->to``.
        latency_ms: how much later, in milliseconds.
        jitter_ms: more or less by up to this, by chance, in milliseconds.
        direction: ``request``, ``answer`` or ``both``.
        toxicity: the share of connections that are harmed.
    """

    latency_ms: int
    jitter_ms: int = 0
    direction: str = "answer"
    toxicity: float = 1.0

    def check(self) -> None:
        """Refuse what no probe would see, or nobody wait for."""
        if self.jitter_ms < 0 or self.latency_ms - self.jitter_ms < _SEEN_FROM_MS:
            raise ExperimentError(
                f"LinkLatency: latency_ms less jitter_ms must be {_SEEN_FROM_MS} or more, not"
                f" {self.latency_ms} less {self.jitter_ms}",
                mend="Less cannot be told from the noise of a busy machine",
            )
        if self.latency_ms > _MOST_MS:
            raise ExperimentError(
                f"LinkLatency: latency_ms must be at most {_MOST_MS}, not {self.latency_ms}"
            )

    def plan(self, scene: Scene) -> Plan:
        """Evidence: the answer to an exchange comes later by what was asked for."""
        ways = 2 if self.direction == "both" else 1
        return plan_toxics(
            scene,
            self.link,
            Toxic("latency", {"latency": self.latency_ms, "jitter": self.jitter_ms}),
            direction=self.direction,
            toxicity=self.toxicity,
            expect={"expect": "slower", "by_s": ways * (self.latency_ms - self.jitter_ms) / 1000},
        )
