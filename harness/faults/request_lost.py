"""RequestLost: what is asked vanishes on its way, and the connection stands."""

from __future__ import annotations

from dataclasses import dataclass

from harness.faults.base import Plan
from harness.faults.link import OnLink, Toxic, plan_toxics
from harness.stack.node import Scene

__all__ = ["RequestLost"]


@dataclass(frozen=True, slots=True)
class RequestLost(OnLink):
    """Whatever the source sends vanishes. The target learns of nothing and does nothing.

    To the source it looks as AnswerLost does: it cannot know which of the two happened. Connections stand and stay
    silent.

    Heals: by taking the toxic away; connections that stand are closed.

    Recovery: whoever waits gives up by its own deadline, does not know the outcome, and sends the same key again.

    Attributes:
        link: the hop, ``from->to``.
        toxicity: the share of connections that are harmed.
    """

    toxicity: float = 1.0

    def plan(self, scene: Scene) -> Plan:
        """Evidence: an exchange gets no byte of answer; effect tests show that no request arrives."""
        return plan_toxics(
            scene,
            self.link,
            # A time-out of 0 never closes: the bytes are swallowed for as long as it lasts.
            Toxic("timeout", {"timeout": 0}),
            direction="request",
            toxicity=self.toxicity,
            expect={"expect": "silent"},
        )
