"""Bandwidth: a link carries only so many bits a second."""

from __future__ import annotations

from dataclasses import dataclass

from harness.errors import ExperimentError
from harness.faults.base import Plan
from harness.faults.link import OnLink, Toxic, plan_toxics
from harness.stack.node import Scene

__all__ = ["Bandwidth"]

_BYTE_KBPS = 8
_MOST_KBPS = 2000


@dataclass(frozen=True, slots=True)
class Bandwidth(OnLink):
    """Each connection has this rate for itself; what comes faster waits, also in the sender's buffers.

    Heals: by taking the toxic away; what is queued comes at once.

    Recovery: what comes faster waits, and the sender is held back by full buffers; what must not wait (a commit
    for its standby) goes on by who is not behind the link.

    Attributes:
        link: the hop, ``from->to``.
        rate_kbps: kilobits a second, a multiple of 8.
        direction: ``request``, ``answer`` or ``both`` (each way has the rate for itself).
        toxicity: the share of connections that are harmed.
    """

    rate_kbps: int
    direction: str = "answer"
    toxicity: float = 1.0

    def check(self) -> None:
        """Refuse what no probe would see, or nobody wait for."""
        if self.rate_kbps % _BYTE_KBPS or not _BYTE_KBPS <= self.rate_kbps <= _MOST_KBPS:
            raise ExperimentError(
                f"Bandwidth: rate_kbps must be a multiple of {_BYTE_KBPS} up to {_MOST_KBPS}, not {self.rate_kbps}",
                mend="The probe exchanges some kilobytes: a faster link is not seen to be slow",
            )

    def plan(self, scene: Scene) -> Plan:
        """Evidence: an exchange of some kilobytes takes as long as the rate has it."""
        rate_kbytes = self.rate_kbps // _BYTE_KBPS
        return plan_toxics(
            scene,
            self.link,
            Toxic("bandwidth", {"rate": rate_kbytes}),
            direction=self.direction,
            toxicity=self.toxicity,
            expect={"expect": "slower", "per_byte_s": 1 / (rate_kbytes * 1000), "bulk": True},
        )
