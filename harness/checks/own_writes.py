"""ReadYourWrites: who shows where he was is not shown less."""

from __future__ import annotations

from dataclasses import dataclass

from harness.checks.base import Recording
from harness.checks.conclusion import conclude, examples_of, known
from harness.checks.sights import READER, stale, vouched
from harness.checks.wording import count
from harness.verdict import Finding

__all__ = ["ReadYourWrites"]


@dataclass(frozen=True, slots=True)
class ReadYourWrites:
    """A read that sends the position of an acknowledged write along is shown that write.

    Proof obligations:

    1. A token is a position of the database's log that the reader sent (``after``). It covers each acknowledgement
       of the same payment whose own ``position`` is not beyond it and which was over before the read was sent.
       The acknowledgement of a read covers as well: what was shown once is a promise, too.
    2. Such a read is not answered that there is no such payment (404), nor with a wrong answer: a list or a statement
       that lacks the payment is one.
    3. Nor with an earlier status than a covered acknowledgement told (see MonotonicStatus for the order).
    4. A time-out or a refusal to answer (503) shows nothing and violates nothing: that is Availability's business.
    5. No answered read whose token covers anything: inconclusive.
    """

    @property
    def needs(self) -> frozenset[str]:
        """Nothing of the final reads: the history alone decides."""
        return frozenset()

    def judge(self, recording: Recording) -> Finding:
        """Judge one run."""
        judged = vouched(recording).select(READER).n_unique()
        behind = stale(recording)
        blind = (
            ""
            if judged
            else "No read sent the position of an acknowledged write along, so there is nothing to judge."
        )
        return conclude(
            self,
            violated=not behind.is_empty(),
            blind=blind,
            measured=f"{count(behind.height)} of {count(judged)} reads with a token behind it",
            bound="0 behind",
            examples=examples_of(behind, "read behind what its token covers"),
            numbers={"stale_reads": known(behind.height, blind), "token_reads": judged},
        )
