"""The books, as the service uses them. The writing functions themselves are SQL: images/ledger/schema/.

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
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeVar

from .deadline import Attempt, within
from .pages import Page
from .pool import Pool
from .problems import NoEffect, Refused
from .requests import AccountOrder, PaymentOrder
from .session import Session
from .settings import Settings

__all__ = ["Ledger"]

Row = dict[str, Any]
T = TypeVar("T")

_PAYMENT = ("payment_id", "key", "debtor", "creditor", "amount", "currency", "status")
_ACCOUNT = ("account_id", "currency", "may_be_negative", "balance")

_PAY = """SELECT (r.payment).payment_id::text, (r.payment).key, (r.payment).debtor, (r.payment).creditor,
    (r.payment).amount, (r.payment).currency, (r.payment).status, r.replayed
    FROM books.pay(%s, %s, %s, %s::bigint, %s) r"""
_OPEN = """SELECT (r.account).account_id, (r.account).currency, (r.account).may_be_negative,
    (r.account).balance, r.replayed FROM books.open_account(%s, %s, %s) r"""
_PROBE = "SELECT pg_logical_emit_message(true, 'ready', '')::text"
_PAYMENTS = "SELECT payment_id::text, key, debtor, creditor, amount, currency, status FROM books.payments"
_ACCOUNTS = "SELECT account_id, currency, may_be_negative, balance FROM books.accounts"


class Ledger:
    """The ledger behind its two addresses.

    Every method raises a :class:`~payments.problems.Problem` when it cannot give its answer by the deadline.
    """

    def __init__(self, settings: Settings) -> None:
        self._deadline_s = settings.deadline_s
        self.writes = Pool(settings.write, settings)
        self.reads = Pool(settings.read, settings)

    async def pay(self, key: str, order: PaymentOrder) -> tuple[Row, bool]:
        """Make the payment, or give the saved one: ``(payment, whether it is the saved one)``."""
        values = (key, order.debtor, order.creditor, order.amount, order.currency)
        *row, replayed = await self._write(_PAY, values)
        return dict(zip(_PAYMENT, row, strict=True)), bool(replayed)

    async def open_account(self, order: AccountOrder) -> tuple[Row, bool]:
        """Open the account, or find it opened: ``(account, whether it was there)``."""
        *row, replayed = await self._write(_OPEN, (order.account_id, order.currency, order.may_be_negative))
        return dict(zip(_ACCOUNT, row, strict=True)), bool(replayed)

    async def take_a_write(self) -> None:
        """Commit something that leaves no trace, and wait for its replication."""
        await self._write(_PROBE, ())

    async def payment(self, payment_id: str) -> Row:
        """One payment, by its id."""
        try:
            values = (uuid.UUID(payment_id),)
        except ValueError:
            raise _absent("payment", payment_id) from None
        row = await self._one(f"{_PAYMENTS} WHERE payment_id = %s", values)
        if row is None:
            raise _absent("payment", payment_id)
        return dict(zip(_PAYMENT, row, strict=True))

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

    async def _read(self, pool: Pool, statement: str, values: Sequence[object]) -> list[tuple[Any, ...]]:
        async def work(attempt: Attempt) -> list[tuple[Any, ...]]:
            return await _on_session(pool, attempt, lambda session: session.read(statement, values))

        return await within(self._deadline_s, work)

    async def _write(self, statement: str, values: Sequence[object]) -> tuple[Any, ...]:
        async def work(attempt: Attempt) -> tuple[Any, ...]:
            return await _on_session(
                self.writes, attempt, lambda session: session.transact(statement, values)
            )

        return await within(self._deadline_s, work)

    async def close(self) -> None:
        """Close the sessions at rest."""
        await self.writes.close()
        await self.reads.close()


async def _on_session(pool: Pool, attempt: Attempt, use: Callable[[Session], Awaitable[T]]) -> T:
    """Use a session; once more on a new one when one from the pool turns out to have died at rest."""
    try:
        return await _borrowed(pool, attempt, use, fresh=False)
    except _DiedAtRest as died:
        if attempt.expired:
            raise died.problem from died
    return await _borrowed(pool, attempt, use, fresh=True)


async def _borrowed(
    pool: Pool, attempt: Attempt, use: Callable[[Session], Awaitable[T]], *, fresh: bool
) -> T:
    session = await pool.take(attempt.until, fresh=fresh)
    attempt.holds(session)
    try:
        attempt.check_time()
        return await use(session)
    except NoEffect as problem:
        if session.reused and session.broken and not attempt.expired:
            raise _DiedAtRest(problem) from problem
        raise
    finally:
        attempt.holds(None)
        await pool.give_back(session)


class _DiedAtRest(Exception):
    """A session from the pool failed without effect; a new one may do better."""

    def __init__(self, problem: NoEffect) -> None:
        self.problem = problem
        super().__init__(str(problem))


def _absent(what: str, name: str) -> Refused:
    return Refused(404, f"{what}-not-found", f"There is no such {what}", f"No {what} {name[:128]!r}.")
