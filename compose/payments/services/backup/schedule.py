"""Which job is due: pure, from the repository's contents and what was tried."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from .repository import Repository

__all__ = ["Job", "Tries", "due"]


class Job(Enum):
    """What can be due, the most urgent first."""

    CHECK = "check"
    FULL = "full"
    INCREMENTAL = "incr"
    VERIFY = "verify"


@dataclass(frozen=True, slots=True)
class Tries:
    """When a job was tried, in seconds since the epoch.

    Attributes:
        ok_at: its last success; None when there was none.
        failed_at: its last failure, when that came after the last success.
    """

    ok_at: float | None = None
    failed_at: float | None = None


def due(
    now: float, held: Repository, tries: Mapping[Job, Tries], every_s: Mapping[Job, float], retry_s: float
) -> Job | None:
    """The most urgent job that is due, or None.

    1. A job that failed rests for ``retry_s``, or a twentieth of its own period when that is longer, and holds up no
       other job meanwhile; only after a failed check nothing else is tried: a backup without its WAL is none.
    2. Check and verify go by their own last success, backups by what the repository holds, so that neither a
       restart of this program nor a lost repository leads it astray.
    3. An incremental backup is also due when the ledger has changed its timeline since the last backup: what the
       old primary had not yet archived when it died may be missing for ever, and nothing before the gap can be
       rolled forward over it.
    4. Verify waits for a first backup.
    """
    for job in Job:
        tried = tries.get(job, Tries())
        if not _wanted(job, now, held, tried, every_s[job]):
            continue
        if tried.failed_at is None or _older(tried.failed_at, now, max(retry_s, every_s[job] / 20)):
            return job
        if job is Job.CHECK:
            return None
    return None


def _wanted(job: Job, now: float, held: Repository, tried: Tries, every_s: float) -> bool:
    if job is Job.FULL:
        return _older(held.newest("full"), now, every_s)
    if job is Job.INCREMENTAL:
        newest = held.newest()
        return newest is not None and (_older(newest, now, every_s) or held.timeline_moved)
    if job is Job.VERIFY and held.newest() is None:
        return False
    # A job that failed since is wanted until it succeeds.
    return tried.failed_at is not None or _older(tried.ok_at, now, every_s)


def _older(at: float | None, now: float, than_s: float) -> bool:
    """Whether it is that old, or never was; a time in the future (a clock was set back) counts as old."""
    return at is None or not 0 <= now - at < than_s
