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

import asyncio
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from .database import Database
from .pages import Page
from .problems import Refused
from .queries import PaymentsQuery, Statement, StatementQuery
from .requests import AccountOrder, PaymentOrder
from .session import Receipt

__all__ = ["Ledger", "Sight", "Written"]

Row = dict[str, Any]
Written = tuple[Row, bool, Receipt]
"""What the books hold now, whether it is the saved answer to an earlier request, and who committed it."""


@dataclass(frozen=True, slots=True)
class Sight:
    """Where and when something was read.

    Attributes:
        reader: the database's node.
        position: of its log, at or beyond what was seen.
        owners: the users whose account or payment it is; empty: nobody's, so everybody's.
    """

    reader: str
    position: str
    owners: frozenset[str] = frozenset()

    @property
    def headers(self) -> dict[str, str]:
        """As an answer says it."""
        return {"x-ledger-reader": self.reader, "x-ledger-position": self.position}


_PAYMENT = ("payment_id", "key", "debtor", "creditor", "amount", "currency", "status")
_ACCOUNT = ("account_id", "currency", "may_be_negative", "balance")


def _payment_from(call: str, more: str = "r.replayed") -> str:
    columns = "(r.payment).payment_id::text, " + ", ".join(f"(r.payment).{name}" for name in _PAYMENT[1:])
    return f"SELECT {columns}, {more} FROM books.{call} r"  # noqa: S608  # words of this module


_PAY = _payment_from("pay(%s, %s, %s, %s::bigint, %s)")
_CREATE = _payment_from("create_payment(%s, %s, %s, %s::bigint, %s, %s)")
_DECIDE = _payment_from("decide(%s, %s, %s, %s)")
_SEEN = "r.reached, r.reader, r.read_at::text"
_READ = _payment_from("payment_at(%s, %s::pg_lsn)", f"(r.payment).creator, r.owners, {_SEEN}")
_OPEN = """SELECT (r.account).account_id, (r.account).currency, (r.account).may_be_negative,
    (r.account).balance, r.replayed FROM books.open_account(%s, %s, %s, %s) r"""
_ACCOUNT_AT = f"""SELECT (r.account).account_id, (r.account).currency, (r.account).may_be_negative,
    (r.account).balance, (r.account).owner, {_SEEN} FROM books.account_at(%s, %s::pg_lsn) r"""  # noqa: S608
_PAYMENTS_OF = f"""SELECT r.known, r.items, r.owner, {_SEEN} FROM books.payments_of(%s, %s::text[],
    %s::timestamptz, %s::timestamptz, %s::uuid, %s::integer, %s::pg_lsn) r"""  # noqa: S608
_STATEMENT_OF = f"""SELECT r.known, r.currency, r.opening, r.brought, r.closing, r.balance, r.last, r.items, r.owner,
    {_SEEN} FROM books.statement_of(%s, %s::timestamptz, %s::timestamptz, %s::timestamptz, %s::integer,
    %s::pg_lsn) r"""  # noqa: S608
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

    async def payment(self, payment_id: str, after: str | None = None) -> tuple[Row, Sight]:
        """One payment, by its id; no older than the position ``after`` of the log."""
        found = await self._seen(_READ, (_uuid("payment", payment_id), after))
        if found is None:
            raise _absent("payment", payment_id)
        (*row, creator, owners), sight = found
        # A payment between accounts of nobody's is everybody's too, also when somebody created it by four eyes.
        whose = _users(*owners, creator) if owners else frozenset[str]()
        return dict(zip(_PAYMENT, row, strict=True)), replace(sight, owners=whose)

    async def account(self, account_id: str, after: str | None = None) -> tuple[Row, Sight]:
        """One account with its balance; no older than the position ``after`` of the log."""
        row, sight = await self._of_account(account_id, _ACCOUNT_AT, after)
        return dict(zip(_ACCOUNT, row, strict=True)), sight

    async def payments_of(self, query: PaymentsQuery) -> tuple[Sequence[Row], Sight]:
        """A page of an account's payments, and one row more when there is another page."""
        values = (list(query.statuses), query.begin, *query.before, query.limit + 1, query.after)
        (_, items), sight = await self._of_account(query.account_id, _PAYMENTS_OF, *values)
        return items, sight

    async def statement_of(self, query: StatementQuery) -> tuple[Statement, Sight]:
        """A page of an account's statement."""
        values = (query.period.begin, query.begin, query.period.end, query.limit, query.after)
        (_, *row), sight = await self._of_account(query.account_id, _STATEMENT_OF, *values)
        return Statement(*row), sight

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

    async def _of_account(self, account_id: str, statement: str, *values: object) -> tuple[list[Any], Sight]:
        # PostgreSQL's text holds no zero byte, so no account has one in its name.
        known = "\x00" not in account_id
        found = await self._seen(statement, (account_id, *values)) if known else None
        if found is None:
            raise _absent("account", account_id)
        (*row, owner), sight = found
        return row, replace(sight, owners=_users(owner))

    async def _seen(self, statement: str, values: Sequence[object]) -> tuple[list[Any], Sight] | None:
        """What a replica has seen; the primary is asked when that is too old or not there."""
        until = asyncio.get_running_loop().time() + self._deadline_s
        for pool in (self.reads, self.writes):
            (answer,) = await self._read(pool, statement, values, until)
            *row, reached, reader, position = answer
            # A replica may not have it yet: only the primary's word makes it absent.
            if reached and row[0]:
                return row, Sight(reader, position)
        return None

    async def _write_row(self, fields: Sequence[str], statement: str, values: Sequence[object]) -> Written:
        (*row, replayed), receipt = await self._commit(statement, values)
        return dict(zip(fields, row, strict=True)), bool(replayed), receipt


def _terms(order: PaymentOrder) -> tuple[object, ...]:
    return order.debtor, order.creditor, order.amount, order.currency


def _users(*owners: str | None) -> frozenset[str]:
    return frozenset(owner for owner in owners if owner is not None)


def _uuid(what: str, text: str) -> uuid.UUID:
    try:
        return uuid.UUID(text)
    except ValueError:
        raise _absent(what, text) from None


def _absent(what: str, name: str) -> Refused:
    return Refused(404, f"{what}-not-found", f"There is no such {what}", f"No {what} {name[:128]!r}.")
