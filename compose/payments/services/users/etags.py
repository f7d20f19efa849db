"""A user's version as an entity tag, and what a client says about it (RFC 9110, 13.1.1)."""

from __future__ import annotations

import re

from payments.problems import Refused

__all__ = ["etag", "versions"]

_TAG = re.compile(r'(W/)?"([\x21\x23-\x7e\x80-\xff]*)"')
_OURS = re.compile(r"[1-9][0-9]{0,17}")


def etag(version: int) -> str:
    """A version as a strong tag."""
    return f'"{version}"'


def versions(if_match: str | None) -> list[int] | None:
    """The versions that ``If-Match`` names; None for ``*``, which is any.

    A weak tag matches nothing, and neither does one that this service never made.

    Raises:
        Refused: 428 without the header, 400 when it is no list of tags.
    """
    if if_match is None:
        detail = 'Send If-Match with the ETag of the version that you change, such as "3".'
        raise Refused(428, "version-missing", "A change needs the version that it changes", detail)
    if if_match.strip() == "*":
        return None
    tags = [part.strip() for part in if_match.split(",")]
    matches = [_TAG.fullmatch(part) for part in tags if part]
    if not matches or None in matches:
        detail = f'If-Match is * or a list of tags such as "3", not {if_match[:80]!r}.'
        raise Refused(400, "version-malformed", "The version cannot be read", detail)
    strong = [match[2] for match in matches if match and not match[1]]
    return [int(tag) for tag in strong if _OURS.fullmatch(tag)]
