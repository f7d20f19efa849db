"""AnswerLost: the request takes effect, and its answer never comes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from harness.faults.base import Plan
from harness.faults.link import Toxic, check_toxicity, plan_toxics
from harness.stack.node import Scene

__all__ = ["AnswerLost"]


@dataclass(frozen=True, slots=True)
class AnswerLost:
    """Whatever the target answers vanishes. What was asked is done: only nobody learns of it.

    Connections stand and stay silent; a new one stands too, but whoever waits for a first word on it waits for ever.
    The heal closes them.

    Attributes:
        link: the hop, ``from->to``.
        toxicity: the share of connections that are harmed.
    """

    instant: ClassVar[bool] = False
    destroys: ClassVar[bool] = False

    link: str
    toxicity: float = 1.0

    def __post_init__(self) -> None:
        check_toxicity(self, self.toxicity)

    def selectors(self) -> tuple[str, ...]:
        """None: a link is checked as a link."""
        return ()

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
