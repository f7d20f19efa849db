"""NoLostPayments: what was acknowledged is in the books."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from harness.checks.base import Recording
from harness.checks.conclusion import conclude, examples_of, unread
from harness.checks.loss import Loss, disagreements, loss
from harness.checks.promotion import destroyed_at
from harness.checks.wording import count, seconds
from harness.verdict import Finding

__all__ = ["NoLostPayments", "rpo_numbers"]


@dataclass(frozen=True, slots=True)
class NoLostPayments:
    """Every acknowledged payment is in the final books, with its amount and parties.

    Proof obligations:

    1. Each key with an acknowledged attempt stands in the books that were read to their end. One that
       does not is *lost*, whichever attempt was acknowledged.
    2. It stands there with the debtor, creditor, amount and currency that were asked for, and under the
       id that the client was given; one that does not is *altered*.
    3. Its entries are there; a payment without any moved no money and is lost, too.
    4. The database and the API show the same payments under the run's keys, ``info`` ones included; the
       keys on which they differ are named.
    5. Nothing is asked of ``info``: it may be there or not, but in both sources alike.
    6. No acknowledged payment at all, a request that the history does not have, or a source that was not
       read to its end: inconclusive, unless what was read proves a loss.

    RPO in numbers: ``rpo_payments`` (lost ones), ``rpo_amount_<currency>_minor`` and ``rpo_s``: when the
    injection that destroyed the data took effect (the last such one before the promotion), less the oldest
    lost acknowledgement; 0 when nothing was lost, None when no injection explains the loss.
    """

    @property
    def needs(self) -> frozenset[str]:
        """Both readings of the books."""
        return frozenset({"database", "api"})

    def judge(self, recording: Recording) -> Finding:
        """Judge one run."""
        found, differ = loss(recording), disagreements(recording)
        keys = differ["key"].n_unique()
        return conclude(
            self,
            violated=keys > 0 or (found is not None and _violated(found)),
            blind=" ".join(filter(None, [_blind(found), unread(recording.books, self.needs)])),
            measured=_measured(found, keys),
            bound="0 lost, 0 altered, database and API agree",
            detail=_detail(recording, found),
            examples=[*_examples(found), *examples_of(differ, "in one of database and API only")],
            numbers=rpo_numbers(recording, found),
        )


def rpo_numbers(recording: Recording, found: Loss | None) -> dict[str, float | int | None]:
    """RPO as result.json has it; None for what could not be measured."""
    if found is None or not found.acknowledged:
        return {"rpo_payments": None, "rpo_s": None}
    numbers: dict[str, float | int | None] = {
        "rpo_payments": found.lost.height,
        "rpo_s": _rpo_s(recording, found),
    }
    return numbers | {
        f"rpo_amount_{currency.lower()}_minor": sum_ for currency, sum_ in found.amounts.items()
    }


def _rpo_s(recording: Recording, found: Loss) -> float | None:
    if found.lost.is_empty():
        return 0.0
    oldest = float(found.lost["done_at"][0])
    destroyed = destroyed_at(recording.timeline, oldest)
    return None if destroyed is None else destroyed - oldest


def _violated(found: Loss) -> bool:
    return not (found.lost.is_empty() and found.altered.is_empty())


def _blind(found: Loss | None) -> str:
    if found is None:
        return "No reading of the books was completed."
    if not found.acknowledged:
        return "No payment was acknowledged, so there is nothing to judge."
    if found.unrecorded.height:
        return f"The history lacks the request of {count(found.unrecorded.height)} acknowledged payments."
    return ""


def _measured(found: Loss | None, keys: int) -> str:
    if found is None:
        return "not measured"
    parts = [f"{count(found.lost.height)} lost of {count(found.acknowledged)} acknowledged"]
    if found.altered.height:
        parts.append(f"{count(found.altered.n_unique('key'))} altered")
    if keys:
        parts.append(f"{count(keys)} on which database and API differ")
    return ", ".join(parts)


def _detail(recording: Recording, found: Loss | None) -> str:
    if found is None or found.lost.is_empty():
        return ""
    amounts = ", ".join(
        f"{count(amount)} {currency} (minor units)" for currency, amount in found.amounts.items()
    )
    rpo_s = _rpo_s(recording, found)
    back = (
        "no injection explains the loss"
        if rpo_s is None
        else f"they reach back {seconds(rpo_s)} before the data died"
    )
    return f"Lost in the {found.source}: {amounts or 'amounts unknown'}; {back}."


def _examples(found: Loss | None) -> list[dict[str, object]]:
    if found is None:
        return []
    parts: list[tuple[pl.DataFrame, str]] = [
        (found.missing, "acknowledged and not in the books"),
        (found.unposted, "acknowledged and booked without entries"),
        (found.altered, "booked with other terms than asked"),
    ]
    return [row for frame, what in parts for row in examples_of(frame, what)]
