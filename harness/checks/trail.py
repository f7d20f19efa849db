"""The audit trail held against itself and against the payments, each demand a table of what breaks it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from typing import Any

import polars as pl

from harness.checks.base import Recording
from harness.checks.booked import booked
from harness.checks.moves import TWO_PERSON

__all__ = ["broken_links", "broken_seals", "own_moves", "two_person"]

_NOTHING = "0" * 64
_FAULT = {"chain": pl.Int64, "number": pl.Int64, "payment_id": pl.String, "fault": pl.String}


def two_person(recording: Recording) -> pl.DataFrame:
    """The payments of the run that need a trail: every one that is not booked directly."""
    payments = booked(recording, "database")
    return payments.filter(pl.col("status").is_in(TWO_PERSON))


def own_moves(recording: Recording) -> pl.DataFrame:
    """The trail's rows of the run's own payments, in the order of their chains."""
    ours = booked(recording, "database").select("payment_id")
    return recording.books.transitions.join(ours, on="payment_id", how="semi").sort("chain", "number")


def broken_links(recording: Recording) -> pl.DataFrame:
    """Payments whose rows do not lead, each once and in one chain, from nothing to the status that they have."""
    of_payment = own_moves(recording).partition_by("payment_id", as_dict=True)
    found = []
    for payment_id, status in (
        two_person(recording).select("payment_id", "status").unique().sort("payment_id").iter_rows()
    ):
        rows = of_payment.get((payment_id,))
        fault = "no row at all" if rows is None else _unlinked(rows, status)
        if fault:
            found.append({"payment_id": payment_id, "status": status, "fault": fault})
    return pl.DataFrame(found, schema={"payment_id": pl.String, "status": pl.String, "fault": pl.String})


def _unlinked(rows: pl.DataFrame, status: str) -> str:
    reached = rows["to_status"].to_list()
    if rows["chain"].n_unique() > 1:
        return "rows in several chains"
    if len(set(reached)) < len(reached):
        return "a step that is there twice"
    if rows["from_status"].to_list() != [None, *reached[:-1]]:
        return "a step is missing"
    return "" if reached[-1] == status else f"the trail ends at {reached[-1]}"


def broken_seals(recording: Recording) -> pl.DataFrame:
    """Rows that do not follow the one before in their chain, or are not what was sealed."""
    rows = recording.books.transitions.sort("chain", "number", maintain_order=True)
    return pl.DataFrame(list(_unsealed(rows)), schema=_FAULT)


def _unsealed(rows: pl.DataFrame) -> Iterator[dict[str, Any]]:
    before: Mapping[str, Any] | None = None
    for row in rows.iter_rows(named=True):
        link = before if before is not None and before["chain"] == row["chain"] else None
        for fault in (_out_of_order(row, link), _forged(row)):
            if fault:
                yield {**{name: row[name] for name in ("chain", "number", "payment_id")}, "fault": fault}
        before = row


def _out_of_order(row: Mapping[str, Any], before: Mapping[str, Any] | None) -> str:
    """What was printed begins anywhere in a chain; only its very first row has a known predecessor then."""
    if before is None:
        return (
            "the first row does not begin with zeros"
            if row["number"] == 1 and row["previous"] != _NOTHING
            else ""
        )
    if row["number"] != before["number"] + 1:
        return f"its number follows {before['number']}"
    return "" if row["previous"] == before["hash"] else "its seal is not on the row before"


def _forged(row: Mapping[str, Any]) -> str:
    if hashlib.sha256(f"{row['previous']}{row['content']}".encode()).hexdigest() != row["hash"]:
        return "its hash is another"
    named = (row["payment_id"], row["from_status"], row["to_status"])
    absent = [name for name in named if name is not None and name not in row["content"]]
    return f"the sealed text does not say {', '.join(absent)}" if absent else ""
