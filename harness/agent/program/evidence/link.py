"""Sockets between two containers, each made in its own namespace, and what passes between them."""

from __future__ import annotations

import contextlib
import os
import socket
import struct
from collections import deque
from dataclasses import dataclass

from ..namespaces import Namespace, sockets_in

__all__ = ["GRACE_S", "Connection", "Datagrams", "End", "Handshake", "Listener"]

GRACE_S = 0.02
"""What has not arrived by then is lost; on one host it takes well under a millisecond."""
_RETRY_S = 0.25
_TRIED_AT_ONCE = 8
_ASKED_AT_ONCE = 32
_STAMP = struct.Struct("!dQ")
_RESET_ON_CLOSE = struct.pack("ii", 1, 0)
_NOTHING = (BlockingIOError, InterruptedError)


@dataclass(frozen=True, slots=True)
class End:
    """One end of a link: where its sockets are made and the address they use."""

    pid: int
    namespace: Namespace
    address: str

    @property
    def family(self) -> int:
        """The socket family of the address."""
        return socket.AF_INET6 if ":" in self.address else socket.AF_INET

    def sockets(self, kind: int, count: int) -> list[socket.socket]:
        """New sockets of this end, which do not block. Raises Failed."""
        made = sockets_in(self.pid, [(self.family, kind)] * count)
        for own in made:
            own.setblocking(False)
        return made

    def socket(self, kind: int) -> socket.socket:
        """A new socket of this end, which does not block. Raises Failed."""
        (made,) = self.sockets(kind, 1)
        return made


class Datagrams:
    """Datagrams both ways, each with the time it was sent."""

    def __init__(self, left: End, right: End) -> None:
        self._sockets = (left.socket(socket.SOCK_DGRAM), right.socket(socket.SOCK_DGRAM))
        self._token = int.from_bytes(os.urandom(8), "big")
        self._out: tuple[deque[float], deque[float]] = (deque(), deque())
        for own, end in zip(self._sockets, (left, right), strict=True):
            own.bind((end.address, 0))
        for own, other in (self._sockets, self._sockets[::-1]):
            own.connect(other.getsockname()[:2])

    def send(self, side: int, at: float) -> None:
        """Send one from this side (0 or 1). A rule that drops it here says so; it counts as sent and lost."""
        self._out[side].append(at)
        with contextlib.suppress(OSError):
            self._sockets[side].send(_STAMP.pack(at, self._token))

    def arrived(self, side: int) -> list[float]:
        """When those were sent, by this side, that arrived at the other since the last call."""
        times = []
        with contextlib.suppress(*_NOTHING):
            while True:
                with contextlib.suppress(ConnectionRefusedError):
                    data = self._sockets[1 - side].recv(_STAMP.size)
                    if len(data) == _STAMP.size and _STAMP.unpack(data)[1] == self._token:
                        times.append(_STAMP.unpack(data)[0])
        out = self._out[side]
        for at in times:
            with contextlib.suppress(ValueError):
                out.remove(at)
        return times

    def lost(self, side: int, at: float) -> list[float]:
        """When those were sent, by this side, that have not arrived and will not any more."""
        out, times = self._out[side], []
        while out and out[0] <= at - GRACE_S:
            times.append(out.popleft())
        return times

    def close(self) -> None:
        """Close both ends."""
        for own in self._sockets:
            own.close()


class Listener:
    """Accepts connections at one end, and echoes what comes in on each."""

    def __init__(self, end: End) -> None:
        self._socket = end.socket(socket.SOCK_STREAM)
        self._socket.bind((end.address, 0))
        self._socket.listen(64)
        self._accepted: list[socket.socket] = []
        self.address = self._socket.getsockname()[:2]

    def serve(self) -> None:
        """Do what there is to do now."""
        with contextlib.suppress(OSError):
            while True:
                own, _ = self._socket.accept()
                own.setblocking(False)
                self._accepted.append(own)
        self._accepted = [own for own in self._accepted if _echo(own)]

    def close(self) -> None:
        """Close the listener and what it accepted."""
        for own in (self._socket, *self._accepted):
            own.close()


def _echo(own: socket.socket) -> bool:
    """Send back what came in. False: the other end is gone, and this one is closed."""
    try:
        data = own.recv(4096)
        if data:
            own.send(data)
            return True
    except _NOTHING:
        return True
    except OSError:
        pass
    own.close()
    return False


class Handshake:
    """New connections: each is tried until it stands or is given up, and a few at once."""

    def __init__(self, start: End, listener: Listener) -> None:
        self._start = start
        self._listener = listener
        self._fresh: list[socket.socket] = []
        self._tried: deque[tuple[float, socket.socket]] = deque()

    def step(self, at: float) -> list[float]:
        """Go on, and begin one more. Returns when those were begun that stand now."""
        stood = [(begun, own) for begun, own in self._tried if _stands(own)]
        old = [(begun, own) for begun, own in self._tried if at - begun > _RETRY_S]
        for entry in {*stood, *old}:
            self._tried.remove(entry)
            entry[1].close()
        if len(self._tried) < _TRIED_AT_ONCE:
            # A visit to the namespace costs more than the sockets made there.
            self._fresh = self._fresh or self._start.sockets(socket.SOCK_STREAM, _TRIED_AT_ONCE)
            self._tried.append((at, _connecting(self._fresh.pop(), self._start, self._listener)))
        return [begun for begun, _ in stood]

    def lost(self, at: float) -> list[float]:
        """When those were begun that should stand and do not."""
        return [begun for begun, _ in self._tried if begun <= at - GRACE_S]

    def close(self) -> None:
        """Give up what is being tried; nothing lingers."""
        for own in (*self._fresh, *(own for _, own in self._tried)):
            own.close()
        self._fresh.clear()
        self._tried.clear()


class Connection:
    """One connection that is kept: small messages go out on it and must come back."""

    def __init__(self, start: End, listener: Listener, at: float) -> None:
        self._socket = _connecting(start.socket(socket.SOCK_STREAM), start, listener)
        self._asked: deque[float] = deque([at])
        self._stands = False

    def step(self, at: float) -> list[float]:
        """Go on, and ask once more. Returns when those were asked that are answered now."""
        if not self._stands:
            self._stands = _stands(self._socket)
            if self._stands:
                self._asked.clear()
            return []
        answered = [self._asked.popleft() for _ in range(min(self._answers(), len(self._asked)))]
        if len(self._asked) < _ASKED_AT_ONCE:
            with contextlib.suppress(OSError):
                self._socket.send(b"?")
                self._asked.append(at)
        return answered

    def lost(self, at: float) -> list[float]:
        """When those were asked that should be answered and are not."""
        return [asked for asked in self._asked if asked <= at - GRACE_S]

    def _answers(self) -> int:
        try:
            return len(self._socket.recv(4096))
        except OSError:
            return 0

    def close(self) -> None:
        """Close it."""
        self._socket.close()


def _connecting(own: socket.socket, start: End, listener: Listener) -> socket.socket:
    own.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
    own.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    with contextlib.suppress(OSError):
        own.bind((start.address, 0))
        own.connect(listener.address)
    return own


def _stands(own: socket.socket) -> bool:
    try:
        own.getpeername()
    except OSError:
        return False
    return True
