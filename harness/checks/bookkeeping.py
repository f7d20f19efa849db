"""What double entry demands, each demand a table of what breaks it."""

from __future__ import annotations

import polars as pl

from harness.checks.base import Recording
from harness.checks.booked import asked, booked, entries

__all__ = ["api_differs", "misposted", "negative", "unbalanced", "wrong_balances"]

_ACCOUNT = ("account", "currency")


def unbalanced(recording: Recording) -> pl.DataFrame:
    """Payments whose entries do not sum to 0 in a currency."""
    sums = entries(recording).group_by("payment_id", "currency").agg(pl.col("amount").sum().alias("sum"))
    return sums.filter(pl.col("sum") != 0).sort("payment_id", "currency")


def misposted(recording: Recording) -> pl.DataFrame:
    """Entries that are no debit or credit of their payment at its status, and payments of the run that lack one.

    Repeated entries are not told here: each is right by itself, and NoDuplicatePayments tells them.
    """
    payments = recording.books.payments.filter(pl.col("source") == "database")
    foreign = entries(recording).join(
        _postings(payments), on=["payment_id", "account", "amount", "currency"], how="anti"
    )
    lacking = _postings(booked(recording, "database")).join(
        entries(recording), on=["payment_id", "account", "amount", "currency"], how="anti"
    )
    why = "entry that is not its payment's debit or credit"
    return pl.concat(
        [
            foreign.select("payment_id", "account", "amount", "currency", pl.lit(why).alias("fault")),
            lacking.select(
                "payment_id", "account", "amount", "currency", pl.lit("missing entry").alias("fault")
            ),
        ]
    ).sort("payment_id", "account", "amount")


def _postings(payments: pl.DataFrame) -> pl.DataFrame:
    """The debits and the credits that each payment must have."""
    moves = _moves(payments)
    debit = moves.select("payment_id", pl.col("from").alias("account"), -pl.col("amount"), "currency")
    credit = moves.select("payment_id", pl.col("to").alias("account"), "amount", "currency")
    return pl.concat([debit, credit])


def _moves(payments: pl.DataFrame) -> pl.DataFrame:
    """Where the money went: to the creditor at once; or to the hold account first, and on when that was decided."""
    held = payments.filter(pl.col("hold").is_not_null())
    settled = pl.col("status") == "settled"
    ends = (
        (pl.col("debtor"), pl.coalesce("hold", "creditor"), payments),
        (pl.col("hold"), pl.col("creditor"), held.filter(settled)),
        (pl.col("hold"), pl.col("debtor"), held.filter(pl.col("status").is_in(("rejected", "failed")))),
    )
    return pl.concat(
        [
            rows.select("payment_id", source.alias("from"), target.alias("to"), "amount", "currency")
            for source, target, rows in ends
        ]
    )


def wrong_balances(recording: Recording) -> pl.DataFrame:
    """Accounts whose stored balance is not the sum of their entries; entries without an account, too."""
    sums = entries(recording).group_by(_ACCOUNT).agg(pl.col("amount").sum().alias("sum_of_entries"))
    stored = _accounts(recording, "database").select(*_ACCOUNT, "balance")
    both = stored.join(sums, on=_ACCOUNT, how="full", coalesce=True)
    known = both.with_columns(pl.col("sum_of_entries").fill_null(0))
    return known.filter((pl.col("balance") != pl.col("sum_of_entries")).fill_null(value=True)).sort(_ACCOUNT)


def negative(recording: Recording) -> pl.DataFrame:
    """Accounts below zero that must not be, in any source."""
    forbidden = ~pl.col("may_be_negative").fill_null(value=False)
    below = recording.books.accounts.filter((pl.col("balance") < 0) & forbidden)
    return below.select("source", *_ACCOUNT, "balance").sort(_ACCOUNT)


def api_differs(recording: Recording) -> pl.DataFrame:
    """Accounts that the API shows with another balance than the database has.

    It must show those of the run's payments. Empty when one of the two was not read to its end.
    """
    database, api = (
        _accounts(recording, source).select(*_ACCOUNT, "balance") for source in ("database", "api")
    )
    both = database.join(api, on=_ACCOUNT, how="full", coalesce=True, suffix="_api")
    if not {"database", "api"} <= recording.books.complete:
        return both.clear()
    same = (pl.col("balance") == pl.col("balance_api")).fill_null(value=False)
    other = both.filter(~same)
    parties = _parties(recording)
    shown = other.filter(pl.col("balance_api").is_not_null())
    hidden = other.filter(pl.col("balance_api").is_null()).join(parties, on=_ACCOUNT, how="semi")
    return pl.concat([shown, hidden]).sort(_ACCOUNT)


def _accounts(recording: Recording, source: str) -> pl.DataFrame:
    return recording.books.accounts.filter(pl.col("source") == source)


def _parties(recording: Recording) -> pl.DataFrame:
    sides = [
        asked(recording).select(pl.col(side).alias("account"), "currency") for side in ("debtor", "creditor")
    ]
    return pl.concat(sides).drop_nulls().unique()
