"""Bursts of datagrams from one container to another: how many arrive, in which order, how late, how fast."""

from __future__ import annotations

import contextlib
import math
import os
import select
import socket
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..clock import now
from ..containers import Containers
from ..cuts import Cuts, Pair
from ..refusal import Failed
from .item import Item, Open
from .network import ends_between, neighbours

__all__ = ["Burst", "TrafficProbe", "judge", "size_of"]

_STAMP = struct.Struct("!QQ")
_DATAGRAM_BYTES = 1400
_AT_ONCE = 32
"""A receiver's buffer holds a few hundred; it is emptied after so many."""
_NEVER_NONE = 14
"""Of so many times 1/share datagrams, that none is lost has a chance of one in a million."""
_RATE_S = 0.05
"""A burst for a rate is as long as the bucket and this many seconds of it."""
_WAIT_S = 0.03
_HASTE_EVERY_S = 0.1
_EVERY_S = 0.5


@dataclass(slots=True)
class Burst:
    """One burst: when each datagram was sent, and each arrival by its number, in order."""

    sent: list[float] = field(default_factory=list)
    arrived: list[tuple[int, float]] = field(default_factory=list)

    @property
    def lost(self) -> int:
        """How many did not arrive."""
        return len(self.sent) - len({number for number, _ in self.arrived})

    @property
    def duplicated(self) -> int:
        """How many arrived once more."""
        return len(self.arrived) - len({number for number, _ in self.arrived})

    @property
    def reordered(self) -> int:
        """How many arrived after one that was sent later."""
        seen, late = -1, 0
        for number, _ in self.arrived:
            late += number < seen
            seen = max(seen, number)
        return late

    @property
    def latency_s(self) -> float | None:
        """The median time of those that arrived; None when none did."""
        times = sorted(at - self.sent[number] for number, at in self.arrived)
        return times[len(times) // 2] if times else None

    @property
    def took_s(self) -> float:
        """From the first sent to the last arrived; endless when any is lost."""
        return math.inf if self.lost else max(at for _, at in self.arrived) - self.sent[0]


def size_of(sees: Mapping[str, Any]) -> int:
    """How many datagrams a burst needs to show this. Pure."""
    if "kbps" in sees:
        long_bytes = float(sees["bucket_bytes"]) + float(sees["kbps"]) * 125 * _RATE_S
        return max(2, math.ceil(long_bytes / _DATAGRAM_BYTES))
    shares = [float(sees[name]) for name in ("lost", "duplicated", "reordered") if name in sees]
    return math.ceil(_NEVER_NONE / shares[0]) if shares else 5


def judge(sees: Mapping[str, Any], burst: Burst) -> tuple[bool, str]:
    """Whether a burst shows what shall be seen, and what was measured. Pure.

    Args:
        sees: one of ``lost``, ``duplicated``, ``reordered`` (each a share of the datagrams), ``delay_ms``, or
            ``kbps`` with ``bucket_bytes``.
        burst: what was sent and what arrived.
    """
    if "kbps" in sees:
        rate_kbps = max(0.0, len(burst.sent) * _DATAGRAM_BYTES - sees["bucket_bytes"]) / 125 / burst.took_s
        return burst.took_s > 0.7 * _RATE_S, f"{rate_kbps:.0f} kbit/s"
    if "delay_ms" in sees:
        late = burst.latency_s
        return late is not None and late * 1000 > sees["delay_ms"] / 2, (
            "none arrived" if late is None else f"{late * 1000:.1f} ms"
        )
    name = next(name for name in ("lost", "duplicated", "reordered") if name in sees)
    number = int(getattr(burst, name))
    return number > 0, f"{number} of {len(burst.sent)} datagrams {name}"


class _Flow:
    """From one container to another."""

    def __init__(self, pair: Pair, sees: Mapping[str, Any], containers: Containers) -> None:
        self.pair = pair
        self._containers = containers
        source, target = (containers.get(end).name for end in pair)
        self.item = Item(f"{source} -> {target} datagrams", settle_s=0.3)
        self._key: object = None
        self._sockets: tuple[socket.socket, socket.socket] | None = None
        self._token = int.from_bytes(os.urandom(8), "big")
        self.burst = Burst()
        self.told: list[str] = []
        self._size = size_of(sees)

    def ready(self, at: float) -> bool:
        """Whether there are sockets; they are made anew when a node has come back or moved."""
        source, target = (self._containers.get(end) for end in self.pair)
        key, why = ends_between(source, target)
        if key != self._key or self._sockets is None:
            self.close()
            self._key = key
            if key is not None:
                with contextlib.suppress(Failed, OSError):
                    self._open(*key)
        self.item.down = None if self._sockets else why or "no socket could be made"
        if self._sockets is None:
            self.item.effect(at)
        return self._sockets is not None

    def _open(self, source: Any, target: Any) -> None:
        sender, receiver = source.socket(socket.SOCK_DGRAM), target.socket(socket.SOCK_DGRAM)
        receiver.bind((target.address, 0))
        sender.bind((source.address, 0))
        sender.connect(receiver.getsockname()[:2])
        self._sockets = sender, receiver

    def send(self) -> None:
        """Send one burst; what the kernel does not take counts as sent and lost."""
        assert self._sockets is not None
        self._token += 1
        self.burst = Burst()
        padding = bytes(_DATAGRAM_BYTES - _STAMP.size)
        for number in range(self._size):
            self.burst.sent.append(now())
            with contextlib.suppress(OSError):
                self._sockets[0].send(_STAMP.pack(self._token % 2**64, number) + padding)
            if number % _AT_ONCE == _AT_ONCE - 1:
                self.receive()

    def receive(self) -> None:
        """Take what has arrived."""
        assert self._sockets is not None
        with contextlib.suppress(OSError):
            while True:
                token, number = _STAMP.unpack(self._sockets[1].recv(_STAMP.size))
                if token == self._token % 2**64:
                    self.burst.arrived.append((number, now()))

    @property
    def descriptor(self) -> int:
        """Of the receiver."""
        assert self._sockets is not None
        return self._sockets[1].fileno()

    def close(self) -> None:
        """Close both sockets."""
        for own in self._sockets or ():
            own.close()
        self._sockets = None


class TrafficProbe:
    """Bursts between each of some ordered pairs, and what they must show.

    Args:
        watch: ``pairs``; ``sees``: see `judge`; ``one``: of the pairs one for each network is enough.
        injection: the id; a pair that another injection cuts cannot show that this one is gone.
        containers: where they are.
        cuts: what is cut by whom.
    """

    tick_s = 0.02

    def __init__(self, watch: Mapping[str, Any], injection: str, containers: Containers, cuts: Cuts) -> None:
        self._pairs = [(source, target) for source, target in watch["pairs"]]
        self._sees = watch["sees"]
        self._one = bool(watch.get("one"))
        self._injection = injection
        self._containers = containers
        self._cuts = cuts
        self._flows: list[_Flow] = []
        self._looked_at = 0.0

    @property
    def items(self) -> Sequence[Item | Open]:
        """One for each pair."""
        return [flow.item for flow in self._flows]

    def open(self) -> None:
        """Find the pairs that share a network. Raises Failed when there is none."""
        for container in {end for pair in self._pairs for end in pair}:
            self._containers.refresh(container)
        near = neighbours(self._pairs, self._containers)
        pairs = [pair for pair in self._pairs if pair in near]
        chosen = _one_each(pairs, self._containers) if self._one else pairs
        self._flows = [_Flow(pair, self._sees, self._containers) for pair in chosen]
        if not self._flows:
            raise Failed("no two of these nodes share a network")

    def tick(self, at: float) -> None:
        """Send a burst on every pair, and judge what came of it."""
        hasty = any(not flow.item.settled or flow.item.healed_at is not None for flow in self._flows)
        if at - self._looked_at < (_HASTE_EVERY_S if hasty else _EVERY_S):
            return
        self._looked_at = at
        flows = [flow for flow in self._flows if flow.ready(at)]
        for flow in flows:
            flow.send()
        self._collect(flows, now() + _WAIT_S + self._latest_s())
        for flow in flows:
            shown, measured = judge(self._sees, flow.burst)
            (flow.item.effect if shown else flow.item.normal)(at)
            if shown and flow.item.effect_at is not None and flow.item.healed_at is None:
                flow.item.measured = measured

    def _latest_s(self) -> float:
        if "kbps" in self._sees:
            return 0.2
        return float(self._sees.get("delay_ms", 0.0)) / 1000 * 1.5

    @staticmethod
    def _collect(flows: list[_Flow], until: float) -> None:
        """Whatever arrives by then; no longer than all that was sent needs."""
        waiting = list(flows)
        while waiting and (rest := until - now()) > 0:
            select.select([flow.descriptor for flow in waiting], [], [], rest)
            for flow in waiting:
                flow.receive()
            waiting = [flow for flow in waiting if flow.burst.lost]

    def healed(self) -> None:
        """Nothing is stuck."""

    def excused(self, item: Item | Open) -> str | None:
        """A node that is down, or another injection that cuts the same pair."""
        if item.down is not None:
            return item.down
        taken = self._cuts.others(self._injection)
        pair = next(flow.pair for flow in self._flows if flow.item is item)
        return "another injection cuts it too" if pair in taken else None

    def close(self) -> None:
        """Close every socket."""
        for flow in self._flows:
            flow.close()


def _one_each(pairs: Sequence[Pair], containers: Containers) -> list[Pair]:
    """Of the pairs whose other end runs, the first for each network that the first end is on."""
    chosen: dict[str, Pair] = {}
    for source, target in pairs:
        own, other = containers.get(source), containers.get(target)
        for network in sorted(own.addresses.keys() & other.addresses.keys()) if other.pid else ():
            chosen.setdefault(network, (source, target))
    return sorted(set(chosen.values()))
