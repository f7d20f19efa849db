"""The worker: take, ask, post. What dies in between is taken again after its lease (see settlement.sql)."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from random import Random
from typing import TYPE_CHECKING

from payments.problems import Problem

from .backlog import Backlog
from .bank import Bank
from .judging import Again, Finish, Item, judge
from .settings import Settings

if TYPE_CHECKING:
    # The worker needs no database driver; its tests run where there is none.
    from .outbox import Outbox

__all__ = ["Worker"]

_LOOK_S = 2.0
_STOP_S = 4.0
_log = logging.getLogger("settlement")


class Worker:
    """One worker, with so many calls at once as it has lanes.

    Attributes:
        ready: the ledger has once let it take from the outbox.
        backlog: what waited when it last looked; None when the ledger gave no answer.
        counts: what became of items: settled, failed, again, parked, unposted.
        in_flight: items under way.
    """

    def __init__(self, settings: Settings, outbox: Outbox, bank: Bank) -> None:
        self.ready = False
        self.backlog: Backlog | None = None
        self.counts: Counter[str] = Counter()
        self._settings = settings
        self._outbox = outbox
        self._bank = bank
        self._threads = ThreadPoolExecutor(settings.lanes)
        # Jitter must differ between workers, so it is not seeded.
        self._random = Random()  # noqa: S311  # no secret
        self._items: set[asyncio.Task[None]] = set()
        self._loops: list[asyncio.Task[None]] = []
        self._said = ""

    @property
    def in_flight(self) -> int:
        """Items under way."""
        return len(self._items)

    def begin(self) -> None:
        """Start, in the background."""
        self._loops = [asyncio.create_task(self._take()), asyncio.create_task(self._look())]

    async def end(self) -> None:
        """Take nothing more, and let what is under way come to its end."""
        for loop in self._loops:
            loop.cancel()
        for loop in self._loops:
            with suppress(asyncio.CancelledError):
                await loop
        if self._items:
            await asyncio.wait(self._items, timeout=_STOP_S)
        self._threads.shutdown(wait=False)

    async def _take(self) -> None:
        while True:
            free = self._settings.lanes - len(self._items)
            if not free:
                await asyncio.wait(self._items, return_when=asyncio.FIRST_COMPLETED)
                continue
            items = await self._taken(free)
            for item in items:
                task = asyncio.create_task(self._carry(item))
                self._items.add(task)
                task.add_done_callback(self._items.discard)
            if len(items) < free:
                await asyncio.sleep(self._settings.poll_s)

    async def _taken(self, most: int) -> list[Item]:
        try:
            items = await self._outbox.take(most)
        except Problem as problem:
            if problem.detail != self._said:
                self._said = problem.detail
                _log.warning("the outbox cannot be read: %s", problem.detail)
            return []
        self.ready, self._said = True, ""
        return items

    async def _look(self) -> None:
        while True:
            try:
                self.backlog = await self._outbox.backlog()
            except Problem:
                self.backlog = None
            await asyncio.sleep(_LOOK_S)

    async def _carry(self, item: Item) -> None:
        try:
            if self._settings.settles_first:
                await self._outbox.finish(item, "settled")
            loop = asyncio.get_running_loop()
            answer = await loop.run_in_executor(self._threads, self._bank.settle, item)
            what = judge(item, answer, self._random)
            if isinstance(what, Finish):
                await self._post(item, what)
            else:
                await self._put_back(item, what)
        except Problem as problem:
            # The lease ends, and somebody takes it again.
            self.counts["unposted"] += 1
            _log.warning("payment %s is not posted yet: %s", item.payment_id, problem.detail)
        except Exception:  # noqa: BLE001  # logged; the lease ends, as after a crash
            self.counts["unposted"] += 1
            _log.exception("payment %s met what nobody foresaw", item.payment_id)

    async def _post(self, item: Item, what: Finish) -> None:
        stands = await self._outbox.finish(item, what.status)
        self.counts[what.status] += 1
        if stands != what.status:
            _log.error("payment %s is %s, but the acquirer says %s", item.payment_id, stands, what.status)

    async def _put_back(self, item: Item, what: Again) -> None:
        await self._outbox.postpone(item, what)
        self.counts["parked" if what.park else "again"] += 1
        if what.park:
            _log.error(
                "payment %s is parked after %d attempts: %s", item.payment_id, item.attempts, what.error
            )
        elif item.attempts == 1:
            _log.warning("payment %s is tried again: %s", item.payment_id, what.error)
