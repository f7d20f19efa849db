"""Slicer: what passes a link arrives in small pieces, with pauses between them."""

from __future__ import annotations

from dataclasses import dataclass

from harness.errors import ExperimentError
from harness.faults.base import Plan
from harness.faults.link import OnLink, Toxic, plan_toxics
from harness.stack.node import Scene

__all__ = ["Slicer"]

_LEAST_US_A_BYTE = 5.0


@dataclass(frozen=True, slots=True)
class Slicer(OnLink):
    """Data is cut into pieces of about ``size_bytes``, each ``delay_us`` after the one before.

    Heals: by taking the toxic away.

    Recovery: readers put pieces together again, and give up only by a deadline for the whole.

    Attributes:
        link: the hop, ``from->to``.
        size_bytes: a piece has about this many bytes.
        variation_bytes: more or less by up to this, by chance; less than ``size_bytes``.
        delay_us: the pause between two pieces, in microseconds.
        direction: ``request``, ``answer`` or ``both``.
        toxicity: the share of connections that are harmed.
    """

    size_bytes: int
    delay_us: int
    variation_bytes: int = 0
    direction: str = "answer"
    toxicity: float = 1.0

    def check(self) -> None:
        """Refuse what no probe would see, or nobody wait for."""
        if not 0 <= self.variation_bytes < self.size_bytes:
            raise ExperimentError(
                "Slicer: variation_bytes must be from 0 to less than size_bytes,"
                f" not {self.variation_bytes} of {self.size_bytes}"
            )
        if self._us_a_byte < _LEAST_US_A_BYTE:
            raise ExperimentError(
                f"Slicer: {self.delay_us} us between pieces of up to {self.size_bytes + self.variation_bytes} bytes"
                f" is {self._us_a_byte:.1f} us a byte, and less than {_LEAST_US_A_BYTE:g} is not seen",
                mend="Make the pieces smaller or the pauses longer",
            )

    @property
    def _us_a_byte(self) -> float:
        return self.delay_us / (self.size_bytes + self.variation_bytes)

    def plan(self, scene: Scene) -> Plan:
        """Evidence: an exchange of some kilobytes takes as long as its pieces and pauses do."""
        return plan_toxics(
            scene,
            self.link,
            Toxic(
                "slicer",
                {
                    "average_size": self.size_bytes,
                    "size_variation": self.variation_bytes,
                    "delay": self.delay_us,
                },
            ),
            direction=self.direction,
            toxicity=self.toxicity,
            expect={"expect": "slower", "per_byte_s": self._us_a_byte / 1e6, "bulk": True},
        )
