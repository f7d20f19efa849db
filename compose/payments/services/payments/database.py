"""The ledger's database behind its two addresses: one statement, by a deadline, on a session of a pool."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeVar

from .deadline import Attempt, within
from .pool import Pool
from .problems import NoEffect
from .session import Receipt, Session
from .settings import Settings

__all__ = ["Database"]

T = TypeVar("T")

_PROBE = "SELECT pg_logical_emit_message(true, 'ready', '')::text"
_PRINCIPAL = "SELECT user_id, roles FROM identity.principal(%s)"


class Database:
    """What every service does with the database.

    Every method raises a :class:`~payments.problems.Problem` when it cannot give its answer by the deadline.

    Attributes:
        writes: sessions to the primary.
        reads: sessions to the replicas; the router leads to the primary when there is none.
    """

    def __init__(self, settings: Settings) -> None:
        self._deadline_s = settings.deadline_s
        self.writes = Pool(settings.write, settings)
        self.reads = Pool(settings.read, settings)

    async def take_a_write(self) -> None:
        """Commit something that leaves no trace, and wait for its replication."""
        await self._write(_PROBE, ())

    async def principal(self, token_sha256: bytes) -> tuple[str, Sequence[str]] | None:
        """Whose token this is, with his roles; None when it is nobody's.

        The primary is asked: a replica may not know yet that it ended.
        """
        rows = await self._read(self.writes, _PRINCIPAL, (token_sha256,))
        return (str(rows[0][0]), rows[0][1]) if rows else None

    async def _read(
        self, pool: Pool, statement: str, values: Sequence[object], until: float | None = None
    ) -> list[tuple[Any, ...]]:
        async def work(attempt: Attempt) -> list[tuple[Any, ...]]:
            return await _on_session(pool, attempt, lambda session: session.read(statement, values))

        return await within(self._left_s(until), work)

    async def _write(
        self, statement: str, values: Sequence[object], until: float | None = None
    ) -> tuple[Any, ...]:
        return (await self._commit(statement, values, until))[0]

    async def _commit(
        self, statement: str, values: Sequence[object], until: float | None = None
    ) -> tuple[tuple[Any, ...], Receipt]:
        """The first row, and who committed it."""

        async def work(attempt: Attempt) -> tuple[tuple[Any, ...], Receipt]:
            return await _on_session(
                self.writes, attempt, lambda session: session.transact(statement, values)
            )

        return await within(self._left_s(until), work)

    def _left_s(self, until: float | None) -> float:
        """Seconds until the event loop's time at which a request of several statements ends; None: of one."""
        return self._deadline_s if until is None else max(until - asyncio.get_running_loop().time(), 0.0)

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
