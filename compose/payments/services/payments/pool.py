"""A few connections to one address, made when needed and thrown away at the first doubt.

There is no background repair with growing pauses: during a failover every request tries for itself, within
its own deadline, so the first request after the router has a new primary gets through.
"""

from __future__ import annotations

import asyncio
import traceback
from typing import Any

import psycopg

from .problems import NoEffect
from .session import Session
from .settings import Address, Settings

__all__ = ["Pool"]


class Pool:
    """At most ``pool_size_max`` sessions to one address.

    Attributes:
        address: where they lead.
        in_use: sessions lent out.
    """

    def __init__(self, address: Address, settings: Settings) -> None:
        self.address = address
        self.in_use = 0
        self._role, self._password = settings.role, settings.password
        self._connect_timeout_s = settings.connect_timeout_s
        self._slots = asyncio.Semaphore(settings.pool_size_max)
        self._idle: list[Session] = []

    @property
    def idle(self) -> int:
        """Sessions at rest."""
        return len(self._idle)

    async def take(self, until: float, *, fresh: bool = False) -> Session:
        """A session that can serve.

        Args:
            until: the event loop's time at which the request's deadline ends.
            fresh: make a new connection, though some are at rest.

        Raises:
            NoEffect: every session is busy, or no connection can be made, by then.
        """
        try:
            async with asyncio.timeout_at(until):
                await self._slots.acquire()
        except TimeoutError:
            raise NoEffect("Every connection to the ledger is busy.") from None
        self.in_use += 1
        try:
            return (None if fresh else await self._rested()) or await self._connect(until)
        except BaseException:
            self._free_slot()
            raise

    async def _rested(self) -> Session | None:
        while self._idle:
            session = self._idle.pop()
            if session.usable:
                session.reused = True
                return session
            await session.close()
        return None

    async def _connect(self, until: float) -> Session:
        latest = min(until, asyncio.get_running_loop().time() + self._connect_timeout_s)
        try:
            async with asyncio.timeout_at(latest):
                return Session(await psycopg.AsyncConnection.connect(**self._parameters(), autocommit=True))
        except TimeoutError as error:
            _let_go(error)
            raise NoEffect(f"No connection to {self.address.host}:{self.address.port} in time.") from None
        except asyncio.CancelledError as error:
            _let_go(error)
            raise
        except (psycopg.Error, OSError) as error:
            words = str(error).strip().split("\n")[0]
            raise NoEffect(f"No connection to {self.address.host}:{self.address.port}: {words}.") from error

    def _parameters(self) -> dict[str, Any]:
        return {
            "host": self.address.host,
            "port": self.address.port,
            "dbname": "ledger",
            "user": self._role,
            "password": self._password,
            "application_name": self._role,
            # The network is inside one host; a round trip for each of these would buy nothing.
            "sslmode": "disable",
            "gssencmode": "disable",
            # A link that is cut without a word is noticed, also by a session that only waits.
            "tcp_user_timeout": 3000,
            "keepalives_idle": 2,
            "keepalives_interval": 1,
            "keepalives_count": 3,
        }

    async def give_back(self, session: Session) -> None:
        """End the loan; a broken session is closed."""
        self._free_slot()
        if session.broken:
            await session.close()
        else:
            self._idle.append(session)

    def _free_slot(self) -> None:
        self.in_use -= 1
        self._slots.release()

    async def close(self) -> None:
        """Close what is at rest."""
        while self._idle:
            await self._idle.pop().close()


def _let_go(error: BaseException | None) -> None:
    """Close a connection whose making was given up: psycopg's connect leaves that to whoever frees its frames last.

    The error's own traceback holds them until the garbage collector comes by; meanwhile each such connection takes a
    slot at the server, in the middle of its log-in, and a ledger that is slow for seconds would have none left.
    """
    while error is not None:
        traceback.clear_frames(error.__traceback__)
        error = error.__cause__ or error.__context__
