"""The probe of interposed links: real exchanges with the real service, through the very proxy that the load uses."""

from __future__ import annotations

import contextlib
import select
import threading
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from statistics import median
from typing import Any

from .. import rules
from ..clock import now
from ..containers import Containers
from ..interposing import Interpositions
from ..namespaces import identity
from ..refusal import Failed, Refused
from .expecting import Calm, Expectation, tries_for
from .item import Item, Open
from .trying import Dialer, Outcome, Try
from .words import hello

__all__ = ["LinkProbe", "overhead"]

_EVERY_S = 0.1
_EACH_S = 0.04
_POLL_S = 0.02
_CALM_TRIES = 3
_SETTLE_S = 0.3
_AT_ONCE = 40
_OVERHEAD_TRIES = 15
_OVERHEAD_WITHIN_S = 2.0


class _Hop:
    """One source and one target: the exchanges between them, and what was seen."""

    def __init__(
        self, pair: Sequence[str], expect: Expectation, links: Interpositions, containers: Containers
    ) -> None:
        self.route = links.route(*pair)
        self._containers = containers
        self._names = [containers.get(end).name for end in pair]
        self.name = "->".join(self._names)
        self.item = Item(f"{self.name} exchanges", settle_s=_SETTLE_S)
        self.expect = self._asked = expect
        self.words = hello(self.route.speaks, bulk=expect.bulk)
        self.calm: Calm | None = None
        self.finished: deque[Outcome] = deque()
        self.tries: list[Try] = []
        self.shown: list[Outcome] = []
        self.shown_count = 0
        self._before: list[Outcome] = []
        self._well = 0
        self._overdue: set[float] = set()
        self._key: object = None
        self._dialer: Dialer | None = None

    # ---- on the exchanging thread

    def begin_one(self) -> None:
        """Begin an exchange, where both ends are now."""
        source, target = (self._containers.get(end) for end in (self.route.source, self.route.target))
        key = (identity(source.pid) if source.pid else None, tuple(sorted(target.every_address)))
        if key != self._key or self._dialer is None:
            self.abandon()
            self._key = key
            addresses = target.addresses
            shared = [a for net in source.addresses.keys() & addresses.keys() for a in addresses[net]]
            if key[0] is None or not shared or not target.pid:
                self.item.down = f"{(source if not source.pid else target).name} is down"
                return
            self._dialer = Dialer(source.pid, shared[0], self.route.port, rules.PROBE_PORTS)
        with contextlib.suppress(Failed, OSError):
            want = (
                self.calm.received
                if self.calm is not None and self.expect.bulk
                else 0
                if self.expect.bulk
                else 1
            )
            self.tries.append(Try(self._dialer, self.words, want))

    def step(self) -> None:
        """Go on with what is under way."""
        for one in self.tries:
            one.step()
            if now() - one.began > self.expect.patience_s:
                one.end()
        self.finished.extend(one.outcome for one in self.tries if one.outcome is not None)
        self.tries = [one for one in self.tries if one.outcome is None]

    def abandon(self) -> None:
        """Give up what is under way."""
        for one in self.tries:
            one.end()
        self.tries = []
        if self._dialer is not None:
            self._dialer.close()
            self._dialer = None

    # ---- on the sampler's thread

    def look(self, at: float) -> None:
        """Judge what came since the last look."""
        if self.item.down is not None:
            self.item.effect(at)
        while self.finished:
            self._judge(self.finished.popleft(), at)
        began_at = self.item.began_at
        if self.calm is None or began_at is None:
            return
        for one in list(self.tries):
            overdue = one.began >= began_at and self.expect.overdue(at - one.began, one.received, self.calm)
            if overdue and one.began not in self._overdue:
                self._overdue.add(one.began)
                self._harmed(one.began, at)

    def _judge(self, outcome: Outcome, at: float) -> None:
        if self.item.began_at is None or self.calm is None:
            self._before_it(outcome)
        elif self.expect.shown(outcome, self.calm):
            if self.item.began_at <= outcome.began and self.item.healed_at is None:
                self.shown.append(outcome)
            self._harmed(outcome.began, at, finished=True)
        elif outcome.answered_s is not None and not outcome.reset:
            self._went_well(outcome.began, at)
        elif self.item.settled:
            self.item.effect(at)  # not what was expected, and not the normal either

    def _before_it(self, outcome: Outcome) -> None:
        if outcome.answered_s is None or outcome.closed_s is None:
            return
        self.item.down = None
        self._before.append(outcome)
        if len(self._before) >= _CALM_TRIES:
            calm = Calm.of(self._before[-2 * _CALM_TRIES :])
            self.expect = self._asked.of_exchange(len(self.words), calm.received)
            self.item.down = self.expect.unseen
            if self.item.down is None:
                self.calm = calm
                self.item.normal(outcome.began)

    def _harmed(self, began: float, at: float, *, finished: bool = False) -> None:
        """It counts from when the exchange was begun; and somebody looked now."""
        if began < (self.item.began_at or 0.0):
            return
        self._well = 0
        self.item.down = None
        if began in self._overdue and finished:
            self.item.effect(at)  # it counted when it was overdue
            return
        self.shown_count += 1
        if self.expect.toxicity >= 1 or self.shown_count > 1:
            self.item.effect(began)
            self.item.effect(at)

    def _went_well(self, began: float, at: float) -> None:
        """One that goes well is the normal, unless only a share is harmed: then so many in a row are."""
        if self.item.healed_at is not None and began < self.item.healed_at:
            return
        self._well += 1
        enough = self._well >= tries_for(self.expect.toxicity)
        if enough or (self.item.effect_at is None and self.item.healed_at is None):
            self.item.normal(began if self.item.healed_at is None else at)
        elif self.item.healed_at is None:
            self.item.effect(at)


