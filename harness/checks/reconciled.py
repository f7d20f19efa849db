"""Reconciled: the acquirer's books and the ledger tell the same."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from harness.checks.base import Recording
from harness.checks.booked import booked
from harness.checks.conclusion import conclude, examples_of, known, unread
from harness.checks.wording import count
from harness.verdict import Finding

__all__ = ["Reconciled"]

_TERMS = ("payment_id", "amount", "currency")


@dataclass(frozen=True, slots=True)
class Reconciled:
    """What the ledger calls settled is what the acquirer accepted, both ways, and nothing waits.

    Proof obligations:

    1. Every settled payment of the run stands in the acquirer's books, with its amount and currency.
    2. Every settlement there is of a payment that the ledger calls settled. Settlements of payments that the ledger has
       under other runs' keys are theirs; one of a payment that the ledger does not have counts: a lost payment
       leaves it behind.
    3. No payment was accepted twice.
    4. No payment of the run is still approved: the final reads come after the outbox had its time to drain, so
       what is left (the *backlog*) would never be settled.
    5. 1 needs the acquirer's books read to their end, 2 and 4 the database; a settlement that was printed twice or with
       other terms proves itself.
    6. Nothing settled, accepted or approved, or a source not read to its end: inconclusive, unless a violation is
       proven.
    """

    @property
    def needs(self) -> frozenset[str]:
        """Both sides' books."""
        return frozenset({"database", "acquirer"})

    def judge(self, recording: Recording) -> Finding:
        """Judge one run."""
        payments, accepted = booked(recording, "database"), _accepted(recording)
        settled = payments.filter(pl.col("status") == "settled")
        backlog = payments.filter(pl.col("status") == "approved")
        broken = _broken(recording, settled, accepted)
        # Before the database is read to its end, an approved payment may be one that moved on since.
        left = backlog if "database" in recording.books.complete else backlog.clear()
        unreconciled = pl.concat([frame.select("payment_id") for frame in broken.values()])[
            "payment_id"
        ].n_unique()
        items = settled.height + accepted.height + backlog.height
        blind = unread(recording.books, self.needs) or (
            "" if items else "Nothing was approved or settled, so there is nothing to judge."
        )
        return conclude(
            self,
            violated=unreconciled + left.height > 0,
            blind=blind,
            measured=f"{count(settled.height)} settled, {count(accepted.height)} accepted: "
            f"{count(unreconciled)} unreconciled, {count(backlog.height)} in the backlog",
            bound="0 unreconciled, 0 in the backlog",
            examples=[
                *(row for what, frame in broken.items() for row in examples_of(frame, what)),
                *examples_of(left.select("key", *_TERMS, "status"), "backlog: approved and never settled"),
            ],
            numbers={
                "unreconciled_payments": known(unreconciled, blind),
                "backlog_payments": known(left.height, blind),
                "settled_payments": settled.height,
            },
        )


def _accepted(recording: Recording) -> pl.DataFrame:
    """What the acquirer accepted of the run, or of nobody."""
    theirs = recording.books.payments.filter(
        (pl.col("source") == "database") & ~pl.col("key").str.starts_with(f"{recording.run}-")
    )
    accepted = recording.books.settlements.filter(pl.col("status") == "accepted")
    return accepted.join(theirs, on="payment_id", how="anti").select(*_TERMS)


def _broken(recording: Recording, settled: pl.DataFrame, accepted: pl.DataFrame) -> dict[str, pl.DataFrame]:
    ours = settled.select(*_TERMS)
    unknown = ours.join(accepted, on="payment_id", how="anti")
    unsettled = accepted.join(ours, on="payment_id", how="anti")
    both = ours.join(accepted, on="payment_id", suffix="_accepted")
    same = (pl.col("amount") == pl.col("amount_accepted")) & (
        pl.col("currency") == pl.col("currency_accepted")
    )
    complete = recording.books.complete
    found = {
        "settled in the ledger, unknown to the acquirer": unknown
        if "acquirer" in complete
        else unknown.clear(),
        "accepted by the acquirer, not settled in the ledger": (
            unsettled if "database" in complete else unsettled.clear()
        ),
        "accepted with other terms": both.filter(~same.fill_null(value=False)),
        "accepted more than once": accepted.filter(pl.col("payment_id").is_duplicated()),
    }
    return {what: frame.sort("payment_id") for what, frame in found.items()}
