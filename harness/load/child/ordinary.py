"""An ordinary locustfile as a load: closed, since its users wait for answers, and the history says so."""

from __future__ import annotations

import itertools
import math
from typing import Any

import gevent
import locust
from locust.env import Environment

from harness.clock import now
from harness.errors import LoadError
from harness.history import HistoryWriter
from harness.load.attempts import Ending
from harness.load.child.confine import refused
from harness.load.child.transport import trouble_of
from harness.load.outcomes import UNKNOWN, Ruling, rule_status, rule_trouble
from harness.load.spec import LoadSpec
from harness.load.tally import Tally

__all__ = ["OrdinaryLoad"]

_READS = ("GET", "HEAD", "OPTIONS")
_ERROR_MAX = 200


class OrdinaryLoad:
    """Locust's own users: one for each arrival a second that the experiment asks for.

    Each request is one operation of one attempt, recorded when it is over, since Locust tells of it then.
    """

    def __init__(self, spec: LoadSpec, classes: tuple[type[Any], ...], history: HistoryWriter) -> None:
        self._spec = spec
        self._history = history
        self._numbers = itertools.count()
        self._failure: OSError | None = None
        # Locust's own events object: the locustfile's listeners are on it.
        self._environment = Environment(user_classes=list(classes), host=spec.host, events=locust.events)
        self._runner = self._environment.create_local_runner()
        self._environment.events.request.add_listener(self._record)
        self.tally = Tally(0.0, spec.good_within_s)

    def set_up(self) -> None:
        """Let the locustfile's ``init`` listeners run; an ordinary user sets itself up in ``on_start``."""
        self._environment.events.init.fire(environment=self._environment, runner=self._runner, web_ui=None)

    def start(self) -> float:
        """Start the users; returns now, seconds of CLOCK_MONOTONIC."""
        started_at = now()
        self.tally = Tally(started_at, self._spec.good_within_s)
        users = math.ceil(self._spec.load.rate_per_s)
        self._runner.start(users, spawn_rate=users)
        gevent.spawn_later(self._spec.longest_s, self._runner.stop)
        return started_at

    def check(self) -> None:
        """Raise what broke the load; Locust starts a task that raised again by itself.

        Raises:
            LoadError: the history cannot be written, or the locustfile leaves this machine.
        """
        if self._failure is not None:
            raise LoadError(
                f"the history cannot be written: {self._failure.strerror}", where=str(self._spec.history)
            )
        if refused:
            raise LoadError(f"the locustfile sends to {refused[0]}", where=str(self._spec.locustfile))

    def stop(self, drain_s: float) -> int:
        """Stop the users, letting each finish its task for so long; what is cut off has no record, so 0."""
        self._environment.stop_timeout = drain_s
        with gevent.Timeout(drain_s + 1.0, exception=False):
            self._runner.stop()
        return 0

    def _record(
        self,
        request_type: str,
        name: str,
        response_time: float,
        exception: BaseException | None = None,
        response: Any = None,  # Locust's, or that of any client
        **_rest: object,
    ) -> None:
        at = now()
        # What began before the start (a request of an init listener) is no part of the load.
        begun = at - (response_time or 0) / 1000
        if begun >= self.tally.started_at > 0:
            try:
                ending = _ending(request_type, getattr(response, "status_code", None) or None, exception)
                self._write(name, begun, at, ending, write=request_type.upper() not in _READS)
            except OSError as error:  # Locust swallows what a listener raises
                self._failure = error

    def _write(self, name: str, begun: float, at: float, ending: Ending, *, write: bool) -> None:
        key = f"{self._spec.run_id}-{next(self._numbers):07d}"
        self.tally.arrived(begun, write=write)
        self.tally.sent(0.0)
        self._history.invoke(key, name, write=write, attempt=1, intended_at=begun, at=begun)
        outcome = ending.ruling.outcome
        self._history.done(key, attempt=1, at=at, outcome=outcome, status=ending.status, error=ending.error)
        self.tally.ended(begun, at, outcome, write=write)


def _ending(method: str, status: int | None, exception: BaseException | None) -> Ending:
    """What Locust tells of a request; with neither status nor error it is another client's success."""
    if status is None:
        trouble = trouble_of(exception) if exception else None
        return Ending(rule_trouble(trouble) if trouble else Ruling("ok", again=False), error=trouble)
    ruling = rule_status(status)
    if ruling.outcome == "ok" and exception is not None:
        # The locustfile found the answer wrong; of a write, nobody knows then what was done.
        return Ending(
            Ruling("fail", again=False) if method.upper() in _READS else UNKNOWN, status, _words(exception)
        )
    return Ending(ruling, status, None if ruling.outcome == "ok" else f"http-{status}")


def _words(exception: BaseException) -> str:
    return f"wrong answer: {exception}"[:_ERROR_MAX]
