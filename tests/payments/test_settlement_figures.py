"""What a worker tells Prometheus, and what it does not."""

from __future__ import annotations

import asyncio

from payments.problems import NoEffect
from payments.settings import Address
from payments.settings import Settings as LedgerSettings
from settlement.backlog import Backlog
from settlement.books import Books, BooksWatch
from settlement.figures import figures
from settlement.settings import Settings
from settlement.worker import Worker

LEDGER = LedgerSettings(write=Address("w", 1), read=Address("r", 1), password="x")
SETTINGS = Settings(worker="settlement-1", ledger=LEDGER, acquirer=Address("a", 1))


class Outbox:
    """Has nothing to take, and a backlog or none to tell of."""

    def __init__(self, backlog=None):
        self._backlog = backlog

    async def take(self, _most):
        return []

    async def backlog(self):
        if self._backlog is None:
            raise NoEffect("no ledger")
        return self._backlog

    async def books(self):
        if self._backlog is None:
            raise NoEffect("no ledger")
        return Books({"approved": 3}, 0, 1)


def told(*outboxes):
    """The figures after a look at each of these, one after the other."""

    async def main():
        worker, books = Worker(SETTINGS, outboxes[0], None), BooksWatch(outboxes[0])
        for outbox in outboxes:
            worker._outbox = books._source = outbox
            worker.begin()
            await books.look()
            await asyncio.sleep(0.05)
            await worker.end()
        return figures(worker, books)

    lines = (line.rpartition(" ") for line in asyncio.run(main()).splitlines() if not line.startswith("#"))
    return {name: float(value) for name, _, value in lines}


def test_the_backlog_and_the_books_are_told():
    """How much waits, since when, what is parked, and whether the books balance."""
    seen = told(Outbox(Backlog(7, 2, 1.5)))
    assert seen["settlement_backlog"] == 7
    assert seen["settlement_backlog_oldest_seconds"] == 1.5
    assert seen["settlement_parked"] == 2
    assert seen["settlement_ready"] == 1
    assert seen['ledger_payments{status="approved"}'] == 3
    assert seen['ledger_unbalanced{what="accounts"}'] == 1


def test_a_backlog_that_cannot_be_read_has_no_line():
    """The last one would be told for as long as the ledger is away, and keep an alert silent."""
    seen = told(Outbox(Backlog(7, 2, 1.5)), Outbox())
    assert not {name for name in seen if name.startswith(("settlement_backlog", "settlement_parked"))}
    assert seen['settlement_items_total{result="parked"}'] == 0
    assert seen['ledger_unbalanced{what="accounts"}'] == 1
