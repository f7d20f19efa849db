"""LedgerBalanced: the books are books."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from harness.checks.base import Recording
from harness.checks.booked import entries
from harness.checks.bookkeeping import api_differs, misposted, negative, unbalanced, wrong_balances
from harness.checks.conclusion import conclude, examples_of, known, unread
from harness.checks.wording import count
from harness.verdict import Finding

__all__ = ["LedgerBalanced"]


@dataclass(frozen=True, slots=True)
class LedgerBalanced:
    """Debits equal credits, stored balances equal their entries, and nothing is below zero that must not be.

    Proof obligations:

    1. The entries of each payment sum to 0 in each currency.
    2. Each entry is a debit or a credit of a payment in the books (its party, amount and currency), and each
       payment of the run has all of its own. One with a hold account has those that its status says: debtor to
       hold; then hold to creditor (settled) or back (rejected, failed).
    3. Each stored balance is the sum of that account's entries; no entry is of an account that the books
       do not have.
    4. No account that must not be negative is, in any source.
    5. The API shows every account of the run's payments with the balance that the database has.
    6. 1 to 3 need the database read to its end, 5 both; 4 is proven by one line. No entry or no account
       in the books, or a source not read to its end: inconclusive, unless a violation is proven.
    """

    @property
    def needs(self) -> frozenset[str]:
        """Both readings of the books."""
        return frozenset({"database", "api"})

    def judge(self, recording: Recording) -> Finding:
        """Judge one run."""
        broken = _broken(recording)
        number = sum(frame.height for frame in broken.values())
        accounts = recording.books.accounts.filter(pl.col("source") == "database").height
        blind = _blind(recording, accounts) or unread(recording.books, self.needs)
        return conclude(
            self,
            violated=number > 0,
            blind=blind,
            measured=_measured(broken, entries(recording).height, accounts, blind),
            bound="every payment and every account balances",
            examples=[row for what, frame in broken.items() for row in examples_of(frame, what)],
            numbers={"ledger_violations": known(number, blind)},
        )


def _broken(recording: Recording) -> dict[str, pl.DataFrame]:
    found = {"negative balance": negative(recording)}
    if "database" in recording.books.complete:
        found |= {
            "entries of a payment do not sum to 0": unbalanced(recording),
            "payment and entries do not match": misposted(recording),
            "stored balance is not the sum of the entries": wrong_balances(recording),
            "database and API show different balances": api_differs(recording),
        }
    return {what: frame for what, frame in found.items() if not frame.is_empty()}


def _measured(broken: dict[str, pl.DataFrame], entry_count: int, accounts: int, blind: str) -> str:
    faults = "; ".join(f"{what}: {count(frame.height)}" for what, frame in broken.items())
    return (
        faults
        or f"{count(entry_count)} entries and {count(accounts)} accounts {'read' if blind else 'balance'}"
    )


def _blind(recording: Recording, accounts: int) -> str:
    if "database" in recording.books.complete and (not accounts or entries(recording).is_empty()):
        return "The books hold no entry or no account, so there is nothing to judge."
    return ""
