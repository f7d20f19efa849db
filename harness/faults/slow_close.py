"""SlowClose: the end of a connection arrives late."""

from __future__ import annotations

from dataclasses import dataclass

from harness.errors import ExperimentError
from harness.faults.base import Plan
from harness.faults.link import OnLink, Toxic, plan_toxics
from harness.stack.node import Scene

__all__ = ["SlowClose"]

_LEAST_MS, _MOST_MS = 50, 60_000


@dataclass(frozen=True, slots=True)
class SlowClose(OnLink):
    """Data passes as always; that one side closed is passed on only later, and slots stay taken meanwhile.

    Heals: by taking the toxic away.

    Recovery: slots are held longer than they are used: pools and limits have room for that, or whoever finds none
    is told so at once.

    Attributes:
        link: the hop, ``from->to``.
        delay_ms: how much later, in milliseconds.
        direction: ``request``: the target learns late that the source closed; ``answer``: the other way; ``both``.
        toxicity: the share of connections that are harmed.
    """

    delay_ms: int
    direction: str = "answer"
    toxicity: float = 1.0

    def check(self) -> None:
        """Refuse what no probe would see, or nobody wait for."""
        if not _LEAST_MS <= self.delay_ms <= _MOST_MS:
            raise ExperimentError(
                f"SlowClose: delay_ms must be from {_LEAST_MS} to {_MOST_MS}, not {self.delay_ms}"
            )

    def plan(self, scene: Scene) -> Plan:
        """Evidence: after an exchange the other end closes later by what was asked for."""
        return plan_toxics(
            scene,
            self.link,
            Toxic("slow_close", {"delay": self.delay_ms}),
            direction=self.direction,
            toxicity=self.toxicity,
            expect={"expect": "slow-close", "by_s": self.delay_ms / 1000},
        )
