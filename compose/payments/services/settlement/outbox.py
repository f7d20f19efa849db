"""The outbox and the books, as a worker uses them; the functions are SQL: images/ledger/schema/settlement.sql."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from payments.database import Database

from .backlog import Backlog
from .books import Books
from .judging import Again, Item
from .settings import Settings

__all__ = ["Outbox"]

_BACKLOG = """SELECT count(*) FILTER (WHERE NOT parked), count(*) FILTER (WHERE parked),
    coalesce(extract(epoch FROM now() - min(approved_at) FILTER (WHERE NOT parked)), 0)::float8
    FROM books.outbox"""

_BOOKS_TIMEOUT_S = 10.0
_STATES = ("booked", "created", "approved", "settled", "rejected", "failed")
# One statement is one moment: what is booked while it runs cannot look unbalanced.
_BOOKS = """SELECT
    (SELECT jsonb_object_agg(status, n) FROM (SELECT status, count(*) n FROM books.payments GROUP BY status) s),
    (SELECT count(*) FROM (SELECT FROM books.entries GROUP BY payment_id, step HAVING sum(amount) <> 0) u),
    (SELECT count(*) FROM books.accounts LEFT JOIN
        (SELECT account_id, sum(amount) total FROM books.entries GROUP BY account_id) e USING (account_id)
        WHERE balance <> coalesce(total, 0))"""


class Outbox(Database):
    """Every method raises a :class:`~payments.problems.Problem` when the ledger does not confirm it in time."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings.ledger)
        self._settings = settings

    async def take(self, most: int) -> list[Item]:
        """Items that are due, this worker's for the length of a lease."""
        values = (most, timedelta(seconds=self._settings.lease_s))
        (items,) = await self._write("SELECT books.take_from_outbox(%s, %s)", values)
        return [Item(**item) for item in items]

    async def finish(self, item: Item, status: str) -> str:
        """Post the settlement or its failure; the status that stands."""
        values = (item.payment_id, self._settings.worker, status)
        (stands,) = await self._write("SELECT books.finish(%s, %s, %s)", values)
        return str(stands)

    async def postpone(self, item: Item, again: Again) -> None:
        """Put it back for later, or park it."""
        values = (item.payment_id, timedelta(seconds=again.delay_s), again.strike, again.park, again.error)
        await self._write("SELECT books.postpone(%s, %s, %s, %s, %s)", values)

    async def backlog(self) -> Backlog:
        """What waits now."""
        (row,) = await self._read(self.writes, _BACKLOG, ())
        return Backlog(*row)

    async def books(self) -> Books:
        """Every payment and every account, on a replica if there is one."""
        until = asyncio.get_running_loop().time() + _BOOKS_TIMEOUT_S
        ((states, payments, accounts),) = await self._read(self.reads, _BOOKS, (), until)
        return Books(dict.fromkeys(_STATES, 0) | (states or {}), payments, accounts)
