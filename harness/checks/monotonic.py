"""MonotonicStatus: a payment only moves on, in the books and in every reader's eyes."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from harness.checks.base import Recording
from harness.checks.conclusion import conclude, examples_of, known, unread
from harness.checks.moves import FIRST, NEXT, backward
from harness.checks.sights import READER, sights, stale
from harness.checks.trail import own_moves
from harness.checks.wording import count
from harness.verdict import Finding

__all__ = ["MonotonicStatus"]


@dataclass(frozen=True, slots=True)
class MonotonicStatus:
    """No reader saw a payment's status go back, and no step in the books is one that must not be.

    Proof obligations:

    1. The order is created, approved, settled or failed; or created, rejected. A payment that is ``booked`` at once
       is never anything else.
    2. Time is real time: a read that was sent after another attempt was answered comes after it. Attempts that
       overlap are not compared, and neither is an answer to a write as the later one: it may repeat a saved answer.
    3. A later read shows the same status or one that a way forward leads to, whoever read and wherever. A stack
       that promises this only to who sends a position along must be read so.
    4. A read that ReadYourWrites tells is not told again.
    5. In the books the audit trail's first row of each payment of the run leads to created, and every other row
       makes one legal step. (That every row is there once and fits the one before is AuditChainIntact's business.)
    6. No read that came after another sight of the same payment, or the database not read to its end: inconclusive,
       unless a violation was seen.
    """

    @property
    def needs(self) -> frozenset[str]:
        """The database, for the trail."""
        return frozenset({"database"})

    def judge(self, recording: Recording) -> Finding:
        """Judge one run."""
        later = _later_sights(recording)
        back = _told_once(recording, backward(later))
        illegal = _illegal(own_moves(recording))
        judged = later.select(READER).n_unique()
        blind = _blind(recording, judged) or unread(recording.books, self.needs)
        number = back.height + illegal.height
        return conclude(
            self,
            violated=number > 0,
            blind=blind,
            measured=f"{count(back.height)} of {count(judged)} reads went back, "
            f"{count(illegal.height)} illegal steps in the books",
            bound="0 back, 0 illegal",
            examples=[
                *examples_of(back, "an earlier status than was seen before"),
                *examples_of(illegal, "a step that must not be"),
            ],
            numbers={"status_violations": known(number, blind)},
        )


def _later_sights(recording: Recording) -> pl.DataFrame:
    """Each read beside every status (``was``) that had been shown of its payment before it was sent."""
    told = sights(recording).filter((pl.col("outcome") == "ok") & pl.col("seen").is_not_null())
    first = told.group_by("payment", pl.col("seen").alias("was")).agg(pl.col("done_at").min().alias("was_at"))
    return (
        told.filter(~pl.col("write"))
        .select(*READER, "payment", "seen", "node", "sent_at")
        .join(first, on="payment")
        .filter(pl.col("was_at") <= pl.col("sent_at"))
    )


def _told_once(recording: Recording, back: pl.DataFrame) -> pl.DataFrame:
    once = back.join(stale(recording), on=READER, how="anti")
    return once.unique(READER, keep="first", maintain_order=True).sort("sent_at", *READER)


def _illegal(moves: pl.DataFrame) -> pl.DataFrame:
    legal = [(None, FIRST), *((was, to) for was, steps in NEXT.items() for to in sorted(steps))]
    table = pl.DataFrame(legal, schema={"from_status": pl.String, "to_status": pl.String}, orient="row")
    return moves.join(table, on=["from_status", "to_status"], how="anti", nulls_equal=True).select(
        "payment_id", "from_status", "to_status", "actor", "chain", "number"
    )


def _blind(recording: Recording, judged: int) -> str:
    if judged:
        return ""
    if recording.attempts["seen"].null_count() == recording.attempts.height:
        return "No answer told a payment's status, so there is nothing to judge."
    return "No payment's status was read after it had been seen before, so there is nothing to judge."
