"""ResetPeer: connections of a link are reset as soon as something is said on them."""

from __future__ import annotations

from dataclasses import dataclass

from harness.errors import ExperimentError
from harness.faults.base import Plan
from harness.faults.link import OnLink, Toxic, plan_toxics
from harness.stack.node import Scene

__all__ = ["ResetPeer"]

_MOST_MS = 10_000


@dataclass(frozen=True, slots=True)
class ResetPeer(OnLink):
    """A connection is reset when data comes in this direction, and the data is lost.

    With ``answer`` the request was delivered and may have taken effect; with ``request`` it was not.

    Heals: by taking the toxic away.

    Recovery: a reset after a request says nothing of its outcome: the same key is sent again over a new
    connection.

    Attributes:
        link: the hop, ``from->to``.
        after_ms: from the data to the reset, in milliseconds.
        direction: ``request``, ``answer`` or ``both``.
        toxicity: the share of connections that are harmed.
    """

    after_ms: int = 0
    direction: str = "answer"
    toxicity: float = 1.0

    def check(self) -> None:
        """Refuse what no probe would see, or nobody wait for."""
        if not 0 <= self.after_ms <= _MOST_MS:
            raise ExperimentError(f"ResetPeer: after_ms must be from 0 to {_MOST_MS}, not {self.after_ms}")

    def plan(self, scene: Scene) -> Plan:
        """Evidence: an exchange ends by a reset."""
        return plan_toxics(
            scene,
            self.link,
            Toxic("reset_peer", {"timeout": self.after_ms}),
            direction=self.direction,
            toxicity=self.toxicity,
            expect={"expect": "reset", "by_s": self.after_ms / 1000},
        )