class LinkProbe:
    """Exchanges through links, each from a new connection, several a second.

    They are judged against exchanges through the same proxy before the fault, so its own overhead is in both. What of
    the load passed meanwhile is counted by the kernel, in the sources' namespaces.

    Args:
        watch: ``pairs`` (source, target), ``expect`` and what belongs to it.
        links: where the hops lead.
        containers: where they are.
    """

    def __init__(self, watch: Mapping[str, Any], links: Interpositions, containers: Containers) -> None:
        expect = Expectation.of(watch)
        self._links = links
        self._containers = containers
        self._hops = [_Hop(pair, expect, links, containers) for pair in watch["pairs"]]
        if not self._hops:
            raise Refused("the probe of a link needs pairs")
        self._expect = expect
        self._counted: dict[str, tuple[int, int]] | None = None
        self._counted_all = False
        self._load: tuple[int, int] | None = None
        self._fresh = threading.Event()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="exchanges", daemon=True)

    tick_s = 0.005

    @property
    def items(self) -> Sequence[Item | Open]:
        """One for each hop."""
        return [hop.item for hop in self._hops]

    def open(self) -> None:
        """Begin to exchange."""
        self._thread.start()

    def tick(self, at: float) -> None:
        """Judge what came."""
        for hop in self._hops:
            hop.look(at)

    def healed(self) -> None:
        """What was begun under the fault may wait for ever; new ones show at once that it is gone."""
        self._fresh.set()

    def excused(self, item: Item | Open) -> str | None:
        """A node that is down."""
        return item.down

    def measured(self) -> Sequence[Mapping[str, Any]]:
        """For each hop the exchanges before and during the fault; and the load's bytes through all of them."""
        up, down = self._load or (None, None)
        hops = [
            {
                "hop": hop.name,
                "before_ms": None if hop.calm is None else round(hop.calm.answered_s * 1000, 1),
                "during_ms": _median_ms(o.answered_s for o in hop.shown),
                "closed_ms": _median_ms(o.closed_s for o in hop.shown),
                "received_bytes": round(median(o.received for o in hop.shown)) if hop.shown else None,
                "resets": sum(o.reset for o in hop.shown),
                "refused": sum(o.refused for o in hop.shown),
                "shown": hop.shown_count,
            }
            for hop in self._hops
        ]
        return [*hops, {"load_sent_bytes": up, "load_received_bytes": down}]

    def close(self) -> None:
        """Exchange no more."""
        self._ended.set()

    # ---- the exchanging thread

    def _run(self) -> None:
        every_s = max(_EVERY_S, _EACH_S * len(self._hops))
        due = now()
        try:
            while not self._ended.is_set():
                if self._fresh.is_set():
                    self._fresh.clear()
                    for hop in self._hops:
                        hop.abandon()
                if now() >= due:
                    due = now() + every_s
                    self._count()
                    for hop in self._hops:
                        if len(hop.tries) < _AT_ONCE:
                            hop.begin_one()
                self._wait(due)
                for hop in self._hops:
                    hop.step()
        finally:
            for hop in self._hops:
                hop.abandon()

    def _wait(self, due: float) -> None:
        poll = select.poll()
        for hop in self._hops:
            for one in hop.tries:
                poll.register(one.fileno(), one.events)
        poll.poll(max(0.0, min(due - now(), _POLL_S)) * 1000)

    def _count(self) -> None:
        """The load's bytes, from the injection to the heal."""
        item = self._hops[0].item
        if item.began_at is None or self._counted_all:
            return
        self._counted_all = item.healed_at is not None
        counted = {}
        for source in {hop.route.source for hop in self._hops}:
            with contextlib.suppress(Failed):
                counted[source] = self._links.load_bytes(source)
        if self._counted is None:
            self._counted = counted
        # A source that restarted counts from nothing again.
        grown = [
            (max(0, counted[s][0] - b[0]), max(0, counted[s][1] - b[1]))
            for s, b in self._counted.items()
            if s in counted
        ]
        self._load = (sum(up for up, _ in grown), sum(down for _, down in grown))
        if self._counted_all and self._load == (0, 0):
            item.gap(now(), "nothing of the load came to the proxy")


