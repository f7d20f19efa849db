"""An ordinary locustfile as a load: its users wait for answers, so the load is closed, and the history says so."""

from __future__ import annotations

import itertools
import math
from typing import Any

import gevent
from locust.env import Environment

from harness.clock import now
from harness.history import HistoryWriter
from harness.load.child.transport import trouble_of
from harness.load.outcomes import rule_status, rule_trouble
from harness.load.spec import LoadSpec
from harness.load.tally import Tally

__all__ = ["OrdinaryLoad"]

_READS = ("GET", "HEAD", "OPTIONS")


class OrdinaryLoad:
    """Locust's own users: one for each arrival a second that the experiment asks for.

    Each request is one operation of one attempt, recorded when it is over, since Locust tells of it then.
    """

    def __init__(self, spec: LoadSpec, classes: tuple[type[Any], ...], history: HistoryWriter) -> None:
        self._spec = spec
        self._history = history
        self._numbers = itertools.count()
        self._environment = Environment(user_classes=list(classes), host=spec.host)
        self._runner = self._environment.create_local_runner()
        self._environment.events.request.add_listener(self._record)
        self.tally = Tally(0.0, spec.good_within_s)

    def set_up(self) -> None:
        """Nothing: an ordinary user sets itself up in ``on_start``."""

    def start(self) -> float:
        """Start the users; returns now, seconds of CLOCK_MONOTONIC."""
        started_at = now()
        self.tally = Tally(started_at, self._spec.good_within_s)
        users = math.ceil(self._spec.load.rate_per_s)
        self._runner.start(users, spawn_rate=users)
        return started_at

    def check(self) -> None:
        """Locust starts a user that fails again by itself."""

    def stop(self, drain_s: float) -> int:
        """Stop the users, letting each finish its task for so long; what is cut off was never recorded."""
        self._environment.stop_timeout = drain_s
        with gevent.Timeout(drain_s + 1.0, exception=False):
            self._runner.stop()
        return 0

    def _record(
        self, request_type: str, name: str, response_time: float, exception: BaseException | None = None,
        response: Any = None, **_rest: Any,
    ) -> None:  # fmt: skip
        at = now()
        begun = max(at - response_time / 1000, self.tally.started_at)
        key = f"{self._spec.run_id}-{next(self._numbers):07d}"
        write = request_type.upper() not in _READS
        status = getattr(response, "status_code", None) or None
        ruling = rule_status(status) if status else rule_trouble(trouble_of(exception) if exception else "timeout")
        if exception is not None and ruling.outcome == "ok":  # the locustfile called the answer wrong
            ruling = rule_status(404) if not write else rule_trouble("wrong-answer")
        self.tally.arrived(begun, write=write)
        self.tally.sent(0.0)
        self._history.invoke(key, name, write=write, attempt=1, intended_at=begun, at=begun)
        error = None if ruling.outcome == "ok" else str(exception or f"http-{status}")[:200]
        self._history.done(key, attempt=1, at=at, outcome=ruling.outcome, status=status, error=error)
        self.tally.ended(begun, at, ruling.outcome, write=write)
