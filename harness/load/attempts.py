"""One operation: its attempts, and the record of each, until it is acknowledged, refused or given up."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from random import Random
from typing import Generic, TypeVar

from harness.clock import now
from harness.history.writer import HistoryWriter
from harness.load.outcomes import Ruling
from harness.load.plan import backoff_s

__all__ = ["Ended", "Ending", "Limits", "Operation", "Performer"]

Sent = TypeVar("Sent")


@dataclass(frozen=True, slots=True)
class Ending:
    """How one attempt ended.

    Attributes:
        ruling: what that means.
        status: the answer's HTTP status; None without an answer.
        error: one short name of what went wrong; None when nothing did.
        node: the node that answered, as it names itself.
        payment_id: the id that the stack gave.
        seen: the payment's status in the answer.
        writer: the database's node and timeline that made the acknowledgement.
        position: of the database's log, at or beyond what the answer shows.
    """

    ruling: Ruling
    status: int | None = None
    error: str | None = None
    node: str | None = None
    payment_id: str | None = None
    seen: str | None = None
    writer: str | None = None
    position: str | None = None


@dataclass(frozen=True, slots=True)
class Operation(Generic[Sent]):
    """One operation to perform.

    Attributes:
        request: what the history keeps of a write.
        forbidden: it must be refused.
        after: the position that a read must not be behind.
        reads: the payment that it asks for.
    """

    key: str
    kind: str
    write: bool
    intended_at: float
    call: Sent
    request: Mapping[str, object] | None = None
    forbidden: bool = False
    after: str | None = None
    reads: str | None = None


@dataclass(frozen=True, slots=True)
class Limits:
    """How often (None: as often as it takes) and until when (CLOCK_MONOTONIC) an attempt may begin."""

    attempts_max: int | None
    until: float


@dataclass(frozen=True, slots=True)
class Ended:
    """A whole operation: its outcome, when it was over, and how its last attempt ended."""

    outcome: str
    at: float
    last: Ending


class Performer(Generic[Sent]):
    """Performs operations; every attempt is in the history before it is sent.

    Args:
        history: where attempts are recorded.
        send: sends one request and says how it ended; it never raises for what the stack did.
        sleep: waits some seconds between attempts.
        random: for the jitter.
        clock: seconds of CLOCK_MONOTONIC.
    """

    def __init__(
        self,
        history: HistoryWriter,
        send: Callable[[Operation[Sent]], Ending],
        *,
        sleep: Callable[[float], object],
        random: Random,
        clock: Callable[[], float] = now,
    ) -> None:
        self._history = history
        self._send = send
        self._sleep = sleep
        self._random = random
        self._clock = clock

    def perform(
        self, operation: Operation[Sent], limits: Limits, on_sent: Callable[[float], object] | None = None
    ) -> Ended:
        """Send the operation until it is acknowledged or surely refused, or the limits end it.

        Args:
            operation: what to send; each attempt sends the same key.
            limits: an attempt that would begin later, or be one too many, is not made.
            on_sent: told when the first attempt goes out.
        """
        attempt = 1
        refusals = 0
        while True:
            at, ending = self._attempt(operation, attempt, on_sent if attempt == 1 else None)
            refusals += ending.ruling.outcome == "fail"
            pause = backoff_s(attempt, self._random)
            if not ending.ruling.again or attempt == limits.attempts_max or at + pause > limits.until:
                return Ended(_whole(ending.ruling.outcome, refusals, attempt), at, ending)
            self._sleep(pause)
            attempt += 1

    def _attempt(
        self, operation: Operation[Sent], attempt: int, on_sent: Callable[[float], object] | None
    ) -> tuple[float, Ending]:
        sent_at = self._clock()
        self._history.invoke(
            operation.key,
            operation.kind,
            write=operation.write,
            attempt=attempt,
            intended_at=operation.intended_at,
            at=sent_at,
            request=operation.request if attempt == 1 else None,
            forbidden=operation.forbidden,
            after=operation.after,
            reads=operation.reads,
        )
        if on_sent is not None:
            on_sent(sent_at)
        ending = self._send(operation)
        at = self._clock()
        self._history.done(
            operation.key,
            attempt=attempt,
            at=at,
            outcome=ending.ruling.outcome,
            status=ending.status,
            error=ending.error,
            node=ending.node,
            payment_id=ending.payment_id,
            seen=ending.seen,
            writer=ending.writer,
            position=ending.position,
        )
        return at, ending


def _whole(last: str, refusals: int, attempts: int) -> str:
    """An acknowledgement ends an operation, so only the last attempt can be one."""
    if last == "ok":
        return "ok"
    return "fail" if refusals == attempts else "info"
