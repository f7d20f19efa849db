"""The API: which request does what."""

from __future__ import annotations

import asyncio
import secrets
from typing import TYPE_CHECKING

from payments.http import Handler, Request, Response
from payments.principals import bearer, need_secret, not_authenticated, token_sha256
from payments.problems import Refused
from payments.requests import idempotency_key

from .etags import etag, versions
from .orders import LogIn, PasswordChange, ProfileChange, Registration
from .passwords import Passwords
from .settings import UsersSettings

if TYPE_CHECKING:
    # The routes need no database driver; their tests run where there is none.
    from .identities import Account, Identities

__all__ = ["Api"]

_TOKEN_BYTES = 32


class Api:
    """The handlers, each from a request to a response; a problem is raised."""

    def __init__(self, identities: Identities, passwords: Passwords, settings: UsersSettings) -> None:
        self._identities = identities
        self._passwords = passwords
        self._settings = settings
        self._routes: dict[tuple[str, ...], dict[str, Handler]] = {
            ("users",): {"POST": self._register},
            ("users", "me"): {"GET": self._me, "PATCH": self._change},
            ("users", "me", "password"): {"PUT": self._change_password},
            ("sessions",): {"POST": self._log_in},
            ("sessions", "current"): {"DELETE": self._log_out},
        }

    @property
    def paths(self) -> dict[str, list[str]]:
        """Every path with its methods."""
        return {"/" + "/".join(path): sorted(methods) for path, methods in self._routes.items()}

    def route(self, request: Request) -> tuple[str, Handler]:
        """The route's name, for the metrics, and its handler.

        Raises:
            Refused: 404 or 405.
        """
        methods = self._routes.get(request.path)
        if methods is None:
            raise Refused(404, "path", "There is nothing here", "See docs/users.md for the paths.")
        handler = methods.get(request.method)
        if handler is None:
            allowed = {"allow": ", ".join(sorted(methods))}
            detail = f"{request.method} is not."
            raise Refused(405, "method", "The method is not allowed here", detail, allowed)
        return f"{request.method} /{'/'.join(request.path)}", handler

    async def _register(self, request: Request) -> Response:
        until = self._until()
        key = idempotency_key(request.header("idempotency-key"))
        order = Registration.parse(await request.body())
        if not order.free:
            whose = "Only the administrator's token registers approvers and auditors."
            need_secret(request, self._settings.admin_token, whose)
        password_hash = await self._passwords.hash(order.password, until)
        account, replayed = await self._identities.register(key, order, password_hash, until)
        headers = {"etag": etag(account.version), "location": "/users/me"}
        if replayed:
            if not await self._passwords.right(order.password, account.password_hash, until):
                detail = "The key was used with another password."
                raise Refused(422, "key-reused", "This was used before with another body", detail)
            headers["idempotent-replayed"] = "true"
        return Response.json(201, account.shown(), headers)

    async def _log_in(self, request: Request) -> Response:
        until = self._until()
        order = LogIn.parse(await request.body(), self._settings.session_lifetime_max_s)
        account = await self._identities.try_log_in(order.login, until)
        password_hash = account.password_hash if account else None
        right = await self._passwords.right(order.password, password_hash, until)
        if account is None or not right:
            raise _no_such_password()
        token = secrets.token_urlsafe(_TOKEN_BYTES)
        digest = token_sha256(token)
        expires_at = await self._identities.begin_session(
            order.login, account.password_hash, digest, order.lifetime_s, until
        )
        if expires_at is None:
            raise _no_such_password()
        body = {"token": token, "expires_at": expires_at.isoformat(), **_who(account)}
        return Response.json(201, body, {"cache-control": "no-store"})

    async def _log_out(self, request: Request) -> Response:
        if not await self._identities.end_session(token_sha256(bearer(request))):
            raise not_authenticated("There is no such session.")
        return Response.json(200, {"ended": True})

    async def _me(self, request: Request) -> Response:
        account = await self._identities.me(token_sha256(bearer(request)))
        if account is None:
            raise _no_session()
        return _shown(account)

    async def _change(self, request: Request) -> Response:
        digest = token_sha256(bearer(request))
        wanted = versions(request.header("if-match"))
        key = request.header("idempotency-key")
        change = ProfileChange.parse(await request.body())
        changed, replayed, account = await self._identities.change(
            digest, wanted, change, idempotency_key(key) if key is not None else None
        )
        if account is None:
            raise _no_session()
        if not changed:
            detail = f"It has the version {account.version} now: read it, and decide again."
            tag = {"etag": etag(account.version)}
            raise Refused(412, "changed-meanwhile", "Somebody changed it meanwhile", detail, tag)
        return _shown(account, replayed=replayed)

    async def _change_password(self, request: Request) -> Response:
        until = self._until()
        digest = token_sha256(bearer(request))
        key = request.header("idempotency-key")
        key = idempotency_key(key) if key is not None else None
        order = PasswordChange.parse(await request.body())
        account = await self._identities.try_password(digest, until)
        if account is None:
            raise _no_session()
        if key is not None and account.password_key == key:
            return await self._changed_before(order, account, until)
        if not await self._passwords.right(order.old, account.password_hash, until):
            raise Refused(403, "wrong-password", "The old password is wrong", "Nothing was changed.")
        new_hash = await self._passwords.hash(order.new, until)
        known, changed = await self._identities.change_password(
            digest, account.password_hash, new_hash, key, until
        )
        if not known:
            raise _no_session()
        if not changed:
            detail = "Another password stands there by now."
            raise Refused(409, "changed-meanwhile", "Somebody changed it meanwhile", detail)
        return Response.json(200, {"changed": True})

    async def _changed_before(self, order: PasswordChange, account: Account, until: float) -> Response:
        """The answer was lost: by the key of the password that stands, it is the same change when that fits."""
        if not await self._passwords.right(order.new, account.password_hash, until):
            detail = "The key was used with another new password."
            raise Refused(422, "key-reused", "This was used before with another body", detail)
        return Response.json(200, {"changed": True}, {"idempotent-replayed": "true"})

    def _until(self) -> float:
        return asyncio.get_running_loop().time() + self._settings.deadline_s


def _who(account: Account) -> dict[str, object]:
    return {"user_id": account.user_id, "roles": list(account.roles)}


def _shown(account: Account, *, replayed: bool = False) -> Response:
    headers = {"etag": etag(account.version), "cache-control": "no-store"}
    if replayed:
        headers["idempotent-replayed"] = "true"
    return Response.json(200, account.shown(), headers)


def _no_such_password() -> Refused:
    # One answer for a wrong name and a wrong password: it does not say which login names there are.
    return not_authenticated("There is no such login name with this password.")


def _no_session() -> Refused:
    return not_authenticated("The token is unknown, has expired or was ended by a log-out.")
