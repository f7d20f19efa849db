"""LimitData: a connection is closed when so much has passed it."""

from __future__ import annotations

from dataclasses import dataclass

from harness.errors import ExperimentError
from harness.faults.base import Plan
from harness.faults.link import OnLink, Toxic, plan_toxics
from harness.stack.node import Scene

__all__ = ["LimitData"]

_MOST_BYTES = 2000


@dataclass(frozen=True, slots=True)
class LimitData(OnLink):
    """The first ``limit_bytes`` pass, also of a connection that stands already; then it is closed, in mid-word.

    Heals: by taking the toxic away.

    Recovery: an answer cut off is no answer: the connection is thrown away and the same key is sent again.

    Attributes:
        link: the hop, ``from->to``.
        limit_bytes: bytes that pass from the injection on, or on a new connection.
        direction: ``request``, ``answer`` or ``both``.
        toxicity: the share of connections that are harmed.
    """

    limit_bytes: int
    direction: str = "answer"
    toxicity: float = 1.0

    def check(self) -> None:
        """Refuse what no probe would see, or nobody wait for."""
        if not 1 <= self.limit_bytes <= _MOST_BYTES:
            raise ExperimentError(
                f"LimitData: limit_bytes must be from 1 to {_MOST_BYTES}, not {self.limit_bytes}",
                mend="The probe exchanges some kilobytes: what passes it whole is not seen",
            )

    def plan(self, scene: Scene) -> Plan:
        """Evidence: an exchange of some kilobytes is closed before its answer is whole."""
        return plan_toxics(
            scene,
            self.link,
            Toxic("limit_data", {"bytes": self.limit_bytes}),
            direction=self.direction,
            toxicity=self.toxicity,
            expect={"expect": "cut", "bulk": True},
        )
