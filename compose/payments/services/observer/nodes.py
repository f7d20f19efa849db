"""The ledger's nodes, each asked directly, past the router."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TypeAlias

import psycopg

from .errors import Incomplete
from .settings import Settings

__all__ = ["Connection", "connect", "the_primary"]

Connection: TypeAlias = "psycopg.Connection[tuple[Any, ...]]"


@contextmanager
def connect(settings: Settings, node: str, statement_timeout_s: float = 20.0) -> Iterator[Connection]:
    """A reading session on one node.

    Raises:
        Incomplete: the node cannot be reached, or the session broke.
    """
    try:
        with psycopg.connect(
            host=node,
            dbname="ledger",
            user="observer",
            password=settings.password,
            application_name="observer",
            sslmode="disable",
            connect_timeout=2,
            tcp_user_timeout=3000,
            autocommit=True,
            options=f"-c statement_timeout={int(statement_timeout_s * 1000)}",
        ) as connection:
            yield connection
    except psycopg.Error as error:
        words = str(error).strip().split("\n")[0]
        raise Incomplete(f"{node} cannot be read: {words}") from error


def the_primary(settings: Settings) -> str:
    """The one node that accepts writes.

    Raises:
        Incomplete: none does, or more than one, or a node that runs does not say.
    """
    found = []
    for node in settings.ledger:
        with connect(settings, node, 2.0) as connection:
            row = connection.execute("SELECT pg_is_in_recovery()").fetchone()
            if row == (False,):
                found.append(node)
    if len(found) != 1:
        raise Incomplete(
            f"{len(found)} nodes of the ledger say that they are the primary: {', '.join(found)}"
        )
    return found[0]
