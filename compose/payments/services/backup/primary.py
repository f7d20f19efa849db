"""Asks the ledger's primary how far its WAL is."""

from __future__ import annotations

from contextlib import closing

import psycopg2

from .settings import Settings

__all__ = ["wal_now"]

_STATEMENT = "SELECT pg_walfile_name(pg_current_wal_lsn())"


def wal_now(settings: Settings) -> str | None:
    """The name of the WAL segment that the primary writes now; None when there is no primary to ask."""
    host, port = settings.ledger
    try:
        with closing(
            psycopg2.connect(
                host=host,
                port=port,
                dbname="ledger",
                user="observer",
                password=settings.password,
                connect_timeout=2,
                application_name="backup",
                options="-c statement_timeout=2s",
                tcp_user_timeout=3000,
            )
        ) as connection:
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute(_STATEMENT)
                row = cursor.fetchone()
                return None if row is None else str(row[0])
    except psycopg2.Error:
        return None
