"""The acquirer's own books, as a settlement node fetches them: nobody else can reach the acquirer."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from .errors import Incomplete
from .lines import lines
from .nodes import connect
from .settings import Settings
from .web import NoAnswer, get

__all__ = ["print_settlements"]

_LIMIT = 2000
_OTHERS = """SELECT payment_id::text FROM books.payments
    WHERE creator IS NOT NULL AND NOT key ^@ %s"""
_FIELDS = ("payment_id", "key", "amount", "currency", "status")


def print_settlements(settings: Settings, primary: str, left: str) -> None:
    """Print what the acquirer accepted, but for the payments of other runs.

    What belongs to no payment in the ledger at all is printed: it is what a lost payment leaves behind.

    Args:
        settings: where to look.
        primary: the ledger's primary.
        left: why the books are not final yet; empty when they are.

    Raises:
        Incomplete: the statement could not be read to its end, or something is left.
    """
    with connect(settings, primary) as connection:
        others = {row[0] for row in connection.execute(_OTHERS, (settings.prefix,))}
    lines(
        {"t": "settlement", "source": "acquirer", **{name: item[name] for name in _FIELDS}}
        for item in _statement(settings)
        if item["payment_id"] not in others and item["status"] == "accepted"
    )
    if left:
        raise Incomplete(left)


def _statement(settings: Settings) -> Iterator[dict[str, Any]]:
    after: int | None = 0
    while after is not None:
        page = _page(settings, f"statement?after={after}&limit={_LIMIT}")
        yield from page["items"]
        after = page["next_after"]


def _page(settings: Settings, path: str) -> dict[str, Any]:
    troubles = []
    for node in settings.settlement:
        try:
            page: dict[str, Any] = json.loads(get(f"http://{node}:8000/{path}", 5.0))
        except (NoAnswer, ValueError) as error:
            troubles.append(str(error))
        else:
            return page
    raise Incomplete(f"the acquirer's statement cannot be read: {'; '.join(troubles)}")
