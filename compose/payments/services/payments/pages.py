"""Pages by key: a page begins after the last key of the one before, so added rows shift nothing."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .problems import Refused

__all__ = ["LIMIT_MAX", "Page"]

LIMIT_MAX = 5000
_LIMIT = re.compile(r"[1-9][0-9]{0,3}")


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a list.

    Attributes:
        prefix: only keys that begin with it.
        after: only keys beyond it, byte by byte.
        limit: rows at most.
    """

    prefix: str
    after: str
    limit: int

    @classmethod
    def parse(cls, query: Mapping[str, str], prefix_name: str) -> Page:
        """Read ``?<prefix_name>=&after=&limit=``, each of which may be left out.

        Raises:
            Refused: 400 when a parameter is not known, or the limit is not from 1 to 5000.
        """
        unknown = sorted(query.keys() - {prefix_name, "after", "limit"})
        if unknown:
            detail = f"{unknown[0]!r} is not known."
            raise Refused(400, "unknown-parameter", "A parameter is not known", detail)
        limit = query.get("limit", "1000")
        if not _LIMIT.fullmatch(limit) or int(limit) > LIMIT_MAX:
            detail = f"limit must be from 1 to {LIMIT_MAX}, not {limit[:20]!r}."
            raise Refused(400, "invalid-limit", "The limit is wrong", detail)
        prefix, after = query.get(prefix_name, ""), query.get("after", "")
        if "\x00" in prefix + after:
            raise Refused(400, "invalid-parameter", "A parameter is wrong", "A key holds no zero byte.")
        return cls(prefix, after, int(limit))

    def envelope(self, items: Sequence[Mapping[str, Any]], key: str) -> dict[str, Any]:
        """The page as sent; ``next_after`` is null on the last one.

        Args:
            items: at most ``limit`` rows, in order of ``key``.
            key: the field that the list is ordered by.
        """
        full = len(items) == self.limit
        return {"items": items, "next_after": items[-1][key] if full else None}
