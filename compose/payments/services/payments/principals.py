"""Who asks, and whether he may: the bearer of a token (RFC 6750), as schema ``identity`` knows him.

A token is 256 random bits in base64. The database holds its SHA-256 alone, so whoever reads the database cannot use
what he finds. With so many bits nothing slower is needed: there is nothing to guess.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from .http import Request
from .problems import Refused

__all__ = [
    "Principal",
    "Role",
    "Sessions",
    "bearer",
    "need",
    "need_secret",
    "not_authenticated",
    "principal",
    "token_sha256",
]

Role = Literal["payer", "approver", "auditor"]

_BEARER = re.compile(r"Bearer +([A-Za-z0-9._~+/-]{1,512}=*)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Principal:
    """A user who has shown a token that is valid now."""

    user_id: str
    roles: frozenset[str]


class Sessions(Protocol):
    """What knows tokens: :class:`~payments.ledger.Ledger` is one."""

    async def principal(self, token_sha256: bytes) -> tuple[str, Sequence[str]] | None:
        """The user's id and roles; None when the token is unknown, ended or expired."""
        ...


async def principal(ledger: Sessions, request: Request) -> Principal:
    """Whose request this is.

    Raises:
        Refused: 401 when it has no token, or one that is unknown, ended or expired.
        NoEffect: the ledger could not be asked; nobody is let in on a guess.
    """
    found = await ledger.principal(token_sha256(bearer(request)))
    if found is None:
        raise not_authenticated("The token is unknown, has expired or was ended by a log-out.")
    user_id, roles = found
    return Principal(user_id, frozenset(roles))


def need(principal: Principal, *roles: Role) -> None:
    """Let nobody on without one of these roles.

    Raises:
        Refused: 403 when he has none of them.
    """
    if not principal.roles.intersection(roles):
        yours = ", ".join(sorted(principal.roles)) or "none"
        detail = f"This needs the role {' or '.join(roles)}; yours: {yours}."
        raise Refused(403, "not-allowed", "You may not do this", detail)


def need_secret(request: Request, secret: str, whose: str) -> None:
    """Let nobody on but the bearer of a secret of the stack's own, which no log-in gives.

    Raises:
        Refused: 401 when the request shows none or another, with the sentence ``whose``.
    """
    # In constant time: how long it takes tells nothing of the secret.
    if not hmac.compare_digest(token_sha256(bearer(request)), token_sha256(secret)):
        raise not_authenticated(whose)


def bearer(request: Request) -> str:
    """The token that the request shows.

    Raises:
        Refused: 401 when it shows none.
    """
    shown = _BEARER.fullmatch((request.header("authorization") or "").strip())
    if not shown:
        raise not_authenticated("Send the header Authorization: Bearer TOKEN.")
    return shown[1]


def token_sha256(token: str) -> bytes:
    """What the database knows of a token."""
    return hashlib.sha256(token.encode()).digest()


def not_authenticated(detail: str) -> Refused:
    """The answer to who shows no valid token."""
    challenge = {"www-authenticate": 'Bearer realm="payments"'}
    return Refused(401, "not-authenticated", "Nobody knows who you are", detail, challenge)
