"""Whether the books balance, and how many payments are in which state: looked at again and again."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Protocol

from payments.problems import Problem

__all__ = ["Books", "BooksWatch", "Source"]

_LEAST_PAUSE_S = 5.0
_SHARE = 20
_log = logging.getLogger("settlement")


@dataclass(frozen=True, slots=True)
class Books:
    """One look at the whole ledger.

    Attributes:
        payments: how many there are, by status.
        unbalanced_payments: steps of payments whose entries do not sum up to 0; must be 0.
        unbalanced_accounts: accounts whose balance is not the sum of their entries; must be 0.
    """

    payments: Mapping[str, int]
    unbalanced_payments: int
    unbalanced_accounts: int


class Source(Protocol):
    """Who can look."""

    async def books(self) -> Books:
        """The books now.

        Raises:
            Problem: they could not be read.
        """
        ...


class BooksWatch:
    """Looks for as long as it is not ended.

    A look reads every entry, on a replica. So the pause after it is twenty times as long as it took, 5 s at least: the
    watch costs one part in twenty of a processor at most, however large the ledger grows.
    """

    def __init__(self, source: Source) -> None:
        self._source = source
        self._last: Books | None = None
        self._looked_at = 0.0
        self._task: asyncio.Task[None] | None = None

    def begin(self) -> None:
        """Start, in the background."""
        self._task = asyncio.create_task(self._watch())

    async def end(self) -> None:
        """Stop."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    async def _watch(self) -> None:
        while True:
            pause_s = await self.look()
            await asyncio.sleep(pause_s)

    async def look(self) -> float:
        """Look once; how many seconds to wait before the next time."""
        began = time.monotonic()
        try:
            self._last = await self._source.books()
            self._looked_at = began
        except Problem as problem:
            # Not an error: who cannot reach the ledger says so elsewhere, and the figures' age tells of it.
            _log.info("the books cannot be checked: %s", problem.detail)
        except Exception:  # noqa: BLE001  # logged; a watch that ended would be silent for ever
            _log.exception("the check of the books met what nobody foresaw")
        return max(_LEAST_PAUSE_S, _SHARE * (time.monotonic() - began))

    def figures(self) -> Iterator[str]:
        """What was seen and how long ago, for Prometheus; nothing before the first look."""
        if self._last is None:
            return
        yield "# TYPE ledger_payments gauge"
        yield from (
            f'ledger_payments{{status="{name}"}} {n}' for name, n in sorted(self._last.payments.items())
        )
        yield "# TYPE ledger_unbalanced gauge"
        yield f'ledger_unbalanced{{what="payments"}} {self._last.unbalanced_payments}'
        yield f'ledger_unbalanced{{what="accounts"}} {self._last.unbalanced_accounts}'
        yield "# TYPE ledger_books_age_seconds gauge"
        yield f"ledger_books_age_seconds {time.monotonic() - self._looked_at:.3f}"
