"""What the service is told by its environment, besides where its database is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from payments.settings import strong

__all__ = ["UsersSettings"]


@dataclass(frozen=True, slots=True, kw_only=True)
class UsersSettings:
    """The service's settings.

    Attributes:
        admin_token: who shows it may register approvers and auditors.
        deadline_s: a request is answered within this, its hashing included.
        session_lifetime_max_s: a session ends by itself after this, or sooner when the log-in asks for it.
        burst: attempts to log in at one account before the limit.
        refill_s: one attempt comes back after this.
        hashes_at_once: passwords that are hashed at the same time, each on a core of its own for some 30 ms.
    """

    admin_token: str = field(repr=False)
    deadline_s: float = 1.5
    session_lifetime_max_s: int = 8 * 3600
    burst: int = 10
    refill_s: float = 30.0
    hashes_at_once: int = 1

    def __post_init__(self) -> None:
        strong("USERS_ADMIN_TOKEN", self.admin_token)
        for name in ("deadline_s", "session_lifetime_max_s", "burst", "refill_s", "hashes_at_once"):
            if not getattr(self, name) > 0:
                raise ValueError(f"{name} must be above 0, not {getattr(self, name)}")

    @classmethod
    def from_environment(cls, environ: Mapping[str, str]) -> UsersSettings:
        """Read the settings.

        Raises:
            KeyError: USERS_ADMIN_TOKEN is missing.
            ValueError: a value is not what it must be.
        """
        return cls(
            admin_token=environ["USERS_ADMIN_TOKEN"],
            deadline_s=float(environ.get("REQUEST_DEADLINE_S", "1.5")),
            session_lifetime_max_s=int(environ.get("SESSION_LIFETIME_MAX_S", "28800")),
            burst=int(environ.get("LOG_IN_BURST", "10")),
            refill_s=float(environ.get("LOG_IN_REFILL_S", "30")),
            hashes_at_once=int(environ.get("HASHES_AT_ONCE", "1")),
        )
