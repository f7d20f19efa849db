"""What clients ask for, checked before the database sees it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from payments.bodies import fields as fields_of
from payments.bodies import wrong
from payments.principals import Role
from payments.problems import Refused

__all__ = ["LogIn", "PasswordChange", "ProfileChange", "Registration"]

ROLES: tuple[Role, ...] = ("approver", "auditor", "payer")
PASSWORD_MIN, PASSWORD_MAX = 12, 256

# Small letters alone: two names that differ in case would be taken for each other.
_LOGIN = re.compile(r"[a-z0-9][a-z0-9._:@-]{0,127}")
_TEXT = re.compile(r"[^\x00-\x1f\x7f\ud800-\udfff]{1,200}")
_EMAIL = re.compile(r"[^\x00-\x20\x7f\ud800-\udfff@]{1,64}@[A-Za-z0-9.-]{1,190}")
_PROFILE = {"name": (_TEXT, "1 to 200 printable characters"), "email": (_EMAIL, "an address with one @")}


@dataclass(frozen=True, slots=True)
class Registration:
    """A user to be registered."""

    login: str
    password: str = field(repr=False)
    roles: tuple[Role, ...]
    profile: dict[str, str]

    @property
    def free(self) -> bool:
        """Whether anybody may register so: as a payer, who moves nothing but his own money."""
        return self.roles == ("payer",)

    @classmethod
    def parse(cls, body: bytes) -> Registration:
        """Read ``{"login", "password", "roles"?, "profile"?}``; without roles he is a payer.

        Raises:
            Refused: 400 when it is not JSON, 422 when a field is wrong.
        """
        fields = fields_of(body, {"login", "password", "roles", "profile"})
        profile = _profile(fields.get("profile", {}))
        if None in profile.values():
            raise wrong("profile", "fields with a text; leave out what there is not", "null")
        kept = {name: value for name, value in profile.items() if value is not None}
        return cls(_login(fields), _password(fields), _roles(fields.get("roles", ["payer"])), kept)


@dataclass(frozen=True, slots=True)
class LogIn:
    """An attempt to log in, for a session of ``lifetime_s`` seconds."""

    login: str
    password: str = field(repr=False)
    lifetime_s: int

    @classmethod
    def parse(cls, body: bytes, lifetime_max_s: int) -> LogIn:
        """Read ``{"login", "password", "lifetime_s"?}``.

        Raises:
            Refused: 400 when it is not JSON, 422 when a field is wrong.
        """
        fields = fields_of(body, {"login", "password", "lifetime_s"})
        lifetime_s = fields.get("lifetime_s", lifetime_max_s)
        # bool is an int in Python.
        if type(lifetime_s) is not int or not 0 < lifetime_s <= lifetime_max_s:
            raise wrong("lifetime_s", f"seconds from 1 to {lifetime_max_s}", lifetime_s)
        return cls(_login(fields), _password(fields), lifetime_s)


@dataclass(frozen=True, slots=True)
class PasswordChange:
    """A new password, and the old one that shows who asks."""

    old: str = field(repr=False)
    new: str = field(repr=False)

    @classmethod
    def parse(cls, body: bytes) -> PasswordChange:
        """Read ``{"old_password", "new_password"}``.

        Raises:
            Refused: 400 when it is not JSON, 422 when a field is wrong or both are the same.
        """
        fields = fields_of(body, {"old_password", "new_password"})
        old, new = (_password(fields, name) for name in ("old_password", "new_password"))
        if old == new:
            detail = "new_password must be another than the old one."
            raise Refused(422, "invalid", "A field is wrong", detail)
        return cls(old, new)


@dataclass(frozen=True, slots=True)
class ProfileChange:
    """Fields of the profile with their new values; None takes a field away (RFC 7396)."""

    patch: dict[str, str | None]

    @classmethod
    def parse(cls, body: bytes) -> ProfileChange:
        """Read ``{"profile": {"name"?, "email"?}}``.

        Raises:
            Refused: 400 when it is not JSON, 422 when a field is wrong or none is given.
        """
        patch = _profile(fields_of(body, {"profile"}).get("profile"))
        if not patch:
            raise wrong("profile", f"an object with some of {sorted(_PROFILE)}", patch)
        return cls(patch)


def _login(fields: dict[str, Any]) -> str:
    login = fields.get("login")
    if not isinstance(login, str) or not _LOGIN.fullmatch(login):
        raise wrong("login", "a name of 1 to 128 small letters, digits and . _ : @ -", login)
    return login


def _password(fields: dict[str, Any], name: str = "password") -> str:
    password = fields.get(name)
    if isinstance(password, str) and PASSWORD_MIN <= len(password) <= PASSWORD_MAX and _encodes(password):
        return password
    # What was sent may be nearly a password: it stands in no answer.
    detail = f"{name} must be a text of {PASSWORD_MIN} to {PASSWORD_MAX} characters."
    raise Refused(422, "invalid", "A field is wrong", detail)


def _encodes(text: str) -> bool:
    """Whether the text has no half of a surrogate pair, which JSON may smuggle in."""
    return not any("\ud800" <= letter <= "\udfff" for letter in text)


def _roles(value: object) -> tuple[Role, ...]:
    known = isinstance(value, list) and value and all(role in ROLES for role in value)
    if not isinstance(value, list) or not known or len(set(value)) != len(value):
        raise wrong("roles", f"a list of some of {list(ROLES)}, each once", value)
    return tuple(role for role in ROLES if role in value)


def _profile(value: object) -> dict[str, str | None]:
    if not isinstance(value, dict) or not value.keys() <= _PROFILE.keys():
        raise wrong("profile", f"an object with some of {sorted(_PROFILE)}", value)
    for name, text in value.items():
        pattern, what = _PROFILE[name]
        if text is not None and not (isinstance(text, str) and pattern.fullmatch(text)):
            raise wrong(f"profile.{name}", what, text)
    return value
