"""``observations.jsonl``, line by line: what an observer prints, as models (see :mod:`harness.observations`)."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, RootModel

from harness.report.schemas.line import Line, Minor

__all__ = ["ObservationLine"]

_Source = Literal["database", "api", "replicas"]


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
    RootModel[Annotated[Payment | Entry | Account | Digest | Complete | Incomplete, Field(discriminator="t")]]
):
    """One line of ``observations.jsonl``."""
