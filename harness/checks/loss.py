"""What was acknowledged and is not in the books, and what two readings of the books disagree on."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from harness.checks.base import Recording
from harness.checks.booked import TERMS, asked, booked, entries

__all__ = ["Loss", "disagreements", "loss"]

_SHOWN = ("key", "done_at", *TERMS, "payment_id")


@dataclass(frozen=True, slots=True, kw_only=True)
class Loss:
    """Acknowledged payments held against one complete source of the books.

    Attributes:
        source: the source: the database, or the API when only that was read to its end.
        acknowledged: how many payments were acknowledged.
        missing: those that the books do not have, the oldest acknowledgement first.
        unposted: those that stand there without any entry: no money moved.
        altered: those that stand there with other parties, amount, currency or another id.
        unrecorded: keys whose request the history does not have, so that terms cannot be compared.
    """

    source: str
    acknowledged: int
    missing: pl.DataFrame
    unposted: pl.DataFrame
    altered: pl.DataFrame
    unrecorded: pl.DataFrame

    @property
    def lost(self) -> pl.DataFrame:
        """Missing or unposted: the money that was promised and did not move."""
        return pl.concat([self.missing, self.unposted]).sort("done_at")

    @property
    def amounts(self) -> dict[str, int]:
        """What was lost in minor units, by currency."""
        sums = (
            self.lost.drop_nulls("currency").group_by("currency").agg(pl.col("amount").sum()).sort("currency")
        )
        return dict(sums.iter_rows())


def loss(recording: Recording) -> Loss | None:
    """Compare with the first complete source; None when neither was read to its end."""
    source = next((name for name in ("database", "api") if name in recording.books.complete), None)
    if source is None:
        return None
    acknowledged = asked(recording).filter(pl.col("outcome") == "ok").select(_SHOWN)
    books = booked(recording, source).select("key", *TERMS, "payment_id")
    missing = acknowledged.join(books, on="key", how="anti").sort("done_at")
    unposted = _unposted(recording, acknowledged, books) if source == "database" else missing.clear()
    return Loss(
        source=source,
        acknowledged=acknowledged.height,
        missing=missing,
        unposted=unposted,
        altered=_altered(acknowledged, books),
        unrecorded=acknowledged.filter(pl.any_horizontal(pl.col(term).is_null() for term in TERMS)).select(
            "key"
        ),
    )


def _unposted(recording: Recording, acknowledged: pl.DataFrame, books: pl.DataFrame) -> pl.DataFrame:
    bare = books.select("key", "payment_id").join(entries(recording), on="payment_id", how="anti")
    return acknowledged.join(bare, on="key", how="semi").sort("done_at")


def _altered(acknowledged: pl.DataFrame, books: pl.DataFrame) -> pl.DataFrame:
    """Keys of which no row says what was asked; a second row of a key is a duplicate, not an alteration."""
    pairs = acknowledged.join(books, on="key", how="inner", suffix="_booked")
    same = pl.all_horizontal(
        (pl.col(name) == pl.col(f"{name}_booked")).fill_null(pl.col(name).is_null())
        for name in (*TERMS, "payment_id")
    )
    marked = pairs.with_columns(same.alias("same"))
    other = marked.filter(~pl.col("same"))
    return other.join(marked.filter("same"), on="key", how="anti").drop("same").sort("done_at")


def disagreements(recording: Recording) -> pl.DataFrame:
    """Payments on which the sources differ, with ``only_in``; empty unless both are complete."""
    columns = ["key", "payment_id", *TERMS]
    database, api = (booked(recording, source).select(columns) for source in ("database", "api"))
    if not {"database", "api"} <= recording.books.complete:
        return database.clear().with_columns(pl.lit("").alias("only_in"))
    sides = ((database, api, "database"), (api, database, "api"))
    return pl.concat(
        [
            one.join(other, on=columns, how="anti", nulls_equal=True).with_columns(
                pl.lit(name).alias("only_in")
            )
            for one, other, name in sides
        ]
    ).sort("key", "only_in")
