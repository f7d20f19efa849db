"""The same books as a client sees them, through the edge."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlencode

from .errors import Incomplete
from .lines import lines
from .settings import Settings
from .web import NoAnswer, get

__all__ = ["print_lists"]

_LIMIT = 2000
_TRIES = 3


def print_lists(settings: Settings) -> None:
    """Print the run's payments and accounts, page by page.

    Raises:
        Incomplete: a page could not be had.
    """
    payments = _items(settings, "payments", {"key_prefix": settings.prefix})
    lines({"t": "payment", "source": "api", **item} for item in payments)
    accounts = _items(settings, "accounts", {"prefix": settings.prefix})
    lines({"t": "account", "source": "api", **_renamed(item)} for item in accounts)


def _renamed(account: Mapping[str, Any]) -> dict[str, Any]:
    rest = {key: value for key, value in account.items() if key != "account_id"}
    return {"account": account["account_id"], **rest}


def _items(settings: Settings, what: str, query: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    after: str | None = ""
    while after is not None:
        asked = urlencode({**query, "after": after, "limit": _LIMIT})
        page = _page(f"{settings.api}/{what}?{asked}", settings.api_token)
        yield from page["items"]
        after = page["next_after"]


def _page(url: str, token: str) -> dict[str, Any]:
    for tries_left in reversed(range(_TRIES)):
        try:
            page: dict[str, Any] = json.loads(get(url, 5.0, token=token))
        except (NoAnswer, ValueError) as error:
            if not tries_left:
                raise Incomplete(f"the API's list cannot be read: {error}") from error
        else:
            return page
    raise AssertionError  # the last try returns or raises
