"""An open load: each arrival is a greenlet at its intended time, whatever the stack does."""

from __future__ import annotations

import gc
from collections.abc import Mapping
from typing import Any

import gevent
from gevent.pool import Group, Pool
from locust.env import Environment

from harness.clock import now
from harness.errors import LoadError
from harness.history import HistoryWriter
from harness.load.attempts import Limits, Operation, Performer
from harness.load.child.api import Call, OpenUser, SetUpError, kinds_of
from harness.load.child.confine import refused
from harness.load.child.transport import Transport
from harness.load.plan import BACKOFF_MAX_S, Arrival, arrivals, stream, weights_for
from harness.load.spec import LoadSpec
from harness.load.tally import Tally

__all__ = ["ScheduledLoad"]

_LEAD_S = 0.25
_GARBAGE_MAX = 1_000_000


class ScheduledLoad:
    """Arrivals by a seeded schedule.

    Args:
        spec: what to do.
        classes: the locustfile's one OpenUser.
        history: where every attempt is recorded.

    Raises:
        ExperimentError: the mix names a kind that the user does not have.
    """

    def __init__(self, spec: LoadSpec, classes: tuple[type[Any], ...], history: HistoryWriter) -> None:
        self._spec = spec
        self._history = history
        self._kinds = kinds_of(classes[0])
        self._weights = weights_for({name: kind.weight for name, kind in self._kinds.items()}, spec.load.mix)
        self._user = _user(classes[0], spec)
        self._user.performs = self._perform_all
        self._user.kinds = frozenset(name for name, weight in self._weights.items() if weight > 0)
        transport = Transport(
            self._user,
            timeout_s=spec.load.client_timeout_s,
            connections_max=spec.load.in_flight_bound,
        )
        self._performer = Performer(
            history, transport.send, sleep=gevent.sleep, random=stream(spec.seed, "backoff")
        )
        self._under_way = Group()
        self._scheduler: gevent.Greenlet | None = None
        self._failure: BaseException | None = None
        self.tally = Tally(0.0, spec.good_within_s)

    def set_up(self) -> None:
        """Let the locustfile make what its operations need.

        Raises:
            SetUpError: it could not, by the deadline.
        """
        within_s = self._spec.set_up_max_s
        late = SetUpError(
            f"the load's set-up was not done within {within_s:g} s", where=str(self._spec.locustfile)
        )
        with gevent.Timeout(within_s, late):
            self._user.set_up()

    def start(self) -> float:
        """Begin the arrivals; returns when the first second begins, seconds of CLOCK_MONOTONIC."""
        # A collection stops every greenlet for tens of milliseconds; a run lasts minutes, and almost all
        # that it makes is freed by counting.
        gc.collect()
        gc.freeze()
        gc.disable()
        started_at = now() + _LEAD_S
        self.tally = Tally(started_at, self._spec.good_within_s)
        self._scheduler = gevent.spawn(self._guarded, self._arrive)
        return started_at

    def check(self) -> None:
        """Raise what broke the load, and keep its memory bounded.

        Raises:
            LoadError: the locustfile, or the history's disk, failed.
        """
        if self._failure is not None:
            error = self._failure
            raise LoadError(
                f"the load stopped: {type(error).__name__}: {error}", where=str(self._spec.locustfile)
            )
        if refused:
            raise LoadError(f"the locustfile sends to {refused[0]}", where=str(self._spec.locustfile))
        if gc.get_count()[0] > _GARBAGE_MAX:
            gc.collect()

    def stop(self, drain_s: float) -> int:
        """End the arrivals and let what is under way come back; returns how many operations were cut off."""
        if self._scheduler is not None:
            self._scheduler.kill()
        self._under_way.join(timeout=drain_s)
        left = len(self._under_way)
        self._under_way.kill()
        return left

    def _guarded(self, work: Any, *arguments: object) -> None:  # any function
        """A greenlet's exception would be printed and forgotten; this one ends the load."""
        try:
            work(*arguments)
        except Exception as error:  # noqa: BLE001  # raised by check()
            self._failure = self._failure or error

    def _arrive(self) -> None:
        load = self._spec.load
        plan = arrivals(
            rate_per_s=load.rate_per_s,
            spacing=load.arrivals,
            weights=self._weights,
            seed=self._spec.seed,
            longest_s=self._spec.longest_s,
        )
        for arrival in plan:
            # A timer may ring a little early.
            while (wait := self.tally.started_at + arrival.offset_s - now()) > 0:
                gevent.sleep(wait)
            self._admit(arrival, load.in_flight_bound)

    def _admit(self, arrival: Arrival, bound: int) -> None:
        intended_at = self.tally.started_at + arrival.offset_s
        kind = self._kinds[arrival.kind]
        write = kind.write
        key = self._user.key(f"{arrival.number:07d}")
        # Drawn for a drop too, so that the same seed gives the same choices whatever the stack does.
        call: Call = getattr(self._user, arrival.kind)(key)
        if self.tally.in_flight >= bound:
            self.tally.dropped(intended_at, write=write, judged=not kind.forbidden)
            self._history.drop(
                key,
                arrival.kind,
                write=write,
                intended_at=intended_at,
                at=now(),
                forbidden=kind.forbidden,
            )
            return
        self.tally.arrived(intended_at, write=write, judged=not kind.forbidden)
        operation = Operation(
            key, arrival.kind, write, intended_at, call, call.request, kind.forbidden, call.after, call.reads
        )
        self._under_way.spawn(self._guarded, self._perform, operation)

    def _perform(self, operation: Operation[Call]) -> None:
        load = self._spec.load
        life_s = load.attempts_max * (load.client_timeout_s + BACKOFF_MAX_S)
        ended = self._performer.perform(
            operation,
            Limits(load.attempts_max, operation.intended_at + life_s),
            on_sent=lambda at: self.tally.sent(at - operation.intended_at),
        )
        self.tally.ended(
            operation.intended_at,
            ended.at,
            ended.outcome,
            write=operation.write,
            judged=not operation.forbidden,
        )

    def _perform_all(self, kind: str, calls: Mapping[str, Call], at_once: int) -> None:
        until = now() + self._spec.set_up_max_s

        def perform(item: tuple[str, Call]) -> str | None:
            key, call = item
            operation = Operation(key, kind, write=True, intended_at=now(), call=call, request=call.request)
            ended = self._performer.perform(operation, Limits(None, until))
            trouble = ended.last.error or str(ended.last.status)
            return None if ended.outcome == "ok" else f"{kind} {key} ended as {ended.outcome} ({trouble})"

        troubles = [said for said in Pool(at_once).imap(perform, calls.items()) if said]
        if troubles:
            more = f"; {len(troubles)} of {len(calls)} did" if len(troubles) > 1 else ""
            raise SetUpError(f"the load could not be set up: {troubles[0]}{more}")


def _user(kind: type[Any], spec: LoadSpec) -> OpenUser:
    kind.host = spec.host
    environment = Environment(user_classes=[kind], host=spec.host)
    # Without a runner nobody keeps Locust's statistics, and a locustfile may look at them.
    environment.create_local_runner()
    user: OpenUser = kind(environment)
    user.run_id = spec.run_id
    user.random = stream(spec.seed, "choices")
    return user
