"""Where a walk over pages goes on: opaque to the client, and good for nothing but the walk that it came from.

Nothing in a cursor is believed: whoever makes one up gets another place in a list that he may read anyway.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import re
from collections.abc import Sequence

from .problems import Refused

__all__ = ["seal", "unseal"]

_TEXT = re.compile(r"[A-Za-z0-9_-]{1,1024}")


def seal(walk: Sequence[str], *parts: str) -> str:
    """A cursor for the next page.

    Args:
        walk: what the pages are of: account, filters.
        parts: where the next page begins.
    """
    return base64.urlsafe_b64encode(json.dumps([_digest(walk), *parts]).encode()).decode().rstrip("=")


def unseal(walk: Sequence[str], cursor: str, *shapes: re.Pattern[str]) -> list[str]:
    """The parts of a cursor, each of its shape.

    Raises:
        Refused: 400 when it is no cursor, or one of another walk.
    """
    try:
        known = _TEXT.fullmatch(cursor)
        found = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))) if known else None
    except (binascii.Error, ValueError, RecursionError):
        found = None
    if not isinstance(found, list) or not all(isinstance(part, str) for part in found) or not found:
        raise _wrong("it is none that this service gave")
    digest, *parts = found
    if digest != _digest(walk):
        raise _wrong("it belongs to another query: keep account and filters, and change the cursor alone")
    if len(parts) != len(shapes) or not all(map(re.Pattern.fullmatch, shapes, parts)):
        raise _wrong("it is none that this service gave")
    return parts


def _digest(walk: Sequence[str]) -> str:
    return hashlib.sha256(json.dumps(walk).encode()).hexdigest()[:16]


def _wrong(why: str) -> Refused:
    return Refused(400, "invalid-cursor", "The cursor cannot be used", f"cursor: {why}.")
