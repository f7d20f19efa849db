"""SlowClose: the end of a connection arrives late."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from harness.errors import ExperimentError
from harness.faults.base import Plan
from harness.faults.link import Toxic, check_link, ends_named, plan_toxics
from harness.stack.node import Scene

__all__ = ["SlowClose"]

_LEAST_MS, _MOST_MS = 50, 60_000


@dataclass(frozen=True, slots=True)
class SlowClose:
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

    instant: ClassVar[bool] = False
    destroys: ClassVar[bool] = False
    needs: ClassVar[tuple[str, ...]] = ("dnat",)

    link: str
    delay_ms: int
    direction: str = "answer"
    toxicity: float = 1.0

    def __post_init__(self) -> None:
        check_link(self)
        if not _LEAST_MS <= self.delay_ms <= _MOST_MS:
            raise ExperimentError(
                f"SlowClose: delay_ms must be from {_LEAST_MS} to {_MOST_MS}, not {self.delay_ms}"
            )

    def selectors(self) -> tuple[str, ...]:
        """Both ends of the link."""
        return ends_named(self.link)

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
