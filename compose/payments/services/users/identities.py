"""The users and their sessions, as the service uses them. The functions are SQL: images/ledger/schema/.

A session begins and ends by a commit that a standby has on its disk, so it outlives any one node, of this service and
of the database. What a token opens is asked of the primary each time: no node remembers one, so none can let in
somebody whom another has logged out.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from payments.database import Database
from payments.settings import Settings

from .allowance import Allowance
from .orders import ProfileChange, Registration

__all__ = ["Account", "Identities"]

_ACCOUNT = ("user_id::text", "login", "roles", "profile::text", "version", "password_hash", "password_key")
_OF_R = ", ".join(f"(r.account).{column}" for column in _ACCOUNT)

# Only the column names above go in by formatting; what clients send goes in as values.
_REGISTER = f"""SELECT wait_s, replayed, {_OF_R}
    FROM identity.register(%s, %s, %s, %s::text[], %s::jsonb, %s::integer, %s::double precision) r"""  # noqa: S608
_TRY = f"SELECT wait_s, {_OF_R} FROM identity.try_log_in(%s, %s::integer, %s::double precision) r"  # noqa: S608
_BEGIN = "SELECT identity.begin_session(%s, %s, %s::bytea, %s::double precision)"
_TRY_OLD = (
    f"SELECT wait_s, {_OF_R} FROM identity.try_password(%s::bytea, %s::integer, %s::double precision) r"  # noqa: S608
)
_REPLACE = "SELECT known, changed FROM identity.change_password(%s::bytea, %s, %s, %s)"
_END = "SELECT identity.end_session(%s::bytea)"
_ME = f"SELECT {', '.join(_ACCOUNT)} FROM identity.me(%s::bytea)"  # noqa: S608
_CHANGE = f"""SELECT changed, replayed, {_OF_R}
    FROM identity.change_profile(%s::bytea, %s::bigint[], %s::jsonb, %s) r"""  # noqa: S608


@dataclass(frozen=True, slots=True)
class Account:
    """A user, as he is saved."""

    user_id: str
    login: str
    roles: tuple[str, ...]
    profile: dict[str, str]
    version: int
    password_hash: str
    password_key: str | None

    def shown(self) -> dict[str, Any]:
        """What he and the operators may see of it."""
        return {
            "user_id": self.user_id,
            "login": self.login,
            "roles": list(self.roles),
            "profile": self.profile,
            "version": self.version,
        }


class Identities(Database):
    """Users and sessions.

    ``until`` is the event loop's time at which the request's deadline ends.
    """

    def __init__(self, settings: Settings, allowance: Allowance) -> None:
        super().__init__(settings)
        self._allowance = allowance

    async def register(
        self, key: str, order: Registration, password_hash: str, until: float
    ) -> tuple[Account, bool]:
        """Register the user, or find him registered by this key: ``(account, whether he was there)``.

        The password of one who was there is still to be held against the account's.

        Raises:
            Refused: 409 when the login name is another's, 422 when the key came with another body before, 429.
        """
        values = (key, order.login, password_hash, list(order.roles), json.dumps(order.profile))
        wait_s, replayed, *row = await self._write(_REGISTER, (*values, *self._limits), until)
        self._allowance.check(wait_s)
        return _account(row), bool(replayed)

    async def try_log_in(self, login: str, until: float) -> Account | None:
        """Count an attempt to log in; the account to be tried, None when there is none.

        Raises:
            Refused: 429 when there were too many.
        """
        wait_s, *row = await self._write(_TRY, (login, *self._limits), until)
        self._allowance.check(wait_s)
        return _account(row) if row[0] is not None else None

    async def begin_session(
        self, login: str, password_hash: str, token_sha256: bytes, lifetime_s: int, until: float
    ) -> datetime | None:
        """Begin a session of the user who has shown the password of this hash; when it will expire.

        None when another password stands there by now.
        """
        values = (login, password_hash, token_sha256, lifetime_s)
        (expires_at,) = await self._write(_BEGIN, values, until)
        assert expires_at is None or isinstance(expires_at, datetime)
        return expires_at and expires_at.astimezone(UTC)

    async def try_password(self, token_sha256: bytes, until: float) -> Account | None:
        """Count an attempt by the user whose token this is; his account, None when it is nobody's.

        Raises:
            Refused: 429 when there were too many.
        """
        wait_s, *row = await self._write(_TRY_OLD, (token_sha256, *self._limits), until)
        self._allowance.check(wait_s)
        return _account(row) if row[0] is not None else None

    async def change_password(
        self, token_sha256: bytes, old_hash: str, new_hash: str, key: str | None, until: float
    ) -> tuple[bool, bool]:
        """Put one hash in the place of another, and end the user's other sessions.

        Returns:
            Whether the token is anybody's; whether it was changed, which it is not when another stands there.
        """
        known, changed = await self._write(_REPLACE, (token_sha256, old_hash, new_hash, key), until)
        return bool(known), bool(changed)

    async def end_session(self, token_sha256: bytes) -> bool:
        """End a session, or find it ended; whether there is such a session."""
        (known,) = await self._write(_END, (token_sha256,))
        return bool(known)

    async def me(self, token_sha256: bytes) -> Account | None:
        """The user whose token this is, from the primary; None when it is nobody's."""
        rows = await self._read(self.writes, _ME, (token_sha256,))
        return _account(rows[0]) if rows else None

    async def change(
        self, token_sha256: bytes, versions: list[int] | None, change: ProfileChange, key: str | None
    ) -> tuple[bool, bool, Account | None]:
        """Change the profile of the user whose token this is, if he has one of these versions.

        Returns:
            Whether it is changed; whether it was before, by this key; the account now, None without a valid
            token.

        Raises:
            Refused: 422 when the key came with another change before.
        """
        values = (token_sha256, versions, json.dumps(change.patch), key)
        changed, replayed, *row = await self._write(_CHANGE, values)
        return bool(changed), bool(replayed), _account(row) if row[0] is not None else None

    @property
    def _limits(self) -> tuple[int, float]:
        return self._allowance.burst, self._allowance.refill_s


def _account(row: Sequence[Any]) -> Account:
    user_id, login, roles, profile, *rest = row
    return Account(user_id, login, tuple(roles), json.loads(profile), *rest)
