"""The payments that the load asked for, and those that the final books hold under the run's keys."""

from __future__ import annotations

import polars as pl

from harness.checks.arrivals import wanted
from harness.checks.base import Recording

__all__ = ["PAYMENTS", "TERMS", "asked", "booked", "entries"]

PAYMENTS = ("create_payment", "create_four_eyes")
"""The kinds of operation that make a payment: at once, or for another person to approve."""

TERMS = ("debtor", "creditor", "amount", "currency")
"""What a payment is about; status may still change after the final read of one source."""


def asked(recording: Recording) -> pl.DataFrame:
    """Every operation of the load that asked for a payment, the funding before the baseline included.

    What must be refused asked for none: nobody is owed it.
    """
    return recording.operations.filter(pl.col("kind").is_in(PAYMENTS) & wanted())


def booked(recording: Recording, source: str | None = None) -> pl.DataFrame:
    """The payments under this run's keys in one source, or in all of them."""
    payments = recording.books.payments
    ours = pl.col("key").str.starts_with(f"{recording.run}-")
    return payments.filter(ours if source is None else ours & (pl.col("source") == source))


def entries(recording: Recording) -> pl.DataFrame:
    """Every entry that the database holds."""
    return recording.books.entries.filter(pl.col("source") == "database")
