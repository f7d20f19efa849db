"""FailsClosed: what must be refused was refused, also when things broke."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from harness.checks.arrivals import wanted
from harness.checks.base import Recording
from harness.checks.booked import booked
from harness.checks.conclusion import conclude, examples_of, known, unread
from harness.checks.wording import count
from harness.verdict import Finding

__all__ = ["FailsClosed"]


@dataclass(frozen=True, slots=True)
class FailsClosed:
    """No forbidden operation succeeded, in no phase, and some were surely refused.

    Proof obligations:

    1. No operation that the load marked ``forbidden`` was acknowledged by any of its attempts, from the set-up to
       the drain.
    2. None left its effect: no forbidden operation's key stands on a payment in the books, whatever was answered.
       (NoPhantomPayments tells that payment, too: nobody was owed it.)
    3. At least one was answered with a refusal (4xx): a stack that was merely away has refused nothing.
    4. One without a clear answer (``info``) is reported and no violation, unless 2 shows its effect.
    5. No forbidden operation, none refused, or the database not read to its end: inconclusive, unless a success was
       seen.
    """

    @property
    def needs(self) -> frozenset[str]:
        """The database, for what was not clearly answered."""
        return frozenset({"database"})

    def judge(self, recording: Recording) -> Finding:
        """Judge one run."""
        forbidden = recording.operations.filter(~wanted())
        succeeded = forbidden.filter(pl.col("outcome") == "ok")
        effects = forbidden.join(booked(recording).select("key").unique(), on="key", how="semi")
        refused = forbidden.filter(
            (pl.col("outcome") == "fail") & pl.col("status").is_between(400, 499)
        ).height
        unknown = forbidden.filter(pl.col("outcome") == "info").height
        number = pl.concat([succeeded.select("key"), effects.select("key")])["key"].n_unique()
        blind = _blind(forbidden.height, refused) or unread(recording.books, self.needs)
        return conclude(
            self,
            violated=number > 0,
            blind=blind,
            measured=f"{count(number)} of {count(forbidden.height)} forbidden operations succeeded, "
            f"{count(refused)} were refused, {count(unknown)} without a clear answer",
            bound="0 succeeded",
            examples=[
                *examples_of(_shown(succeeded), "forbidden and acknowledged"),
                *examples_of(_shown(effects), "forbidden and in the books"),
            ],
            numbers={
                "forbidden_operations": forbidden.height,
                "forbidden_succeeded": known(number, blind),
                "forbidden_unknown": unknown,
            },
        )


def _shown(operations: pl.DataFrame) -> pl.DataFrame:
    return operations.select("key", "kind", "intended_at", "outcome", "status", "node", "payment_id")


def _blind(forbidden: int, refused: int) -> str:
    if not forbidden:
        return "The load tried nothing that is forbidden, so there is nothing to judge."
    return (
        ""
        if refused
        else "No forbidden operation was answered with a refusal, so nothing shows that one would be."
    )
