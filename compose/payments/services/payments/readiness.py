"""When a node may take requests.

Live: the process answers. Ready: since its start the ledger has once taken a replicated write from this node.
Once ready, a node stays ready while the ledger fails over: all nodes share the one ledger, so leaving the
balancer because of it would take the last node away and turn quick, clear answers ("no effect, try again")
into none. A node that stops closes its port, which the balancer notices by itself.
"""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress

from .database import Database
from .problems import Problem

__all__ = ["Readiness"]

_PAUSE_S = 0.1
_log = logging.getLogger("payments")


class Readiness:
    """Tries the ledger from the start until it has taken one write.

    Attributes:
        ready: whether it has.
    """

    def __init__(self, ledger: Database) -> None:
        self.ready = False
        self._ledger = ledger
        self._task: asyncio.Task[None] | None = None

    def begin(self) -> None:
        """Start trying, in the background."""
        self._task = asyncio.create_task(self._try())

    async def _try(self) -> None:
        said = ""
        while not self.ready:
            try:
                await self._ledger.take_a_write()
                self.ready = True
            except Problem as problem:
                if problem.detail != said:
                    said = problem.detail
                    _log.warning("not ready: %s", said)
                await asyncio.sleep(_PAUSE_S)

    async def end(self) -> None:
        """Stop trying."""
        if self._task:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
