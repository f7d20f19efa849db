"""One connection to the ledger, and the only two ways in which it ends a piece of work: COMMIT, or cut.

A query is never *cancelled*. PostgreSQL answers the cancelling of a COMMIT that waits for its replica with
success and a warning, and such a row can be lost; and psycopg sends a cancel by itself when the task that
waits for a query is cancelled. So nothing here is ever awaited with a time-out: who has no time left cuts the
socket under it (:meth:`Session.cut`), and the wait ends as on any broken connection.
"""

from __future__ import annotations

import os
import select
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg.pq import TransactionStatus

from .outcomes import failed_at_commit, failed_before_commit, unconfirmed
from .problems import NoEffect, OutcomeUnknown, Problem, Refused

__all__ = ["Receipt", "Session"]

_BEGIN = "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE"
# One message, one round trip: the second statement runs after COMMIT was confirmed, on the server that confirmed
# it, so its position is beyond the commit. The name of a log file begins with the timeline. The last column: whether
# the commit had a standby to wait for, or needs none. A cluster that should have one and has not was only just made
# (docs/payments.md, "Why quorum commit"): it commits at once, and nobody else has it.
_COMMIT = """COMMIT; SELECT current_setting('ledger.node', true), pg_walfile_name(at), at::text,
    current_setting('synchronous_standby_names') <> '' OR current_setting('ledger.strict', true) IN ('false', 'off')
    FROM pg_current_wal_insert_lsn() at"""


@dataclass(frozen=True, slots=True)
class Receipt:
    """Who made a commit.

    Attributes:
        writer: the database's node and timeline, such as ``ledger-2/3``.
        position: of its log, a little beyond the commit; a copy that has replayed it shows what was written.
    """

    writer: str
    position: str

    @classmethod
    def of(cls, node: str | None, log_file: str, position: str) -> Receipt:
        """Read the server's own words."""
        return cls(f"{node or 'ledger'}/{int(log_file[:8], 16)}", position)


class Session:
    """A connection with what must be known about its transaction.

    Attributes:
        reused: it has served before, so it may have died since without anybody noticing.
        commit_sent: from here on a failure no longer means that nothing happened.
        broken: it cannot serve again.
    """

    def __init__(self, connection: psycopg.AsyncConnection[Any]) -> None:
        self._connection = connection
        self._warnings: list[str] = []
        self.reused = False
        self.commit_sent = False
        self.broken = False
        connection.add_notice_handler(self._notice)

    def _notice(self, diagnostic: psycopg.errors.Diagnostic) -> None:
        self._warnings.append(diagnostic.message_primary or "a notice without words")

    async def transact(self, statement: str, values: Sequence[object]) -> tuple[tuple[Any, ...], Receipt]:
        """Run one statement in a transaction of its own and commit it.

        Returns:
            The first row, when and only when the server confirmed COMMIT without any warning, and the receipt.

        Raises:
            Refused: the books refuse it; rolled back, and the session can serve again.
            NoEffect: it failed, surely without effect.
            OutcomeUnknown: COMMIT was sent and not confirmed.
        """
        self.commit_sent = False
        try:
            await self._connection.execute(_BEGIN)
            cursor = await self._connection.execute(statement, values)
            row = await cursor.fetchone()
        except psycopg.Error as error:
            raise await self._rolled_back(error) from error
        if row is None:
            self.broken = True
            raise NoEffect("The ledger's function gave no row.")
        return tuple(row), await self._commit()

    async def _rolled_back(self, error: psycopg.Error) -> Problem:
        problem = failed_before_commit(error.sqlstate, _words(error))
        self.broken = True
        if isinstance(problem, Refused):
            try:
                await self._connection.execute("ROLLBACK")
                self.broken = False
            except psycopg.Error:
                pass  # the answer stands; the session is discarded
        return problem

    async def _commit(self) -> Receipt:
        self._warnings.clear()
        self.commit_sent = True
        try:
            # A prepared statement can be one command only.
            cursor = await self._connection.execute(_COMMIT, prepare=False)
            tag, _ = cursor.statusmessage, cursor.nextset()
            seen = await cursor.fetchone()
        except psycopg.Error as error:
            self.broken = True
            severity = error.diag.severity_nonlocalized
            raise failed_at_commit(error.sqlstate, severity, _words(error)) from error
        problem = unconfirmed(tag, self._warnings)
        if problem:
            self.broken = True
            raise problem
        *made, guarded = seen
        if not guarded:
            raise OutcomeUnknown("Committed, but the ledger has no standby to wait for yet.")
        return Receipt.of(*made)

    async def read(self, statement: str, values: Sequence[object]) -> list[tuple[Any, ...]]:
        """Run one reading statement.

        Raises:
            NoEffect: it failed.
        """
        try:
            cursor = await self._connection.execute(statement, values)
            rows: list[tuple[Any, ...]] = await cursor.fetchall()
        except psycopg.Error as error:
            self.broken = True
            raise failed_before_commit(error.sqlstate, _words(error)) from error
        return rows

    @property
    def usable(self) -> bool:
        """Whether it can serve now: at rest, and with nothing to read, for that would be its end."""
        if self.broken or self._connection.closed:
            return False
        if self._connection.info.transaction_status is not TransactionStatus.IDLE:
            return False
        poll = select.poll()
        poll.register(self._connection.fileno(), select.POLLIN | select.POLLHUP | select.POLLERR)
        return not poll.poll(0)

    def cut(self) -> None:
        """Shut the socket: whoever waits on it wakes up as on a broken connection. Sends no cancel."""
        self.broken = True
        try:
            with socket.socket(fileno=os.dup(self._connection.fileno())) as handle:
                handle.shutdown(socket.SHUT_RDWR)
        except (OSError, psycopg.Error):
            pass  # closed already

    async def close(self) -> None:
        """Close the connection; nothing under way is cancelled."""
        await self._connection.close()


def _words(error: psycopg.Error) -> str:
    return (error.diag.message_primary or str(error).strip() or type(error).__name__).split("\n")[0]
