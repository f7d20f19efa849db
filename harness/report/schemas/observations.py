"""``observations.jsonl``, line by line: what an observer prints, as models (see :mod:`harness.observations`)."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, RootModel

from harness.report.schemas.line import Line, Minor

__all__ = ["ObservationLine"]

_Source = Literal["database", "api", "replicas", "acquirer"]


class Payment(Line):
    """A payment as one source shows it."""

    t: Literal["payment"]
    source: _Source
    key: Annotated[str | None, Field(description="the idempotency key")] = None
    payment_id: str
    debtor: str
    creditor: str
    amount: Minor
    currency: str
    status: str | None = None
    hold: Annotated[str | None, Field(description="where its money waits meanwhile")] = None


class Entry(Line):
    """A posting: a credit is above 0."""

    t: Literal["entry"]
    source: _Source
    payment_id: str
    account: str
    amount: Minor
    currency: str


class Account(Line):
    """An account with its balance as stored."""

    t: Literal["account"]
    source: _Source
    account: str
    currency: str
    balance: Minor
    may_be_negative: bool = False


class Digest(Line):
    """One table of one node's copy, all of them replayed up to the same position."""

    t: Literal["digest"]
    node: str
    role: str | None = None
    table: str
    digest: str
    rows: int
    position: str


class Settlement(Line):
    """What the acquirer accepted, by its own books."""

    t: Literal["settlement"]
    source: Literal["acquirer"]
    payment_id: str
    key: str | None = None
    amount: Minor
    currency: str
    status: str


class Transition(Line):
    """A row of the audit trail."""

    t: Literal["transition"]
    source: Literal["database"]
    chain: int
    number: Annotated[int, Field(ge=1, description="from 1 in its chain")]
    payment_id: str
    from_status: Annotated[str | None, Field(description="null for the first")] = None
    to_status: str
    actor: str | None = None
    content: Annotated[str, Field(description="the canonical text that is sealed")]
    previous: Annotated[str, Field(description="the hash of the row before; 64 zeros for the first")]
    hash: Annotated[str, Field(description="SHA-256 of previous and content, in hex")]


class Complete(Line):
    """Every line of the source was printed."""

    t: Literal["complete"]
    source: _Source


class Incomplete(Line):
    """The source could not be read to its end."""

    t: Literal["incomplete"]
    source: _Source
    why: str


class ObservationLine(
    RootModel[
        Annotated[
            Payment | Entry | Account | Digest | Settlement | Transition | Complete | Incomplete,
            Field(discriminator="t"),
        ]
    ]
):
    """One line of ``observations.jsonl``."""
