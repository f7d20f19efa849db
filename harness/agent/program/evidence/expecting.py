"""What a fault of a link looks like in an exchange. Pure: an outcome and the calm before it, and a verdict on it."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from statistics import median
from typing import Any

from ..refusal import Refused
from .trying import Outcome

__all__ = ["Calm", "Expectation", "tries_for"]

_SILENT_AFTER_S = 0.5
_UNSEEN_SHARE = 0.001
_BY_S_MIN = 0.02
_SHOWN = 0.7
"""A fault that adds a second shows when an exchange takes this share of it longer than in calm."""


@dataclass(frozen=True, slots=True)
class Calm:
    """Exchanges before the fault: medians.

    Attributes:
        answered_s, closed_s: as of an `Outcome`.
        received: bytes.
    """

    answered_s: float
    closed_s: float
    received: int

    @classmethod
    def of(cls, outcomes: list[Outcome]) -> Calm:
        """Of exchanges that were all answered."""
        return cls(
            median(o.answered_s or 0.0 for o in outcomes),
            median(o.closed_s or 0.0 for o in outcomes),
            round(median(o.received for o in outcomes)),
        )


@dataclass(frozen=True, slots=True)
class Expectation:
    """What must be seen.

    Attributes:
        kind: ``slower`` (the whole answer takes longer by ``by_s`` and ``per_byte_s`` of what was exchanged),
            ``silent`` (no answer at all), ``refused`` (nobody listens), ``reset``, ``cut`` (closed before the whole
            answer), ``slow-close`` (the other end closes ``by_s`` later).
        by_s: how much longer, in seconds.
        per_byte_s: and how much for each byte that went this way.
        stream: ``upstream``, ``downstream`` or ``both``: whose bytes count.
        bulk: some kilobytes are exchanged, so that a rate or a limit shows.
        toxicity: the share of connections that are harmed.
    """

    kind: str
    by_s: float = 0.0
    per_byte_s: float = 0.0
    stream: str = "both"
    bulk: bool = False
    toxicity: float = 1.0

    @classmethod
    def of(cls, watch: Mapping[str, Any]) -> Expectation:
        """From a probe's description. Raises Refused."""
        kind = str(watch.get("expect"))
        if kind not in _SHOWS:
            raise Refused(f"a link's probe cannot expect {kind!r}; there are: {', '.join(_SHOWS)}")
        return cls(
            kind,
            float(watch.get("by_s", 0.0)),
            float(watch.get("per_byte_s", 0.0)),
            str(watch.get("stream", "both")),
            bool(watch.get("bulk", False)),
            float(watch.get("toxicity", 1.0)),
        )

    def of_exchange(self, sent: int, received: int) -> Expectation:
        """The same with the bytes of an exchange counted in."""
        ways = {"upstream": sent, "downstream": received, "both": sent + received}
        return replace(self, by_s=self.by_s + self.per_byte_s * ways[self.stream], per_byte_s=0.0)

    @property
    def unseen(self) -> str | None:
        """Why an exchange cannot show it; None when it can."""
        if self.kind in ("slower", "slow-close") and self.by_s < _BY_S_MIN:
            return f"it makes an exchange {self.by_s * 1000:.0f} ms longer, and {_BY_S_MIN * 1000:.0f} ms can be told"
        return None

    def shown(self, outcome: Outcome, calm: Calm) -> bool:
        """Whether a finished exchange shows the fault."""
        return _SHOWS[self.kind](outcome, calm, self.by_s * _SHOWN)

    def overdue(self, age_s: float, received: int, calm: Calm) -> bool:
        """Whether an exchange of this age that is not finished shows it already."""
        if self.kind == "slower":
            return age_s > calm.answered_s + self.by_s * _SHOWN
        return self.kind == "silent" and received == 0 and age_s > calm.answered_s + _SILENT_AFTER_S

    @property
    def patience_s(self) -> float:
        """An exchange that takes longer is given up."""
        return 2 * self.by_s + 2.0


def _slower(outcome: Outcome, calm: Calm, shown_s: float) -> bool:
    return outcome.answered_s is not None and outcome.answered_s > calm.answered_s + shown_s


def _slow_close(outcome: Outcome, calm: Calm, shown_s: float) -> bool:
    return (
        outcome.closed_s is not None
        and outcome.answered_s is not None
        and outcome.closed_s > calm.closed_s + shown_s
    )


def _silent(outcome: Outcome, _calm: Calm, _shown_s: float) -> bool:
    return outcome.received == 0 and not outcome.refused and not outcome.reset


def _refused(outcome: Outcome, _calm: Calm, _shown_s: float) -> bool:
    return outcome.refused


def _reset(outcome: Outcome, _calm: Calm, _shown_s: float) -> bool:
    return outcome.reset


def _cut(outcome: Outcome, calm: Calm, _shown_s: float) -> bool:
    return outcome.received < calm.received and not outcome.refused


_SHOWS: Mapping[str, Callable[[Outcome, Calm, float], bool]] = {
    "slower": _slower,
    "slow-close": _slow_close,
    "silent": _silent,
    "refused": _refused,
    "reset": _reset,
    "cut": _cut,
}


def tries_for(toxicity: float) -> int:
    """How many exchanges in a row may go well by chance, when that share is harmed, but for 1 in 1000."""
    if toxicity >= 1:
        return 1
    return math.ceil(math.log(_UNSEEN_SHARE) / math.log(1 - toxicity))
