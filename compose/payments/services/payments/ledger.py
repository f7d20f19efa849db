"""The books, as the service uses them. The writing functions themselves are SQL: images/ledger/schema/.

Payments that two people make have their own proof, in ``lifecycle.sql``.

Why a payment is safe under READ COMMITTED, step by step (``pay.sql`` numbers them the same way):

1. ``pay`` locks both accounts' rows, in the order of their names, before it looks at a balance. Whoever else
   touches one of the two accounts either came before, and then its COMMIT or ROLLBACK is over and the row
   read is the newest (READ COMMITTED reads a row again after waiting for its lock), or comes later and waits.
   So between the reading of a balance and this transaction's end nobody changes it: no lost update, and no
   write skew, because the rule on funds reads nothing but locked rows.
2. The key's unique index lets one transaction through. A second one with the same key waits for the end of
   the first: if that rolled back, it goes on as the first; if it committed, it finds the saved payment (each
   statement sees what was committed before it began). One that finds the key taken from the start (step 0)
   needs no lock, because a payment never changes.
3. Locks are taken in one order by everybody: accounts by name, then one key. No circle, so no deadlock. The
   foreign keys' row locks (KEY SHARE) do not conflict with the ones held (NO KEY UPDATE).
4. Payment, entries and both balances are one transaction; at its end a deferred trigger refuses entries that
   do not sum to 0, and a check refuses a balance below 0.

An acknowledgement needs COMMIT confirmed with no warning, which with ``synchronous_commit = on`` means that a
standby has the commit on its disk. A PostgreSQL session keeps its row locks while it waits for the standby,
so nobody builds on a payment that is not replicated, except after an operator's cancel or a failover; a saved
answer is therefore given only after a commit of its own that waits for replication *behind* it.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

from .database import Database
from .pages import Page
from .problems import Refused
from .requests import AccountOrder, PaymentOrder
from .session import Receipt

__all__ = ["Ledger", "Written"]

Row = dict[str, Any]
Written = tuple[Row, bool, Receipt]
"""What the books hold now, whether it is the saved answer to an earlier request, and who committed it."""

_PAYMENT = ("payment_id", "key", "debtor", "creditor", "amount", "currency", "status")
_ACCOUNT = ("account_id", "currency", "may_be_negative", "balance")


def _payment_from(call: str, more: str = "r.replayed") -> str:
    columns = "(r.payment).payment_id::text, " + ", ".join(f"(r.payment).{name}" for name in _PAYMENT[1:])
    return f"SELECT {columns}, {more} FROM books.{call} r"  # noqa: S608  # words of this module


_PAY = _payment_from("pay(%s, %s, %s, %s::bigint, %s)")
_CREATE = _payment_from("create_payment(%s, %s, %s, %s::bigint, %s, %s)")
_DECIDE = _payment_from("decide(%s, %s, %s, %s)")
_READ = _payment_from("payment_at(%s, %s::pg_lsn)", "r.reached, r.read_at::text")
_OPEN = """SELECT (r.account).account_id, (r.account).currency, (r.account).may_be_negative,
    (r.account).balance, r.replayed FROM books.open_account(%s, %s, %s, %s) r"""
_PAYMENTS = "SELECT payment_id::text, key, debtor, creditor, amount, currency, status FROM books.payments"
_ACCOUNTS = "SELECT account_id, currency, may_be_negative, balance FROM books.accounts"


class Ledger(Database):
    """The books.

    Every method raises a :class:`~payments.problems.Problem` when it cannot give its answer by the deadline.
    """

    async def pay(self, key: str, order: PaymentOrder) -> Written:
        """Make the payment, or give the saved one."""
        return await self._write_row(_PAYMENT, _PAY, (key, *_terms(order)))

    async def create_payment(self, key: str, order: PaymentOrder, creator: str) -> Written:
        """Create a payment for another person to approve, or give the saved one as it is now."""
        return await self._write_row(_PAYMENT, _CREATE, (key, *_terms(order), creator))

    async def decide(self, payment_id: str, key: str, actor: str, decision: str) -> Written:
        """Approve or reject (``approved``, ``rejected``), or give the payment so decided as it is now."""
        return await self._write_row(_PAYMENT, _DECIDE, (_uuid("payment", payment_id), key, actor, decision))

    async def open_account(self, order: AccountOrder, owner: str | None = None) -> Written:
        """Open the account, or find it opened."""
        values = (order.account_id, order.currency, order.may_be_negative, owner)
        return await self._write_row(_ACCOUNT, _OPEN, values)

    async def payment(self, payment_id: str, after: str | None = None) -> tuple[Row, str]:
        """One payment, by its id, and the position that it was read at.

        Args:
            payment_id: which.
            after: a position of the log; the answer is no older.
        """
        values = (_uuid("payment", payment_id), after)
        for pool in (self.reads, self.writes):
            *row, reached, read_at = (await self._read(pool, _READ, values))[0]
            # A replica may not have it yet: only the primary's word makes it absent.
            if reached and row[0] is not None:
                return dict(zip(_PAYMENT, row, strict=True)), read_at
        raise _absent("payment", payment_id)

    async def account(self, account_id: str) -> Row:
        """One account with its balance, perhaps some milliseconds old."""
        # PostgreSQL's text holds no zero byte, so no account has one in its name.
        known = "\x00" not in account_id
        row = await self._one(f"{_ACCOUNTS} WHERE account_id = %s", (account_id,)) if known else None
        if row is None:
            raise _absent("account", account_id)
        return dict(zip(_ACCOUNT, row, strict=True))

    async def payments(self, page: Page) -> list[Row]:
        """A page of payments in order of their keys, from the primary: a list is complete or it fails."""
        return await self._page(_PAYMENTS, "key", _PAYMENT, page)

    async def accounts(self, page: Page) -> list[Row]:
        """A page of accounts in order of their ids, from the primary."""
        return await self._page(_ACCOUNTS, "account_id", _ACCOUNT, page)

    async def _page(self, select: str, by: str, fields: Sequence[str], page: Page) -> list[Row]:
        # ^@ is "begins with"; with the columns' byte order the unique index serves both conditions.
        statement = f"{select} WHERE {by} ^@ %s AND {by} > %s ORDER BY {by} LIMIT %s"
        rows = await self._read(self.writes, statement, (page.prefix, page.after, page.limit))
        return [dict(zip(fields, row, strict=True)) for row in rows]

    async def _one(self, statement: str, values: Sequence[object]) -> tuple[Any, ...] | None:
        # A replica may not have it yet: only the primary's word makes it absent.
        rows = await self._read(self.reads, statement, values)
        rows = rows or await self._read(self.writes, statement, values)
        return rows[0] if rows else None

    async def _write_row(self, fields: Sequence[str], statement: str, values: Sequence[object]) -> Written:
        (*row, replayed), receipt = await self._commit(statement, values)
        return dict(zip(fields, row, strict=True)), bool(replayed), receipt


def _terms(order: PaymentOrder) -> tuple[object, ...]:
    return order.debtor, order.creditor, order.amount, order.currency


def _uuid(what: str, text: str) -> uuid.UUID:
    try:
        return uuid.UUID(text)
    except ValueError:
        raise _absent(what, text) from None


def _absent(what: str, name: str) -> Refused:
    return Refused(404, f"{what}-not-found", f"There is no such {what}", f"No {what} {name[:128]!r}.")
