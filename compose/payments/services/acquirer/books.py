"""The acquirer's books: one SQLite file, on its disk before anybody is told (WAL, synchronous=FULL)."""

from __future__ import annotations

import sqlite3
from dataclasses import astuple, dataclass
from pathlib import Path
from threading import Lock

__all__ = ["Books", "KeyReused", "Order"]

_TABLE = """CREATE TABLE IF NOT EXISTS settlements (
    number     INTEGER PRIMARY KEY AUTOINCREMENT,
    key        TEXT NOT NULL UNIQUE,
    payment_id TEXT NOT NULL,
    amount     INTEGER NOT NULL,
    currency   TEXT NOT NULL,
    creditor   TEXT NOT NULL,
    status     TEXT NOT NULL CHECK (status IN ('accepted', 'refused'))
) STRICT"""
_COLUMNS = ("number", "key", "payment_id", "amount", "currency", "creditor", "status")
_SELECT = f"SELECT {', '.join(_COLUMNS)} FROM settlements"  # noqa: S608  # words of this module


class KeyReused(Exception):
    """The key was used with another body."""


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be settled."""

    payment_id: str
    amount: int
    currency: str
    creditor: str


class Books:
    """One writer at a time; safe to share between threads."""

    def __init__(self, path: Path) -> None:
        self._lock = Lock()
        self._base = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        for pragma in ("journal_mode=WAL", "synchronous=FULL"):
            self._base.execute(f"PRAGMA {pragma}")
        self._base.execute(_TABLE)

    def record(self, key: str, order: Order, status: str) -> tuple[dict[str, object], bool]:
        """Write it with this status, or find what was written under the key: ``(row, whether it was there)``.

        Raises:
            KeyReused: with another body.
        """
        with self._lock:
            cursor = self._base.execute(
                "INSERT INTO settlements (key, payment_id, amount, currency, creditor, status)"
                " VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (key) DO NOTHING",
                (key, *astuple(order), status),
            )
            replayed = cursor.rowcount == 0
            row = self._base.execute(f"{_SELECT} WHERE key = ?", (key,)).fetchone()
        if row[2:6] != astuple(order):
            raise KeyReused(key)
        return dict(zip(_COLUMNS, row, strict=True)), replayed

    def page(self, after: int, limit: int) -> list[dict[str, object]]:
        """Rows beyond a number, in order."""
        with self._lock:
            rows = self._base.execute(
                f"{_SELECT} WHERE number > ? ORDER BY number LIMIT ?", (after, limit)
            ).fetchall()
        return [dict(zip(_COLUMNS, row, strict=True)) for row in rows]
