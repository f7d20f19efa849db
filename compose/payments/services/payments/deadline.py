"""A request's time: it is answered by its deadline, and its work is cut, never cancelled."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Protocol, TypeVar

from .problems import NoEffect, OutcomeUnknown

__all__ = ["Attempt", "Cuttable", "within"]

T = TypeVar("T")

_CUT_GRACE_S = 0.5


class Cuttable(Protocol):
    """What :class:`~payments.session.Session` is to a deadline."""

    commit_sent: bool

    def cut(self) -> None:
        """Make whoever waits on it wake up, as on a broken connection."""
        ...


class Attempt:
    """One request's work, as far as it has come.

    Attributes:
        until: the event loop's time of the deadline.
        expired: the deadline has passed; nothing new may begin.
    """

    def __init__(self, until: float) -> None:
        self.until = until
        self.expired = False
        self._session: Cuttable | None = None

    def check_time(self) -> None:
        """Refuse to begin anything after the deadline.

        Raises:
            NoEffect: it has passed.
        """
        if self.expired:
            raise NoEffect("The deadline passed before the ledger was reached.")

    def holds(self, session: Cuttable | None) -> None:
        """The session that the work uses from now on."""
        self._session = session

    @property
    def commit_sent(self) -> bool:
        """Whether the work may have taken effect already."""
        return self._session is not None and self._session.commit_sent

    def cut(self) -> None:
        """End the work: it begins nothing new, and its session's socket is shut."""
        self.expired = True
        if self._session is not None:
            self._session.cut()


async def within(deadline_s: float, work: Callable[[Attempt], Awaitable[T]]) -> T:
    """Do the work, or cut it at the deadline.

    The work runs in a task of its own that nobody cancels, because psycopg turns the cancelling of a task
    into the cancelling of its query (see :mod:`.session`).

    Args:
        deadline_s: seconds from now.
        work: what to do; it ends soon after :meth:`Attempt.cut`, with a problem.

    Raises:
        Problem: the work's own, which knows how far it came.
    """
    attempt = Attempt(asyncio.get_running_loop().time() + deadline_s)
    task = asyncio.ensure_future(work(attempt))
    done, _ = await asyncio.wait({task}, timeout=deadline_s)
    if not done:
        attempt.cut()
        done, _ = await asyncio.wait({task}, timeout=_CUT_GRACE_S)
    if done:
        return task.result()
    task.add_done_callback(_seen)
    if attempt.commit_sent:
        raise OutcomeUnknown("COMMIT was sent and not confirmed by the deadline.")
    raise NoEffect("The deadline passed before COMMIT was sent.")


def _seen(task: asyncio.Future[T]) -> None:
    if not task.cancelled():
        task.exception()
