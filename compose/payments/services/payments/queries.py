"""What is asked of an account, checked before the ledger hears of it, and the pages that answer it.

A page says where the next one begins. That is a place in an order that never changes, so what is added meanwhile
shifts nothing: whoever walks to the end sees each row once that was there when he began. A page also says how far the
log was when it was read, and the next one is read no earlier, whichever node answers it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from .cursors import seal, unseal
from .periods import EVER, STAMP, Period, limit_of, refuse_unknown, right_after
from .problems import Refused
from .requests import POSITION, later

__all__ = ["STATUSES", "BooksDisagree", "PaymentsQuery", "Statement", "StatementQuery"]

STATUSES = ("booked", "created", "approved", "settled", "rejected", "failed")

_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_LEAST_ID = "00000000-0000-0000-0000-000000000000"


class BooksDisagree(Exception):
    """A statement does not add up; nobody is shown it, and the node's log has it."""


@dataclass(frozen=True, slots=True)
class PaymentsQuery:
    """A page of an account's payments, newest first.

    Attributes:
        statuses: those that are wanted.
        begin: created no earlier.
        before: created before this time, or at this time with a lesser id.
        limit: rows at most.
        after: a position of the log; what is read is no older.
        walk: what all pages have in common.
    """

    account_id: str
    statuses: tuple[str, ...]
    begin: str
    before: tuple[str, str]
    limit: int
    after: str | None
    walk: tuple[str, ...]

    @classmethod
    def parse(cls, account_id: str, query: Mapping[str, str], after: str | None) -> PaymentsQuery:
        """Read ``?status=&from=&to=&cursor=&limit=``, each of which may be left out.

        Raises:
            Refused: 400, naming what is wrong.
        """
        refuse_unknown(query, {"status", "from", "to", "cursor", "limit"})
        statuses, period = _statuses(query.get("status")), Period.parse(query)
        walk = ("payments", account_id, *statuses, period.begin, period.end)
        before = (period.end, _LEAST_ID)
        if "cursor" in query:
            at, payment_id, position = unseal(walk, query["cursor"], STAMP, _UUID, POSITION)
            before, after = (at, payment_id), later(after, position)
        return cls(account_id, statuses, period.begin, before, limit_of(query), after, walk)

    def envelope(self, items: Sequence[Mapping[str, Any]], position: str) -> dict[str, Any]:
        """The page as sent; ``next_cursor`` is null on the last one.

        Args:
            items: in order, one more than the limit when there are more.
            position: of the log, at or beyond what they show.
        """
        shown = items[: self.limit]
        cursor = None
        if len(items) > self.limit:
            cursor = seal(self.walk, shown[-1]["created_at"], shown[-1]["payment_id"], position)
        return {"items": shown, "next_cursor": cursor}


@dataclass(frozen=True, slots=True)
class Statement:
    """A page of a statement as the ledger gives it; amounts in minor units.

    Attributes:
        opening: balance when the period began.
        brought: balance before the page's first entry.
        closing: balance at the period's end.
        balance: the account's own balance, which is at the end of all time.
        last: when the period's last entry was booked; None when it has none, nor any entry before it.
        items: the page's entries in order, each with the balance that it led to.
    """

    currency: str
    opening: int
    brought: int
    closing: int
    balance: int
    last: str | None
    items: Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class StatementQuery:
    """A page of an account's statement, oldest entry first.

    Attributes:
        period: of the whole statement. After the first page its end is pinned to the last entry that was there.
        begin: of the page.
        limit: entries at most.
        after: a position of the log; what is read is no older.
        walk: what all pages have in common.
    """

    account_id: str
    period: Period
    begin: str
    limit: int
    after: str | None
    walk: tuple[str, ...]

    @classmethod
    def parse(cls, account_id: str, query: Mapping[str, str], after: str | None) -> StatementQuery:
        """Read ``?from=&to=&cursor=&limit=``, each of which may be left out.

        Raises:
            Refused: 400, naming what is wrong.
        """
        refuse_unknown(query, {"from", "to", "cursor", "limit"})
        period = Period.parse(query)
        asked = cls(
            account_id,
            period,
            period.begin,
            limit_of(query),
            after,
            ("statement", account_id, period.begin, period.end),
        )
        if "cursor" not in query:
            return asked
        begin, end, position = unseal(asked.walk, query["cursor"], STAMP, STAMP, POSITION)
        pinned = Period(period.begin, end)
        return replace(asked, period=pinned, begin=begin, after=later(after, position))

    def envelope(self, found: Statement, position: str) -> dict[str, Any]:
        """The page as sent, when it adds up; ``next_cursor`` is null on the last one.

        Args:
            found: the page.
            position: of the log, at or beyond what it shows.

        Raises:
            BooksDisagree: it does not add up.
        """
        reached = found.items[-1]["booked_at"] if found.items else None
        whole = reached is None or reached == found.last
        self._prove(found, whole=whole)
        cursor = None
        if not whole:
            cursor = seal(self.walk, right_after(str(reached)), right_after(str(found.last)), position)
        return {
            "account_id": self.account_id,
            "currency": found.currency,
            "opening_balance": found.opening,
            "closing_balance": found.closing,
            "items": found.items,
            "next_cursor": cursor,
        }

    def _prove(self, found: Statement, *, whole: bool) -> None:
        """Each balance is the one before and the amount; the first page begins as the period, the last ends as it."""
        wrong = []
        if self.begin == self.period.begin and found.brought != found.opening:
            wrong.append(f"it opens with {found.opening} and begins with {found.brought}")
        balance = found.brought
        for entry in found.items:
            balance += entry["amount"]
            if balance != entry["balance"]:
                wrong.append(f"after {entry['payment_id']} it has {entry['balance']}, not {balance}")
                break
        if whole and balance != found.closing:
            wrong.append(f"its entries lead to {balance}, and it closes with {found.closing}")
        if self.period.end == EVER[1] and found.closing != found.balance:
            wrong.append(f"it closes with {found.closing}, and the account has {found.balance}")
        if wrong:
            raise BooksDisagree(f"the statement of account {self.account_id!r}: {wrong[0]}")


def _statuses(text: str | None) -> tuple[str, ...]:
    if text is None:
        return STATUSES
    asked = text.split(",")
    unknown = [status for status in asked if status not in STATUSES]
    if unknown:
        detail = (
            f"status must be some of {', '.join(STATUSES)}, with commas between, not {unknown[0][:40]!r}."
        )
        raise Refused(400, "invalid-status", "A status is not known", detail)
    return tuple(status for status in STATUSES if status in asked)