def _median_ms(times: Iterable[float | None]) -> float | None:
    known = [t for t in times if t is not None]
    return round(median(known) * 1000, 1) if known else None


def overhead(
    pairs: Iterable[Sequence[str]], links: Interpositions, containers: Containers
) -> list[dict[str, Any]]:
    """What the proxy alone costs: the same small exchange past it and through it, by turns. Raises Refused."""
    found = []
    for source, target in pairs:
        route = links.route(source, target)
        ends = [containers.get(end) for end in (source, target)]
        shared = [
            a for net in ends[0].addresses.keys() & ends[1].addresses.keys() for a in ends[1].addresses[net]
        ]
        took: dict[str, list[float]] = {"direct": [], "through": []}
        dialers = {
            "direct": Dialer(ends[0].pid, shared[0], route.port, rules.DIRECT_PORTS),
            "through": Dialer(ends[0].pid, shared[0], route.port, rules.PROBE_PORTS),
        }
        for _ in range(_OVERHEAD_TRIES):
            for way, dialer in dialers.items():
                with contextlib.suppress(Failed, OSError):
                    seconds = _exchange(Try(dialer, hello(route.speaks, bulk=False), 1))
                    took[way] += [] if seconds is None else [seconds]
        for dialer in dialers.values():
            dialer.close()
        figures = {f"{way}_ms": _fine_ms(times) for way, times in took.items()}
        found.append(
            {"hop": "->".join(end.name for end in ends), **figures, "exchanges": len(took["through"])}
        )
    return found


def _exchange(one: Try) -> float | None:
    deadline = now() + _OVERHEAD_WITHIN_S
    poll = select.poll()
    poll.register(one.fileno(), select.POLLIN | select.POLLOUT)
    while one.outcome is None and now() < deadline:
        poll.modify(one.fileno(), one.events)
        poll.poll(_POLL_S * 1000)
        one.step()
    one.end()
    return one.outcome.answered_s if one.outcome is not None else None


def _fine_ms(times: Sequence[float]) -> float | None:
    return round(median(times) * 1000, 2) if times else None
