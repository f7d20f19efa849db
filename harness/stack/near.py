"""The near miss of a misspelt word."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

__all__ = ["did_you_mean"]

_SHOWN_MAX = 12


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """A sentence without its full stop: the nearest known words, or all of them when none is near."""
    names = sorted(set(known))
    near = difflib.get_close_matches(word, names, n=2, cutoff=0.6)
    if near:
        return f"Did you mean {' or '.join(near)}?"
    if not names:
        return "There is none"
    more = ", ..." if len(names) > _SHOWN_MAX else ""
    return f"There is {', '.join(names[:_SHOWN_MAX])}{more}"
