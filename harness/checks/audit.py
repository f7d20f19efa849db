"""AuditChainIntact: the audit trail verifies, and has every step once."""

from __future__ import annotations

from dataclasses import dataclass

from harness.checks.base import Recording
from harness.checks.conclusion import conclude, examples_of, known, unread
from harness.checks.trail import broken_links, broken_seals, two_person
from harness.checks.wording import count
from harness.verdict import Finding

__all__ = ["AuditChainIntact"]


@dataclass(frozen=True, slots=True)
class AuditChainIntact:
    """The chains of the audit trail verify, and every step of every payment of the run is in them exactly once.

    Proof obligations:

    1. In each chain, from the first row that was printed on, numbers have no gap and none is there twice; ``previous``
       is the hash of the row before, and 64 zeros for number 1. Rows of other runs in between are part of that.
    2. Each hash is the SHA-256 of ``previous`` and ``content``, made again here; and the content names the payment
       and the statuses that the row's columns say.
    3. The rows of each payment of the run that two people make are in one chain and lead from nothing, each from where
       the one before led, to the status that the payment has in the books: none missing, none twice. (Whether
       each step is a legal one is MonotonicStatus's business.) A direct payment has none.
    4. 3 needs the database read to its end; a row that breaks 1 or 2 proves itself.
    5. No row and no payment that needs one, or the database not read to its end: inconclusive, unless a row is broken.
    """

    @property
    def needs(self) -> frozenset[str]:
        """The database."""
        return frozenset({"database"})

    def judge(self, recording: Recording) -> Finding:
        """Judge one run."""
        rows, payments = recording.books.transitions.height, two_person(recording).height
        seals, links = broken_seals(recording), broken_links(recording)
        if not self.needs <= recording.books.complete:
            links = links.clear()
        blind = "" if rows or payments else "The books hold no audit trail, so there is nothing to judge."
        blind = unread(recording.books, self.needs) or blind
        number = seals.height + links.height
        return conclude(
            self,
            violated=number > 0,
            blind=blind,
            measured=f"{count(rows)} rows for {count(payments)} payments: {count(seals.height)} broken, "
            f"{count(links.height)} payments without their whole trail",
            bound="every row sealed, every step once",
            examples=[*examples_of(seals, "broken row"), *examples_of(links, "trail not whole")],
            numbers={"audit_violations": known(number, blind)},
        )
