"""Folds a history's lines into attempts, and attempts into operations; no row is looked at alone."""

from __future__ import annotations

import polars as pl

from harness.history.schema import ATTEMPTS, OPERATIONS, Outcome

__all__ = ["attempts_of", "operations_of"]

_ANSWER = ("done_at", "status", "error", "node", "payment_id")


def attempts_of(invokes: pl.DataFrame, dones: pl.DataFrame) -> pl.DataFrame:
    """One row an attempt, columns of ``ATTEMPTS`` and then everything else that operations need."""
    answers = dones.drop("line").rename({"at": "done_at"})
    begun = _said(invokes.drop("line")).rename({"at": "sent_at"})
    joined = begun.join(answers, on=["key", "attempt"], how="left", maintain_order="left")
    whole = joined.with_columns(pl.col("outcome").fill_null(Outcome.INFO.value))
    return whole.select(*ATTEMPTS, *[name for name in whole.columns if name not in ATTEMPTS])


def operations_of(attempts: pl.DataFrame, drops: pl.DataFrame) -> pl.DataFrame:
    """One row an operation, columns of ``OPERATIONS``, in the order of ``intended_at``."""
    retried = attempts.filter(pl.col("attempt") > 1).select(pl.col("key").unique())
    once = attempts.join(retried, on="key", how="anti", maintain_order="left")
    again = attempts.join(retried, on="key", how="semi", maintain_order="left")
    tables = [_single(once), _retried(again), _dropped(drops)]
    return pl.concat([table.select(_typed()) for table in tables]).sort("intended_at", maintain_order=True)


def _said(lines: pl.DataFrame) -> pl.DataFrame:
    """A line without ``forbidden`` is of an operation that may succeed."""
    return lines.with_columns(pl.col("forbidden").fill_null(value=False))


def _typed() -> list[pl.Expr]:
    return [pl.col(name).cast(kind) for name, kind in OPERATIONS.items()]


def _single(attempts: pl.DataFrame) -> pl.DataFrame:
    """Of operations with one attempt, by far the most: the attempt is the operation."""
    return attempts.with_columns(attempts=pl.lit(1), dropped=pl.lit(value=False))


def _retried(attempts: pl.DataFrame) -> pl.DataFrame:
    """Of operations with several attempts: ok if any was, fail if all were, else info."""
    ok = pl.col("outcome") == Outcome.OK.value
    fail = pl.col("outcome") == Outcome.FAIL.value
    outcome = (
        pl.when(ok.any()).then(pl.lit("ok")).when(fail.all()).then(pl.lit("fail")).otherwise(pl.lit("info"))
    )
    # The acknowledged attempts in order of completion, else all of them from the last completion back.
    over = pl.col("done_at").is_not_null()
    rank = pl.when(ok).then(pl.col("done_at")).otherwise(pl.lit(float("inf")))
    chosen = [
        pl.col(name).filter(over).sort_by([rank.filter(over), -pl.col("done_at").filter(over)]).first()
        for name in _ANSWER
    ]
    return (
        attempts.sort("key", "attempt")
        .group_by("key", maintain_order=True)
        .agg(
            pl.col(
                "kind",
                "write",
                "forbidden",
                "intended_at",
                "sent_at",
                "debtor",
                "creditor",
                "amount",
                "currency",
            ).first(),
            *chosen,
            outcome=outcome,
            attempts=pl.len(),
            dropped=pl.lit(value=False),
        )
    )


def _dropped(drops: pl.DataFrame) -> pl.DataFrame:
    nothing = {name: pl.lit(None) for name in ("sent_at", *_ANSWER)}
    return _said(drops).with_columns(
        **(nothing | {"error": pl.lit("dropped")}),
        attempts=pl.lit(0),
        dropped=pl.lit(value=True),
        outcome=pl.lit(Outcome.FAIL.value),
    )
