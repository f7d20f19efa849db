"""What goes wrong, as a client is told: problem details (RFC 9457) with one word on the effect.

::

    Problem
    ├── Refused          the request is wrong or the books refuse it; no effect        4xx
    ├── NoEffect         the ledger could not take it; surely no effect, try again     503
    └── OutcomeUnknown   it may have taken effect, now or later; ask again with the key 504

Every problem carries its word twice, in the body's ``outcome`` and in the header ``Payment-Outcome``:
``no-effect`` or ``unknown``.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import ClassVar, Literal

__all__ = ["NoEffect", "OutcomeUnknown", "Problem", "Refused"]

Outcome = Literal["no-effect", "unknown"]


class Problem(Exception):
    """A request that does not end in an acknowledgement.

    Attributes:
        status: the HTTP status.
        kind: the last part of the problem's type.
        detail: what is wrong with this request, one sentence.
        headers: what the answer must say besides, by small name.
        outcome: whether the request may have had an effect.
    """

    status: int = 500
    kind: str = "internal"
    title: str = "The service made a mistake"
    headers: Mapping[str, str] = MappingProxyType({})
    outcome: ClassVar[Outcome] = "unknown"

    def __init__(self, detail: str) -> None:
        self.detail = detail
        super().__init__(detail)

    def body(self) -> dict[str, object]:
        """The problem details."""
        return {
            "type": f"/problems/{self.kind}",
            "title": self.title,
            "status": self.status,
            "detail": self.detail,
            "outcome": self.outcome,
        }


class Refused(Problem):
    """The request cannot be done, and sending it again will not help. It had no effect."""

    outcome: ClassVar[Outcome] = "no-effect"

    def __init__(
        self, status: int, kind: str, title: str, detail: str, headers: Mapping[str, str] | None = None
    ) -> None:
        self.status, self.kind, self.title = status, kind, title
        self.headers = headers or {}
        super().__init__(detail)


class NoEffect(Problem):
    """The ledger did not take the request; nothing of it will ever show."""

    status = 503
    kind = "no-effect"
    title = "The ledger could not take this now; it had no effect"
    headers: Mapping[str, str] = MappingProxyType({"retry-after": "1"})
    outcome: ClassVar[Outcome] = "no-effect"


class OutcomeUnknown(Problem):
    """The request was on its way into the books, and nobody confirmed it."""

    status = 504
    kind = "outcome-unknown"
    title = "The ledger did not confirm this in time; send it again with the same key"
    outcome: ClassVar[Outcome] = "unknown"
