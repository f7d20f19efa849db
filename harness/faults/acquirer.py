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
    """The acquirer answers, each time after a delay.

    Heals: it is told to be normal again.

    Recovery: whoever calls it gives up in time and asks again with the same key; what waits is settled when it is quick
    again.

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
    """The acquirer refuses every settlement that it has not seen before, and stands by that afterwards.

    Heals: it is told to be normal again.

    Recovery: a refusal is an answer: the payment fails and its money goes back. What was settled before is not touched.

    Attributes:
        on: selector of the nodes.
    """

    @property
    def state(self) -> Mapping[str, Any]:
        """Refuse."""
        return {"mode": "refuse", "delay_ms": 0}


@dataclass(frozen=True, slots=True)
class AcquirerNeverAnswers(Control):
    """The acquirer accepts, and keeps the connection open without a word.

    Heals: it is told to be normal again.

    Recovery: the caller's deadline ends the call; asked again with the same key, it tells what it did the first time.

    Attributes:
        on: selector of the nodes.
    """

    @property
    def state(self) -> Mapping[str, Any]:
        """Accept and never answer."""
        return {"mode": "accept-and-never-answer", "delay_ms": 0}


@dataclass(frozen=True, slots=True)
class AcquirerAnswerLost(Control):
    """The acquirer accepts, and closes the connection without a word.

    Heals: it is told to be normal again.

    Recovery: asked again with the same key, it tells what it did the first time: nothing is settled twice.

    Attributes:
        on: selector of the nodes.
    """

    @property
    def state(self) -> Mapping[str, Any]:
        """Accept, and lose the answer."""
        return {"mode": "answer-lost", "delay_ms": 0}
