"""A port of a container, tried from a neighbour: does a connection stand, is it refused, or is there silence?"""

from __future__ import annotations

import contextlib
import errno
import socket
from collections.abc import Mapping
from typing import Any

from ..clock import now
from ..containers import Containers
from ..cuts import Cuts
from ..refusal import Failed
from .item import Item, Open
from .network import ends_between

__all__ = ["PortProbe"]

_EVERY_S = 0.1
_SILENT_S = 0.3


class PortProbe:
    """New connections to a port. The effect: refused (``reset``), or no answer.

    Args:
        watch: ``container``, ``port``, ``reset``, and ``peers``: the first that shares a network tries.
        injection: the id.
        containers: where they are.
        cuts: what is cut by whom.
    """

    tick_s = 0.005

    def __init__(self, watch: Mapping[str, Any], injection: str, containers: Containers, cuts: Cuts) -> None:
        self._container = watch["container"]
        self._port = int(watch["port"])
        self._reset = bool(watch["reset"])
        self._peers = list(watch["peers"])
        self._injection = injection
        self._containers = containers
        self._cuts = cuts
        self._peer = ""
        self._tried: tuple[float, socket.socket] | None = None
        self._next_at = 0.0
        name = containers.get(self._container).name
        self.items = [Item(f"{name} port {self._port}", settle_s=_EVERY_S)]

    def open(self) -> None:
        """Find a neighbour. Raises Failed when there is none that runs."""
        own = self._containers.refresh(self._container)
        for peer in self._peers:
            other = self._containers.refresh(peer)
            if peer != self._container and ends_between(other, own)[0] is not None:
                self._peer = peer
                self.items[0].name = f"{other.name} -> {own.name} port {self._port}"
                return
        raise Failed(f"nobody is there to try port {self._port} of {own.name}")

    def tick(self, at: float) -> None:
        """Go on with the connection that is being tried, or begin one."""
        if self._tried is not None:
            self._judge(at, *self._tried)
        elif at >= self._next_at:
            self._next_at = at + _EVERY_S
            self._begin(at)

    def _begin(self, at: float) -> None:
        ends, why = ends_between(self._containers.get(self._peer), self._containers.get(self._container))
        if ends is None:
            self.items[0].down = why
            self.items[0].effect(at)
            return
        source, target = ends
        with contextlib.suppress(Failed):
            own = source.socket(socket.SOCK_STREAM)
            own.connect_ex((target.address, self._port))
            self._tried = now(), own

    def _judge(self, at: float, begun: float, own: socket.socket) -> None:
        item = self.items[0]
        code = own.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if code == 0 and not _stands(own):
            if at - begun < _SILENT_S:
                return
            self._saw(begun, effect=not self._reset, measured="no answer")
        elif code == 0:
            item.normal(begun)
        elif code == errno.ECONNREFUSED:
            self._saw(begun, effect=self._reset, measured="refused")
        self._end()

    def _saw(self, begun: float, *, effect: bool, measured: str) -> None:
        """A refusal where silence shall be is somebody's answer, and silence where a reset shall be is not it."""
        item = self.items[0]
        item.down = None
        if effect:
            item.effect(begun)
            item.measured = measured
        else:
            item.normal(begun)

    def healed(self) -> None:
        """What is being tried may wait long before it sends again: it is given up."""
        self._end()

    def _end(self) -> None:
        if self._tried is not None:
            self._tried[1].close()
            self._tried = None

    def excused(self, item: Item | Open) -> str | None:
        """A node that is down, or another injection that cuts the two."""
        taken = self._cuts.others(self._injection)
        pair = (self._peer, self._container)
        cut = pair in taken or pair[::-1] in taken
        return item.down or ("another injection cuts it too" if cut else None)

    def close(self) -> None:
        """Close what is being tried."""
        self._end()


def _stands(own: socket.socket) -> bool:
    try:
        own.getpeername()
    except OSError:
        return False
    return True
