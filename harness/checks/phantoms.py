"""NoPhantomPayments: the books hold nothing that was refused or never asked for."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from harness.checks.arrivals import wanted
from harness.checks.base import Recording
from harness.checks.booked import asked, booked
from harness.checks.conclusion import conclude, examples_of, known, unread
from harness.checks.wording import count
from harness.verdict import Finding

__all__ = ["NoPhantomPayments"]


@dataclass(frozen=True, slots=True)
class NoPhantomPayments:
    """Refused and never-sent payments are absent, and nothing stands there that nobody asked for.

    Proof obligations:

    1. A key whose every attempt surely had no effect (outcome ``fail``) stands in no source; a dropped
       arrival was never sent and is one of them. Neither does the key of an operation that is forbidden, whatever
       became of it.
    2. Every payment under the run's keys is one that the history asked for. When the load died this cannot be
       proven, because its last lines may be missing.
    3. A phantom that was printed proves itself, even when the reading broke off later.
    4. No key that could be a phantom (none refused, dropped or booked), or the database not read to its
       end: inconclusive, unless a phantom was printed.
    """

    @property
    def needs(self) -> frozenset[str]:
        """The database; what the API alone shows counts too."""
        return frozenset({"database"})

    def judge(self, recording: Recording) -> Finding:
        """Judge one run."""
        requests, payments = asked(recording), booked(recording)
        forbidden = recording.operations.filter(~wanted())
        refused = pl.concat(
            [
                operations.select("key", "kind", "dropped", "status", "error")
                for operations in (requests.filter(pl.col("outcome") == "fail"), forbidden)
            ]
        )
        risen = payments.join(refused, on="key", how="inner").sort("key", "source")
        unknown = payments.join(pl.concat([requests, forbidden]), on="key", how="anti").sort("key", "source")
        proven = unknown if recording.load_ended else unknown.clear()
        phantoms = risen["key"].n_unique() + proven["key"].n_unique()
        blind = _blind(recording, refused.height + payments.height, unknown) or unread(
            recording.books, self.needs
        )
        return conclude(
            self,
            violated=phantoms > 0,
            blind=blind,
            measured=f"phantoms: {count(phantoms)}; keys refused or never sent: {count(refused.height)}",
            bound="0 phantoms",
            examples=[
                *examples_of(risen, "refused, forbidden or never sent, and booked"),
                *examples_of(proven, "booked under a key that nobody sent"),
            ],
            numbers={"phantom_payments": known(phantoms, blind), "refused_payments": refused.height},
        )


def _blind(recording: Recording, judged: int, unknown: pl.DataFrame) -> str:
    if not judged and "database" in recording.books.complete:
        return "No payment was refused, dropped or booked, so there is nothing to judge."
    if not recording.load_ended and not unknown.is_empty():
        return (
            f"{count(unknown['key'].n_unique())} booked keys are not in the history, "
            "which lacks its end because the load died."
        )
    return ""
