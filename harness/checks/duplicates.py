"""NoDuplicatePayments: nothing was done twice."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from harness.checks.base import Recording
from harness.checks.booked import asked, booked, entries
from harness.checks.conclusion import conclude, examples_of, known, unread
from harness.checks.wording import count
from harness.verdict import Finding

__all__ = ["NoDuplicatePayments"]


@dataclass(frozen=True, slots=True)
class NoDuplicatePayments:
    """No key has more than one payment, and no payment more than one posting set; also after retries.

    Proof obligations:

    1. In each source, a key of the run stands on at most one payment, whatever its outcome and however
       often it was sent.
    2. A payment of the run has at most one debit and one credit entry in the database; one whose money waits
       on a hold account, at most one of each on every account. (That they are the right ones, and all there,
       is LedgerBalanced's business.)
    3. A duplicate that was printed proves itself, even when the reading broke off later.
    4. No payment of the run in the books, or the database not read to its end: inconclusive, unless a
       duplicate was printed.
    """

    @property
    def needs(self) -> frozenset[str]:
        """The database; the API's duplicates count too, where it shows any."""
        return frozenset({"database"})

    def judge(self, recording: Recording) -> Finding:
        """Judge one run."""
        payments = booked(recording)
        keys, postings = _keys_twice(payments), _posted_twice(recording, payments)
        again = asked(recording).filter(pl.col("attempts") > 1).height
        affected = pl.concat([keys.select("key"), postings.select("key")])["key"].n_unique()
        blind = _blind(recording, payments) or unread(recording.books, self.needs)
        return conclude(
            self,
            violated=affected > 0,
            blind=blind,
            measured=f"{count(affected)} duplicated of {count(payments['key'].n_unique())} booked",
            bound="0 duplicated",
            detail=f"{count(again)} keys were sent more than once.",
            examples=[
                *examples_of(keys, "a key with several payments"),
                *examples_of(postings, "posted more than once"),
            ],
            numbers={"duplicated_payments": known(affected, blind), "retried_payments": again},
        )


def _keys_twice(payments: pl.DataFrame) -> pl.DataFrame:
    twice = payments.filter(pl.struct("source", "key").is_duplicated())
    return (
        twice.group_by("source", "key")
        .agg(pl.len().alias("payments"), pl.col("payment_id").sort().str.join(", ").alias("payment_ids"))
        .sort("key", "source")
    )


def _posted_twice(recording: Recording, payments: pl.DataFrame) -> pl.DataFrame:
    ours = payments.filter(pl.col("source") == "database").select("key", "payment_id", "hold").unique()
    where = pl.when(pl.col("hold").is_not_null()).then("account").alias("where")
    return (
        entries(recording)
        .join(ours, on="payment_id", how="inner")
        .group_by("key", "payment_id", where)
        .agg((pl.col("amount") < 0).sum().alias("debits"), (pl.col("amount") > 0).sum().alias("credits"))
        .filter((pl.col("debits") > 1) | (pl.col("credits") > 1))
        .select("key", "payment_id", "debits", "credits")
        .sort("key")
    )


def _blind(recording: Recording, payments: pl.DataFrame) -> str:
    if payments.is_empty() and "database" in recording.books.complete:
        return "The books hold no payment of this run, so there is nothing to judge."
    return ""
