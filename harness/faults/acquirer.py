"""The acquirer's moods: the bank outside is in trouble, and not simply gone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from harness.errors import ExperimentError
from harness.faults.control import Control

__all__ = ["AcquirerAnswerLost", "AcquirerNeverAnswers", "AcquirerRefuses", "AcquirerSlow"]

_DELAY_MAX_MS = 60_000


@dataclass(frozen=True, slots=True)
class AcquirerSlow(Control):
    """It answers, each time after a delay.

    Attributes:
        on: selector of the nodes.
        delay_ms: the delay, in milliseconds.
    """

    delay_ms: int

    def __post_init__(self) -> None:
        if not 1 <= self.delay_ms <= _DELAY_MAX_MS:
            raise ExperimentError(
                f"AcquirerSlow: delay_ms must be from 1 to {_DELAY_MAX_MS}, not {self.delay_ms}"
            )

    @property
    def state(self) -> Mapping[str, Any]:
        """Slow, by so much."""
        return {"mode": "slow", "delay_ms": self.delay_ms}


@dataclass(frozen=True, slots=True)
class AcquirerRefuses(Control):
    """It refuses every settlement that it has not seen before, and stands by that afterwards."""

    @property
    def state(self) -> Mapping[str, Any]:
        """Refuse."""
        return {"mode": "refuse", "delay_ms": 0}


@dataclass(frozen=True, slots=True)
class AcquirerNeverAnswers(Control):
    """It accepts and keeps the connection open without a word."""

    @property
    def state(self) -> Mapping[str, Any]:
        """Accept and never answer."""
        return {"mode": "accept-and-never-answer", "delay_ms": 0}


@dataclass(frozen=True, slots=True)
class AcquirerAnswerLost(Control):
    """It accepts and closes the connection without a word."""

    @property
    def state(self) -> Mapping[str, Any]:
        """Accept, and lose the answer."""
        return {"mode": "answer-lost", "delay_ms": 0}
