"""The books as the primary holds them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from .lines import lines
from .nodes import Connection, connect
from .settings import Settings

__all__ = ["print_books"]

_FOREIGN = """SELECT EXISTS (SELECT FROM books.payments WHERE
    (key ^@ %(p)s OR debtor ^@ %(p)s OR creditor ^@ %(p)s)
    AND NOT (key ^@ %(p)s AND debtor ^@ %(p)s AND creditor ^@ %(p)s))"""
_PAYMENTS = (
    "SELECT payment_id::text, key, debtor, creditor, amount, currency, status, hold FROM books.payments"
)
_ENTRIES = """SELECT e.payment_id::text, e.account_id, e.amount, e.currency
    FROM books.entries e JOIN books.payments p USING (payment_id)"""
_ACCOUNTS = "SELECT account_id, currency, balance, may_be_negative FROM books.accounts"
# A chain proves itself only whole, so rows of other runs in between belong to it.
_TRANSITIONS = """SELECT a.chain, a.number, a.payment_id::text, a.from_status, a.to_status, a.actor, a.content,
        a.previous, a.hash
    FROM books.audit a JOIN (SELECT chain, min(number) AS first FROM books.audit JOIN books.payments USING (payment_id)
                             WHERE key ^@ %(p)s GROUP BY chain) r ON a.chain = r.chain AND a.number >= r.first
    ORDER BY a.chain, a.number"""

_LISTS = {
    "payment": (_PAYMENTS, "key"),
    "entry": (_ENTRIES, "p.key"),
    "account": (_ACCOUNTS, "account_id"),
}
_FIELDS = {
    "payment": ("payment_id", "key", "debtor", "creditor", "amount", "currency", "status", "hold"),
    "transition": (
        "chain",
        "number",
        "payment_id",
        "from_status",
        "to_status",
        "actor",
        "content",
        "previous",
        "hash",
    ),
    "entry": ("payment_id", "account", "amount", "currency"),
    "account": ("account", "currency", "balance", "may_be_negative"),
}


def print_books(settings: Settings, primary: str) -> None:
    """Print payments, entries, accounts and the audit trail, all of one moment.

    The lines are closed: with a payment its entries, with an entry its account, with an account all its
    entries. The run's own books are closed when its keys and its accounts meet no others'; where they do, the
    books of everybody are printed. Of the audit trail: each chain from the run's first row to its end.

    Raises:
        Incomplete: the primary could not be read to the end.
    """
    with connect(settings, primary) as connection, connection.transaction():
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        prefix = {"p": settings.prefix}
        foreign = connection.execute(_FOREIGN, prefix).fetchone() == (True,)
        for kind, (statement, column) in _LISTS.items():
            of_run = "" if foreign else f" WHERE {column} ^@ %(p)s"
            lines(_items(connection, kind, statement + of_run, prefix))
        lines(_items(connection, "transition", _TRANSITIONS, prefix))


def _items(
    connection: Connection, kind: str, statement: str, values: Mapping[str, object]
) -> Iterator[dict[str, Any]]:
    rows: Iterable[tuple[Any, ...]] = connection.execute(statement, values)
    for row in rows:
        yield {"t": kind, "source": "database", **dict(zip(_FIELDS[kind], row, strict=True))}
