"""The shortest way from one group to another along a stack's links. Pure."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable

__all__ = ["path"]


def path(start: str, end: str, links: Iterable[str]) -> tuple[str, ...]:
    """The links (``from->to``) that lead from one group to another, as few as possible; none when none do."""
    hops = [tuple(link.split("->")) for link in links]
    ways: deque[tuple[str, tuple[str, ...]]] = deque([(start, ())])
    seen: set[str] = set()
    while ways:
        here, gone = ways.popleft()
        if here == end and gone:
            return gone
        if here not in seen:
            seen.add(here)
            ways.extend((after, (*gone, f"{here}->{after}")) for before, after in hops if before == here)
    return ()
