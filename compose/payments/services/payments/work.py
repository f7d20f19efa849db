"""One statement on a session from a pool, by a deadline."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeVar

from .deadline import Attempt, within
from .pool import Pool
from .problems import NoEffect
from .session import Receipt, Session

__all__ = ["read", "write"]

T = TypeVar("T")


async def read(
    pool: Pool, deadline_s: float, statement: str, values: Sequence[object]
) -> list[tuple[Any, ...]]:
    """The rows of a reading statement.

    Raises:
        NoEffect: they could not be had in time.
    """

    async def work(attempt: Attempt) -> list[tuple[Any, ...]]:
        return await _on_session(pool, attempt, lambda session: session.read(statement, values))

    return await within(deadline_s, work)


async def write(
    pool: Pool, deadline_s: float, statement: str, values: Sequence[object]
) -> tuple[tuple[Any, ...], Receipt]:
    """The first row of a statement in a transaction of its own, committed and replicated.

    Raises:
        Problem: it was not confirmed in time; the problem knows how far it came.
    """

    async def work(attempt: Attempt) -> tuple[tuple[Any, ...], Receipt]:
        return await _on_session(pool, attempt, lambda session: session.transact(statement, values))

    return await within(deadline_s, work)


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
