"""What a query says of time and length: a period, and how many rows at once."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from .problems import Refused

__all__ = ["EVER", "STAMP", "Period", "limit_of", "refuse_unknown", "right_after"]

LIMIT_MAX = 200
EVER = ("-infinity", "infinity")
"""Before and after every time, as PostgreSQL writes it."""
STAMP = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6}Z")
"""A time as the database gives it."""

_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9:]{8}(\.[0-9]{1,6})?([Zz]|[+-][0-9]{2}:[0-9]{2})")
_LIMIT = re.compile(r"[1-9][0-9]{0,2}")


@dataclass(frozen=True, slots=True)
class Period:
    """A period, its begin included and its end not; :data:`EVER` where none is given."""

    begin: str
    end: str

    @classmethod
    def parse(cls, query: Mapping[str, str]) -> Period:
        """Read ``from`` and ``to``, times of RFC 3339, each of which may be left out.

        Raises:
            Refused: 400 when one is no such time, or they are the wrong way round.
        """
        begin, end = (_time(name, query.get(name)) for name in ("from", "to"))
        if begin and end and begin >= end:
            raise Refused(400, "invalid-period", "The period is wrong", "from must be before to.")
        return cls(_stamp(begin) or EVER[0], _stamp(end) or EVER[1])


def right_after(stamp: str) -> str:
    """The first time after one that the database gave."""
    return _stamp(datetime.fromisoformat(stamp) + timedelta(microseconds=1)) or EVER[1]


def limit_of(query: Mapping[str, str]) -> int:
    """Rows at most, 100 unless said.

    Raises:
        Refused: 400 when it is not from 1 to 200.
    """
    limit = query.get("limit", "100")
    if not _LIMIT.fullmatch(limit) or int(limit) > LIMIT_MAX:
        detail = f"limit must be from 1 to {LIMIT_MAX}, not {limit[:20]!r}."
        raise Refused(400, "invalid-limit", "The limit is wrong", detail)
    return int(limit)


def refuse_unknown(query: Mapping[str, str], known: set[str]) -> None:
    """A parameter that nobody reads may have been meant.

    Raises:
        Refused: 400 when there is one.
    """
    unknown = sorted(query.keys() - known)
    if unknown:
        detail = f"{unknown[0][:80]!r} is none of {sorted(known)}."
        raise Refused(400, "unknown-parameter", "A parameter is not known", detail)


def _time(name: str, text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        if _TIME.fullmatch(text):
            return datetime.fromisoformat(text.upper()).astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    # In a query a plain + is a space.
    detail = f"{name} must be a time such as 2026-01-31T09:30:00Z (+ is written %2B), not {text[:40]!r}."
    raise Refused(400, "invalid-time", "The time cannot be read", detail)


def _stamp(time: datetime | None) -> str | None:
    return time and f"{time:%Y-%m-%dT%H:%M:%S.%f}Z".rjust(27, "0")
