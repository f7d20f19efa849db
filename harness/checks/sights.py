"""What each attempt was shown of a payment, and which reads were shown less than they had a right to."""

from __future__ import annotations

import polars as pl

from harness.checks.base import Recording
from harness.checks.moves import backward

__all__ = ["READER", "sights", "stale", "vouched"]

READER = ("key", "attempt")
"""What names one attempt."""

_SHOWN = (*READER, "payment", "was", "seen", "status", "error", "node", "after", "sent_at")


def sights(recording: Recording) -> pl.DataFrame:
    """Every attempt that was answered and whose payment is known, with ``write`` and ``payment``."""
    writes = recording.operations.select("key", "write")
    return (
        recording.attempts.join(writes, on="key", how="inner")
        .with_columns(pl.coalesce("payment_id", "reads").alias("payment"))
        .filter(pl.col("payment").is_not_null() & pl.col("done_at").is_not_null())
    )


def vouched(recording: Recording) -> pl.DataFrame:
    """Reads with a token, each beside every acknowledgement that the token covers, as ``was`` says it.

    A token covers an acknowledgement of the same payment whose position is not beyond it, and which was over before
    the read was sent. An answer that says nothing of the payment's state (a time-out, a 503) is left out.
    """
    seen = sights(recording)
    promises = seen.filter(pl.col("outcome") == "ok").select(
        "payment",
        pl.col("seen").alias("was"),
        pl.col("done_at").alias("was_done_at"),
        _number("position").alias("was_at"),
    )
    readers = seen.filter(~pl.col("write") & (_answered() | _not_found() | _wrong()))
    return (
        readers.with_columns(_number("after").alias("after_at"))
        .join(promises, on="payment")
        .filter((pl.col("was_at") <= pl.col("after_at")) & (pl.col("was_done_at") <= pl.col("sent_at")))
    )


def stale(recording: Recording) -> pl.DataFrame:
    """The reads that their token should have kept from what they were answered, once each."""
    pairs = vouched(recording)
    denied = pairs.filter(_not_found() | _wrong())
    behind = backward(pairs.filter(_answered()))
    return (
        pl.concat([denied.select(_SHOWN), behind.select(_SHOWN)])
        .unique(READER, keep="first", maintain_order=True)
        .sort("sent_at", *READER)
    )


def _answered() -> pl.Expr:
    return pl.col("outcome") == "ok"


def _not_found() -> pl.Expr:
    return (pl.col("status") == 404).fill_null(value=False)  # noqa: PLR2004  # HTTP


def _wrong() -> pl.Expr:
    return pl.col("error").str.starts_with("wrong answer").fill_null(value=False)


def _number(column: str) -> pl.Expr:
    """A position of PostgreSQL's log, such as 0/16B3748, as a number; null when it is none."""
    parts = [
        pl.col(column).str.extract(r"^([0-9A-Fa-f]{1,8})/([0-9A-Fa-f]{1,8})$", group).str.to_integer(base=16)
        for group in (1, 2)
    ]
    return parts[0] * 2**32 + parts[1]
