"""AnswerLost: the request takes effect, and its answer never comes."""

from __future__ import annotations

from dataclasses import dataclass

from harness.faults.base import Plan
from harness.faults.link import OnLink, Toxic, plan_toxics
from harness.stack.node import Scene

__all__ = ["AnswerLost"]


@dataclass(frozen=True, slots=True)
class AnswerLost(OnLink):
    """Whatever the target answers vanishes. What was asked is done: only nobody learns of it.

    Connections stand and stay silent; a new one stands too, but whoever waits for a first word on it waits for ever.

    Heals: by taking the toxic away; connections that stand are closed.

    Recovery: whoever waits gives up by its own deadline, does not know the outcome, and sends the same key again;
    what was done is found by the key and answered, not done again.

    Attributes:
        link: the hop, ``from->to``.
        toxicity: the share of connections that are harmed.
    """

    toxicity: float = 1.0

    def plan(self, scene: Scene) -> Plan:
        """Evidence: an exchange gets no byte of answer; effect tests show that the request arrives."""
        return plan_toxics(
            scene,
            self.link,
            # A time-out of 0 never closes: the bytes are swallowed for as long as it lasts.
            Toxic("timeout", {"timeout": 0}),
            direction="answer",
            toxicity=self.toxicity,
            expect={"expect": "silent"},
        )
