"""The statuses of a payment that two people make, and which may follow which."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

__all__ = ["FIRST", "NEXT", "TWO_PERSON", "backward"]

FIRST = "created"
"""Where every such payment begins."""

NEXT: Mapping[str, frozenset[str]] = {
    FIRST: frozenset({"approved", "rejected"}),
    "approved": frozenset({"settled", "failed"}),
    "settled": frozenset(),
    "rejected": frozenset(),
    "failed": frozenset(),
}
"""Status -> those that one step leads to. A direct payment is ``booked`` from the start and stays so."""

TWO_PERSON = tuple(NEXT)
"""Every status of such a payment; each step to one has a row in the audit trail."""


def _at_or_after(status: str) -> set[str]:
    return {status}.union(*(_at_or_after(step) for step in NEXT[status]))


_FORWARD = [(was, now) for was in NEXT for now in sorted(_at_or_after(was))]


def backward(pairs: pl.DataFrame) -> pl.DataFrame:
    """Of pairs of an earlier status ``was`` and a later one ``seen``, those that no way forward explains."""
    forward = pl.DataFrame(_FORWARD, schema={"was": pl.String, "seen": pl.String}, orient="row")
    known = pairs.drop_nulls(["was", "seen"]).filter(pl.col("was") != pl.col("seen"))
    return known.join(forward, on=["was", "seen"], how="anti")
