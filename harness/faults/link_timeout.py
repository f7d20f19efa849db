"""Timeout: nothing passes a link any more, and after a while its connections are closed."""

from __future__ import annotations

from dataclasses import dataclass

from harness.errors import ExperimentError
from harness.faults.base import Plan
from harness.faults.link import OnLink, Toxic, plan_toxics
from harness.stack.node import Scene

__all__ = ["Timeout"]

_LEAST_MS, _MOST_MS = 100, 600_000


@dataclass(frozen=True, slots=True)
class Timeout(OnLink):
    """Whatever is sent vanishes; a connection on which nothing is sent for ``timeout_ms`` is closed.

    Heals: by taking the toxic away; connections that stand are closed, for what was swallowed will not come any
    more.

    Recovery: the same key is sent again over a new connection: whether the first one took effect nobody can know.

    Attributes:
        link: the hop, ``from->to``.
        timeout_ms: until a silent connection is closed, in milliseconds.
        direction: ``request``, ``answer`` or ``both``.
        toxicity: the share of connections that are harmed.
    """

    timeout_ms: int
    direction: str = "answer"
    toxicity: float = 1.0

    def check(self) -> None:
        """Refuse what no probe would see, or nobody wait for."""
        if not _LEAST_MS <= self.timeout_ms <= _MOST_MS:
            raise ExperimentError(
                f"Timeout: timeout_ms must be from {_LEAST_MS} to {_MOST_MS}, not {self.timeout_ms}",
                mend="Use AnswerLost or RequestLost for connections that are never closed",
            )

    def plan(self, scene: Scene) -> Plan:
        """Evidence: an exchange gets no byte of answer."""
        return plan_toxics(
            scene,
            self.link,
            Toxic("timeout", {"timeout": self.timeout_ms}),
            direction=self.direction,
            toxicity=self.toxicity,
            expect={"expect": "silent"},
        )
