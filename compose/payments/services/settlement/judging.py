"""What an acquirer's answer means for an item; pure.

=============================================  ==============================================================
the acquirer                                   the item
=============================================  ==============================================================
accepted, and says back what was sent          settled
refused (402), and says so of this payment     failed: the acquirer keeps the refusal under the key for ever
no answer, 429 or 5xx                          again, as long as it takes: the acquirer is in trouble
anything else                                  again, and a strike: this item is in trouble; parked at the 5th
=============================================  ==============================================================

Only the acquirer's own saved word moves money. A time-out is no refusal: it may have been accepted.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from random import Random
from typing import Any

from .backoff import delay_s

__all__ = ["STRIKES_MAX", "Again", "Answer", "Finish", "Item", "judge"]

STRIKES_MAX = 5
_REFUSED, _BUSY, _BROKEN = 402, 429, 500


@dataclass(frozen=True, slots=True)
class Item:
    """An approved payment on its way to the acquirer; ``attempts`` counts this one, ``key`` is its creator's."""

    payment_id: str
    amount: int
    currency: str
    creditor: str
    attempts: int = 1
    strikes: int = 0
    key: str = ""

    @property
    def body(self) -> dict[str, object]:
        """What the acquirer is asked."""
        return {
            "payment_id": self.payment_id,
            "amount": self.amount,
            "currency": self.currency,
            "creditor": self.creditor,
        }

    @property
    def about(self) -> dict[str, object]:
        """What a line of the log says of it."""
        return {"payment_id": self.payment_id, "key": self.key, "attempts": self.attempts}


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back; ``status`` is None without an answer, and ``error`` says why."""

    status: int | None
    body: Mapping[str, Any] | None = None
    error: str = ""


@dataclass(frozen=True, slots=True)
class Finish:
    """Post it: ``settled`` or ``failed``."""

    status: str


@dataclass(frozen=True, slots=True)
class Again:
    """Try it again after a while, or park it."""

    delay_s: float
    strike: bool
    park: bool
    error: str


def judge(item: Item, answer: Answer, random: Random) -> Finish | Again:
    """What to do with the item."""
    said = answer.body or {}
    ours = all(said.get(name) == value for name, value in item.body.items())
    if answer.status in (200, 201) and ours and said.get("status") == "accepted":
        return Finish("settled")
    if answer.status == _REFUSED and ours and said.get("status") == "refused":
        return Finish("failed")
    acquirers_trouble = answer.status is None or answer.status == _BUSY or answer.status >= _BROKEN
    strike = not acquirers_trouble
    error = answer.error or f"the acquirer answered {answer.status}"
    park = strike and item.strikes + 1 >= STRIKES_MAX
    return Again(delay_s(item.attempts, random), strike, park, error[:500])
