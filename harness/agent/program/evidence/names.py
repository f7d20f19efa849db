"""Names as a node gets them: asked of the engine's name server, on new sockets and on one that is kept."""

from __future__ import annotations

import contextlib
import itertools
import socket
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from .. import dns
from ..clock import now
from ..containers import Containers
from ..cuts import Cuts
from ..lying import SERVER
from ..namespaces import Namespace, identity, sockets_in
from ..refusal import Failed
from .item import Item, Open

__all__ = ["NamesProbe", "told"]

_EVERY_S = 0.2
_SILENT_S = 0.4
_FORGET_S = 20.0


def told(answer: str, waited_s: float, message: bytes | None, step: Mapping[str, Any]) -> bool | None:
    """Whether what came (or did not come) after a time is the effect; None when it says nothing yet. Pure.

    Args:
        answer: what the fault shall make of it: ``silence``, ``nxdomain``, ``wrong``, ``slow``.
        waited_s: since it was asked.
        message: the answer; None while there is none.
        step: with ``wrong`` its ``address``, with ``slow`` its ``delay_ms``.
    """
    if message is None:
        if answer == "slow":
            return True if waited_s > float(step["delay_ms"]) / 2000 else None
        return True if answer == "silence" and waited_s > _SILENT_S else None
    if answer == "nxdomain":
        return dns.code(message) == 3  # noqa: PLR2004  # there is no such name
    found = [socket.inet_ntoa(address) for address in dns.addresses(message)]
    if answer == "wrong":
        return found == [step["address"]]
    if not found:
        return None
    return answer == "slow" and waited_s > float(step["delay_ms"]) / 2000


class _Asker:
    """Questions from one node, on a kept socket or on a new one each."""

    def __init__(self, item: Item, watch: Mapping[str, Any], *, kept: bool) -> None:
        self.item = item
        self._watch = watch
        self._names = itertools.cycle(watch["names"])
        self._name = next(self._names)
        self._kept: socket.socket | None = None
        self._keeps = kept
        self._out: list[tuple[float, int, socket.socket]] = []
        self._numbers = itertools.count(1)

    def ask(self, pid: int) -> None:
        """One question more. Until one was answered right, each asks another of the names."""
        if self.item.normal_at is None:
            self._name = next(self._names)
        own = self._kept if self._keeps and self._kept is not None else None
        with contextlib.suppress(Failed, OSError):
            if own is None:
                (own,) = sockets_in(pid, [(socket.AF_INET, socket.SOCK_DGRAM)])
                own.setblocking(False)
                own.connect(SERVER)
            number = next(self._numbers) % 65536
            self._out.append((now(), number, own))
            own.send(dns.ask(number, self._name))
        self._kept = own

    def listen(self, at: float) -> None:
        """Take what was answered, and see what was not."""
        answers = {number: each for own in {own for _, _, own in self._out} for number, each in _read(own)}
        for begun, number, own in list(self._out):
            message = answers.get(number)
            effect = told(self._watch["answer"], at - begun, message, self._watch)
            if effect is not None:
                (self.item.effect if effect else self.item.normal)(begun if not effect else at)
                if effect and message is not None:
                    self.item.measured = f"{self._name}: answered after {(at - begun) * 1000:.0f} ms"
                elif effect:
                    self.item.measured = f"{self._name}: no answer for {(at - begun) * 1000:.0f} ms"
            if message is not None or at - begun > (
                _FORGET_S if self._watch["answer"] == "slow" else _SILENT_S
            ):
                self._forget((begun, number, own))

    def _forget(self, entry: tuple[float, int, socket.socket]) -> None:
        self._out.remove(entry)
        if not self._keeps:
            entry[2].close()

    def close(self) -> None:
        """Give up what is out."""
        for _, _, own in self._out:
            own.close()
        self._out.clear()
        if self._kept is not None:
            self._kept.close()
            self._kept = None


def _read(own: socket.socket) -> Iterator[tuple[int, bytes]]:
    """Every answer that has come, with its question's number: on a kept socket they come in any order."""
    with contextlib.suppress(OSError):
        while True:
            message = own.recv(4096)
            yield int.from_bytes(message[:2], "big"), message


class NamesProbe:
    """Does the node learn the right addresses in time?

    Args:
        watch: ``container``, ``names`` (the first that can be resolved is asked for), and what the fault shall make of
            it: see `told`.
    """

    tick_s = 0.005

    def __init__(
        self, watch: Mapping[str, Any], _injection: str, containers: Containers, _cuts: Cuts
    ) -> None:
        self._container = watch["container"]
        self._containers = containers
        name = containers.get(self._container).name
        self._askers = [
            _Asker(Item(f"{name} names on {how}", settle_s=_EVERY_S), watch, kept=kept)
            for how, kept in (("new sockets", False), ("a kept socket", True))
        ]
        self._namespace: Namespace | None = None
        self._next_at = 0.0

    @property
    def items(self) -> Sequence[Item | Open]:
        """One for each way to ask."""
        return [asker.item for asker in self._askers]

    def open(self) -> None:
        """The node must run. Raises Failed."""
        found = self._containers.refresh(self._container)
        if not found.pid:
            raise Failed(f"{found.name} does not run")

    def tick(self, at: float) -> None:
        """Ask once more when it is time, and hear what is told."""
        pid = self._containers.get(self._container).pid
        namespace = identity(pid) if pid else None
        if namespace != self._namespace:
            self.close()
            self._namespace = namespace
        for asker in self._askers:
            asker.item.down = None if namespace else "it does not run"
            if namespace is None:
                asker.item.effect(at)
                continue
            asker.listen(at)
            if at >= self._next_at:
                asker.ask(pid)
        if at >= self._next_at:
            self._next_at = at + _EVERY_S

    def healed(self) -> None:
        """What was asked during the fault says nothing of what is now."""
        self.close()

    def excused(self, item: Item | Open) -> str | None:
        """A node that does not run asks for nothing."""
        return item.down

    def close(self) -> None:
        """Close every socket."""
        for asker in self._askers:
            asker.close()
