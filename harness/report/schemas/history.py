"""``history.jsonl``, line by line: the twin of :mod:`harness.history`'s table, as models."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, RootModel

from harness.report.schemas.line import At, Line, Minor

__all__ = ["HistoryLine"]


class Header(Line):
    """The first line."""

    t: Literal["header"]
    schema_: Literal[1] = Field(alias="schema")
    run: Annotated[str, Field(description="every key begins with it")]
    clock: Literal["CLOCK_MONOTONIC"]
    seed: int
    closed: Annotated[bool, Field(description="the load waited for answers")] = False


class Request(Line):
    """What a write asks for."""

    debtor: str
    creditor: str
    amount: Minor
    currency: str


class _Arrival(Line):
    key: Annotated[str, Field(description="the idempotency key")]
    kind: str
    write: bool
    intended_at: At
    at: At
    forbidden: Annotated[bool, Field(description="it must be refused")] = False


class Invoke(_Arrival):
    """An attempt is about to be sent."""

    t: Literal["invoke"]
    attempt: Annotated[int, Field(ge=1)]
    request: Annotated[Request | None, Field(description="of the first attempt of a write")] = None
    after: Annotated[
        str | None, Field(description="the position of the log that a read must not be behind")
    ] = None
    reads: Annotated[str | None, Field(description="the payment_id that a read asks for")] = None


class Done(Line):
    """An attempt is over."""

    t: Literal["done"]
    key: str
    attempt: Annotated[int, Field(ge=1)]
    at: At
    outcome: Literal["ok", "fail", "info"]
    status: int | None = None
    error: str | None = None
    node: str | None = None
    payment_id: str | None = None
    seen: Annotated[str | None, Field(description="the payment's status in the answer")] = None
    writer: Annotated[str | None, Field(description="node/timeline that made the acknowledgement")] = None
    position: Annotated[
        str | None, Field(description="of the database's log, at or beyond what the answer shows")
    ] = None


class Drop(_Arrival):
    """An arrival was never sent: too many operations were under way."""

    t: Literal["drop"]


class End(Line):
    """The load stopped in order; without this line it died."""

    t: Literal["end"]
    at: At


class HistoryLine(RootModel[Annotated[Header | Invoke | Done | Drop | End, Field(discriminator="t")]]):
    """One line of ``history.jsonl``."""
