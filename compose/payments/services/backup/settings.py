"""What the scheduler is told by its environment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from .schedule import Job

__all__ = ["Settings"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The scheduler's settings.

    Attributes:
        every_s: each job is done again when its last success is so old.
        retry_s: a job that failed is tried again after this.
        nodes: the ledger's nodes.
        ledger: host and port that lead to the primary of them.
        password: of the database role ``observer``.
    """

    every_s: Mapping[Job, float]
    retry_s: float
    nodes: tuple[str, ...]
    ledger: tuple[str, int]
    password: str = field(repr=False)

    @classmethod
    def from_environment(cls, environ: Mapping[str, str]) -> Settings:
        """Read the settings.

        Raises:
            KeyError: LEDGER_WRITE, BACKUP_LEDGER_NODES or LEDGER_OBSERVER_PASSWORD is missing.
            ValueError: a value is not what it must be.
        """
        host, _, port = environ["LEDGER_WRITE"].rpartition(":")
        return cls(
            every_s={
                Job.CHECK: _seconds(environ, "BACKUP_CHECK_EVERY_S", "60"),
                Job.FULL: _seconds(environ, "BACKUP_FULL_EVERY_S", "600"),
                Job.INCREMENTAL: _seconds(environ, "BACKUP_INCREMENTAL_EVERY_S", "120"),
                Job.VERIFY: _seconds(environ, "BACKUP_VERIFY_EVERY_S", "600"),
            },
            retry_s=_seconds(environ, "BACKUP_RETRY_S", "5"),
            nodes=tuple(environ["BACKUP_LEDGER_NODES"].split(",")),
            ledger=(host, int(port)),
            password=environ["LEDGER_OBSERVER_PASSWORD"],
        )


def _seconds(environ: Mapping[str, str], name: str, default: str) -> float:
    value = float(environ.get(name, default))
    if not 0 < value < float("inf"):
        raise ValueError(f"{name} is a number of seconds above 0, not {value}")
    return value
