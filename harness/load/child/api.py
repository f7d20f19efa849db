"""What a stack's locustfile is written with: a user whose operations say what to send, and never send it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Any, TypeVar

from locust import FastHttpUser

from harness.errors import LoadError

__all__ = ["Answer", "Call", "Kind", "OpenUser", "Seen", "SetUpError", "WrongAnswer", "kinds_of", "operation"]


class WrongAnswer(Exception):  # it is the answer's error, and reads so where it is raised
    """A 2xx answer says something that contradicts what is known."""


class SetUpError(LoadError):
    """The accounts that the load needs could not be made."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer.

    Attributes:
        status: the HTTP status.
        headers: by lower-case name.
        body: the bytes.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:  # any JSON
        """The body as JSON.

        Raises:
            WrongAnswer: it is none.
        """
        try:
            return json.loads(self.body)
        except ValueError as error:
            raise WrongAnswer("the body is not JSON") from error


@dataclass(frozen=True, slots=True)
class Seen:
    """What an answer shows of a payment: its id, and its status then."""

    payment_id: str
    status: str


@dataclass(frozen=True, slots=True)
class Call:
    """One request, sent as often as it takes, each time the same.

    Attributes:
        method: ``GET``, ``POST``...
        path: below the host, with its query.
        body: sent as JSON.
        headers: besides the usual ones; the idempotency key goes here.
        request: what the history keeps of a payment: ``debtor, creditor, amount, currency``.
        verify: looks at a 2xx answer, returns the payment's id, or what it shows of the payment, if it gave
            one, and raises WrongAnswer (or anything) when the answer is wrong.
        after: a position of the database's log that a read must not be behind; sent as ``X-Read-After``.
        reads: the payment that a read asks for.
    """

    method: str
    path: str
    body: Mapping[str, object] | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    request: Mapping[str, object] | None = None
    verify: Callable[[Answer], str | Seen | None] | None = None
    after: str | None = None
    reads: str | None = None


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of operation: how often it comes, whether it changes something, whether it must be refused."""

    weight: float
    write: bool
    forbidden: bool = False


Method = TypeVar("Method", bound=Callable[..., Call])


def operation(*, weight: float, write: bool, forbidden: bool = False) -> Callable[[Method], Method]:
    """Mark a method ``(self, key) -> Call`` as a kind of operation, named like the method.

    Args:
        weight: its share of the arrivals, against the other kinds' weights.
        write: whether it changes something, so that it may be lost or done twice.
        forbidden: whether the stack must refuse it, always; a refusal is then no unavailability.
    """

    def mark(method: Method) -> Method:
        method.__dict__["harness_kind"] = Kind(weight, write, forbidden)
        return method

    return mark


class OpenUser(FastHttpUser):  # type: ignore[misc]  # Locust ships no types
    """The users of an open load: one object, shared by every arrival.

    Attributes:
        run_id: every key begins with it.
        random: seeded; drawn from in the order of arrivals, so the same seed draws the same.
        kinds: the kinds of operation that this load has arrivals of.
    """

    abstract = True
    # Each attempt is one request that the history has; nothing is sent again unseen.
    max_redirects = 0
    max_retries = 0

    run_id: str
    random: Random
    kinds: frozenset[str] = frozenset()
    performs: Callable[[str, Mapping[str, Call], int], None]

    def set_up(self) -> None:
        """Make what the operations need. Runs once, before the first arrival."""

    def key(self, name: str) -> str:
        """A key of this run."""
        return f"{self.run_id}-{name}"

    def prepare(self, kind: str, calls: Mapping[str, Call], *, at_once: int = 16) -> None:
        """Send these calls by key, at most so many at once, each until it is acknowledged.

        Raises:
            SetUpError: one was refused, or not acknowledged by the deadline of the set-up.
        """
        self.performs(kind, calls, at_once)


def kinds_of(user: type[OpenUser]) -> dict[str, Kind]:
    """The kinds of operation that a user class declares, its bases' included."""
    found = {name: getattr(getattr(user, name), "harness_kind", None) for name in dir(user)}
    return {name: kind for name, kind in found.items() if isinstance(kind, Kind)}
