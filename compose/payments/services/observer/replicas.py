"""Every node's copy of every table, as digests at one replayed position.

A digest is the number of rows and the sum of a 64-bit hash of each row's text: the order of the rows does not
matter, a row that is doubled, missing or changed does.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from .errors import Incomplete
from .lines import lines
from .nodes import Connection, connect
from .settings import Settings

__all__ = ["print_digests"]

_PAUSE_S = 0.05
_TABLES = """SELECT n.nspname || '.' || c.relname, format('%I.%I', n.nspname, c.relname)
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind = 'r' AND n.nspname NOT IN ('pg_catalog', 'information_schema') ORDER BY 1"""
_REACHED = "SELECT pg_last_wal_replay_lsn() >= %s::pg_lsn, pg_last_wal_replay_lsn()::text"


def print_digests(settings: Settings, primary: str, until: float) -> None:
    """Print a digest of each table of each node.

    Raises:
        Incomplete: a node cannot be read, or does not replay up to the primary's position by ``until``.
    """
    with connect(settings, primary) as connection:
        position = _one(connection, "SELECT pg_current_wal_flush_lsn()::text")
        roles = dict(connection.execute("SELECT application_name, sync_state FROM pg_stat_replication"))

    def read(node: str) -> list[dict[str, Any]]:
        role = "primary" if node == primary else _ROLES.get(roles.get(node, ""), "replica")
        with connect(settings, node) as connection:
            if node != primary:
                _wait_replayed(connection, node, position, until)
            return list(_digests(connection, node, role, position))

    with ThreadPoolExecutor(max_workers=len(settings.ledger)) as pool:
        for items in pool.map(read, settings.ledger):
            lines(items)


_ROLES = {"sync": "sync-standby", "quorum": "sync-standby"}


def _wait_replayed(connection: Connection, node: str, position: str, until: float) -> None:
    while True:
        row = connection.execute(_REACHED, (position,)).fetchone()
        if row and row[0]:
            return
        if time.monotonic() > until:
            raise Incomplete(f"{node} has replayed up to {row and row[1]}, not to the primary's {position}")
        time.sleep(_PAUSE_S)


def _digests(connection: Connection, node: str, role: str, position: str) -> Iterator[dict[str, Any]]:
    for name, quoted in connection.execute(_TABLES).fetchall():
        row = connection.execute(
            f"SELECT count(*), coalesce(sum(hashtextextended(t::text, 0)), 0)::text FROM {quoted} t"  # noqa: S608  # quoted by the server
        ).fetchone()
        rows, digest = row or (None, None)
        yield {
            "t": "digest",
            "node": node,
            "role": role,
            "table": name,
            "digest": digest,
            "rows": rows,
            "position": position,
        }


def _one(connection: Connection, statement: str) -> str:
    row = connection.execute(statement).fetchone()
    return str(row[0]) if row else ""
