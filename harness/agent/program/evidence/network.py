"""Probes between containers: datagrams each way, an established connection, and new ones."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Sequence

from ..clock import now
from ..containers import Container, Containers
from ..cuts import Cuts, Pair
from ..namespaces import identity
from ..refusal import Failed
from .item import Item, Open
from .link import GRACE_S, Connection, Datagrams, End, Handshake, Listener

__all__ = ["NetworkProbe", "ends_between", "neighbours"]

_TICK_PER_LINK_S = 0.0002
_TICK_S = 0.001
_CONNECTIONS_EVERY = 4


class _Link:
    """Two containers and everything that is looked at between them."""

    def __init__(
        self,
        left: str,
        right: str,
        cut: frozenset[Pair],
        containers: Containers,
        *,
        established: bool = False,
    ) -> None:
        self.ends = (left, right)
        self._containers = containers
        names = [containers.get(end).name for end in self.ends]
        ways = [(0, (left, right)), (1, (right, left))]
        self.ways: dict[int, Item | Open] = {}
        for side, pair in ways:
            what = f"{names[side]} -> {names[1 - side]} datagrams"
            self.ways[side] = Item(what, settle_s=GRACE_S) if pair in cut and not established else Open(what)
        self.kept = Item(f"{names[0]} - {names[1]} established connection", settle_s=GRACE_S, dates=False)
        fresh = f"{names[0]} - {names[1]} new connections"
        self.fresh: Item | Open = Item(fresh, settle_s=GRACE_S, dates=False)
        if established:
            self.kept.dates, self.fresh = True, Open(fresh)
        self._key: tuple[End, End] | None = None
        self._parts: tuple[Datagrams, Listener, Connection, Handshake] | None = None
        self._ticks = 0

    @property
    def items(self) -> list[Item | Open]:
        return [*self.ways.values(), self.kept, self.fresh]

    def tick(self, at: float) -> None:
        """Look once; sockets are made anew when a node has come back or has another address."""
        key, why = self._ends()
        if key != self._key or (key is not None and self._parts is None):
            self.close()
            self._key = key
            with contextlib.suppress(Failed, OSError):
                self._open()
        if self._parts is None:
            for item in self.items:
                item.down = why or "no socket could be made"
                item.effect(at)
            return
        self._datagrams(at, self._parts[0])
        self._ticks += 1
        if self._ticks % _CONNECTIONS_EVERY == 0 or self.kept.settled:
            self._connections(at)

    def _open(self) -> None:
        if self._key is None:
            return
        left, right = self._key
        with contextlib.ExitStack() as made:
            datagrams = Datagrams(left, right)
            made.callback(datagrams.close)
            listener = Listener(right)
            made.callback(listener.close)
            connection = Connection(left, listener, now())
            self._parts = (datagrams, listener, connection, Handshake(left, listener))
            made.pop_all()

    def _datagrams(self, at: float, datagrams: Datagrams) -> None:
        for side, item in self.ways.items():
            for sent in datagrams.arrived(side):
                item.normal(sent)
            for sent in datagrams.lost(side, at):
                item.down = None
                item.effect(sent)
            datagrams.send(side, now())

    def _connections(self, at: float) -> None:
        assert self._parts is not None
        _, listener, connection, handshake = self._parts
        listener.serve()
        _told(self.kept, connection, at)
        _told(self.fresh, handshake, at)

    def close(self) -> None:
        """Close every socket."""
        if self._parts is not None:
            for part in self._parts:
                part.close()
            self._parts = None

    def _ends(self) -> tuple[tuple[End, End] | None, str | None]:
        """Where both ends are now; or None, and why there is nothing to look at."""
        left, right = (self._containers.get(end) for end in self.ends)
        return ends_between(left, right)


def ends_between(left: Container, right: Container) -> tuple[tuple[End, End] | None, str | None]:
    """Where the ends of two containers are now; or None, and why there is nothing to look at."""
    own, other = (identity(node.pid) if node.pid else None for node in (left, right))
    if own is None or other is None:
        return None, f"{left.name if own is None else right.name} is down"
    shared = _shared_addresses(left, right)
    if shared is None:
        return None, f"{left.name} and {right.name} share no network"
    return (End(left.pid, own, shared[0]), End(right.pid, other, shared[1])), None


def _told(item: Item | Open, part: Connection | Handshake, at: float) -> None:
    """Tell an item what came of what was tried.

    What was on its way when the cut came may be answered long after: that is traffic at this moment.
    """
    for begun in part.step(now()):
        item.normal(at if item.settled else begun)
    lost = [begun for begun in part.lost(at) if begun >= (item.began_at or 0.0)]
    if lost:
        item.down = None
        if item.effect_at is None:
            item.effect(lost[0])
        item.effect(at if item.settled else lost[-1])


def _shared_addresses(left: Container, right: Container) -> tuple[str, str] | None:
    for network in sorted(left.addresses.keys() & right.addresses.keys()):
        for own in left.addresses[network]:
            for other in right.addresses[network]:
                if (":" in own) == (":" in other):
                    return own, other
    return None


def neighbours(pairs: Iterable[Pair], containers: Containers) -> frozenset[Pair]:
    """The pairs that share a network: the others cannot reach each other anyhow."""
    return frozenset(p for p in pairs if _shared_addresses(containers.get(p[0]), containers.get(p[1])))


class NetworkProbe:
    """Every link of a cut.

    Args:
        injection: the id; what other injections cut as well is left out.
        pairs: the ordered pairs that must be cut.
        cuts: what is cut by whom.
        containers: where they are.
        established: only what is established is dead; datagrams and new connections must go on.
    """

    def __init__(
        self,
        injection: str,
        pairs: Iterable[Pair],
        cuts: Cuts,
        containers: Containers,
        *,
        established: bool = False,
    ) -> None:
        self._established = established
        self._injection = injection
        self._pairs = frozenset(pairs)
        self._cuts = cuts
        self._containers = containers
        self._links: list[_Link] = []

    @property
    def items(self) -> Sequence[Item | Open]:
        """Those of every link."""
        return [item for link in self._links for item in link.items]

    @property
    def tick_s(self) -> float:
        """More links take longer to look at."""
        return max(_TICK_S, _TICK_PER_LINK_S * len(self._links))

    def open(self) -> None:
        """Find the links that are there to be cut. Raises Failed when there is none."""
        for container in {end for pair in self._pairs for end in pair}:
            self._containers.refresh(container)
        taken = self._cuts.others(self._injection)
        free = {
            p for p in neighbours(self._pairs, self._containers) if p not in taken and p[::-1] not in taken
        }
        if not free:
            raise Failed("nothing is left to cut: no two of these nodes reach each other as it is")
        links: dict[frozenset[str], Pair] = {}
        for pair in sorted(free):
            links.setdefault(frozenset(pair), pair)
        self._links = [
            _Link(left, right, self._pairs, self._containers, established=self._established)
            for left, right in links.values()
        ]

    def tick(self, at: float) -> None:
        """Look at every link once."""
        for link in self._links:
            link.tick(at)

    def healed(self) -> None:
        """A connection that was cut waits long before it sends again; new ones show at once that it is gone."""
        for link in self._links:
            link.close()

    def excused(self, item: Item | Open) -> str | None:
        """A node that is down, or another injection that cuts the same pair."""
        if item.down is not None:
            return item.down
        taken = self._cuts.others(self._injection)
        link = next(link for link in self._links if item in link.items)
        if link.ends in taken or link.ends[::-1] in taken:
            return "another injection cuts it too"
        return None

    def close(self) -> None:
        """Close every socket."""
        for link in self._links:
            link.close()
