"""What the repository holds, from ``pgbackrest info --output=json``."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

__all__ = ["EMPTY", "Backup", "InfoError", "Repository", "segment_number"]

_STATUS_MISSING = (1, 2)
"""No stanza path, or no valid backup: nothing is wrong, but nothing is there either."""
_NAME_DIGITS = 24
_SEGMENTS_PER_LOG = 256
"""Of 16 MiB each, PostgreSQL's default."""


class InfoError(ValueError):
    """Not the answer that ``pgbackrest info`` gives."""


@dataclass(frozen=True, slots=True)
class Backup:
    """One backup.

    Attributes:
        kind: ``full``, ``diff`` or ``incr``.
        stopped_at: when it was complete, in seconds since the epoch.
        wal_stop: the name of the last WAL segment that it needs.
        stored_bytes: what it added to the repository, compressed.
        failed: a page in it had a wrong checksum.
    """

    kind: str
    stopped_at: float
    wal_stop: str
    stored_bytes: int
    failed: bool


@dataclass(frozen=True, slots=True)
class Repository:
    """The repository.

    Attributes:
        usable: pgBackRest finds nothing wrong with it (that nothing is in it yet is not wrong).
        backups: oldest first.
        wal_newest: the name of the newest WAL segment in the archive; None when there is none.
    """

    usable: bool = True
    backups: tuple[Backup, ...] = ()
    wal_newest: str | None = None

    @classmethod
    def parse(cls, text: str, stanza: str = "ledger") -> Repository:
        """Read the answer.

        Raises:
            InfoError: it is something else.
        """
        try:
            entries = [entry for entry in json.loads(text) if entry["name"] == stanza]
            if not entries:
                return EMPTY
            (entry,) = entries
            return cls(
                usable=entry["status"]["code"] in (0, *_STATUS_MISSING),
                backups=tuple(sorted(map(_backup, entry["backup"]), key=lambda one: one.stopped_at)),
                wal_newest=max((part["max"] for part in entry["archive"] if part["max"]), default=None),
            )
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise InfoError(f"not what info prints: {error!r} in {text[:200]!r}") from error

    def newest(self, kind: str | None = None) -> float | None:
        """When the newest sound backup (of that kind) was complete, in seconds since the epoch."""
        times = [one.stopped_at for one in self.backups if not one.failed and kind in (None, one.kind)]
        return max(times, default=None)

    @property
    def timeline_moved(self) -> bool:
        """WAL of a later timeline has come since the last backup."""
        if not self.backups or self.wal_newest is None:
            return False
        return self.wal_newest[:8] > self.backups[-1].wal_stop[:8]


EMPTY = Repository()


def _backup(entry: dict[str, Any]) -> Backup:
    return Backup(
        kind=entry["type"],
        stopped_at=float(entry["timestamp"]["stop"]),
        wal_stop=entry["archive"]["stop"] or "",
        stored_bytes=int(entry["info"]["repository"]["delta"]),
        failed=bool(entry.get("error")),
    )


def segment_number(name: str) -> int:
    """Where a WAL segment stands in the ledger's whole history, whatever its timeline.

    Raises:
        ValueError: it is no segment's name.
    """
    if len(name) != _NAME_DIGITS:
        raise ValueError(f"{name!r} is no WAL segment")
    return int(name[8:16], 16) * _SEGMENTS_PER_LOG + int(name[16:], 16)
