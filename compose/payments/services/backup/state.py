"""What the scheduler knows now, as the pages show it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from .repository import EMPTY, Repository, segment_number
from .schedule import Job, Tries

__all__ = ["State"]

_SEGMENT_BYTES = 16 * 2**20


@dataclass(frozen=True, slots=True)
class State:
    """One moment; the scheduler replaces it whole, so a page never shows half of one.

    Attributes:
        held: what the repository held when it was last asked.
        readable: the repository answered then.
        tries: when each job was tried.
        seconds: how long the last try of each job took.
        wal_now: the segment that the primary wrote when it was last asked; None when it gave no answer.
    """

    held: Repository = EMPTY
    readable: bool = False
    tries: Mapping[Job, Tries] = field(default_factory=dict)
    seconds: Mapping[Job, float] = field(default_factory=dict)
    wal_now: str | None = None

    def not_ready(self) -> str | None:
        """Why a restore could not be trusted now; None when it can."""
        check = self.tries.get(Job.CHECK, Tries())
        if not self.readable or not self.held.usable:
            return "the repository cannot be read"
        if check.failed_at is not None:
            return "the last check failed: WAL does not arrive"
        if check.ok_at is None:
            return "not checked yet"
        if self.held.newest() is None:
            return "there is no backup yet"
        return None

    def unarchived_bytes(self) -> int | None:
        """WAL in whole segments that the primary has written and the repository lacks; None when unknown."""
        if self.wal_now is None or not self.readable:
            return None
        if self.held.wal_newest is None:
            return segment_number(self.wal_now) * _SEGMENT_BYTES
        behind = segment_number(self.wal_now) - segment_number(self.held.wal_newest) - 1
        return max(0, behind) * _SEGMENT_BYTES
