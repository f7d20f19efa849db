"""One exchange over a new connection from one container to another's port, as the load would have it."""

from __future__ import annotations

import contextlib
import errno
import itertools
import os
import select
import socket
from collections.abc import Iterator
from dataclasses import dataclass

from ..clock import now
from ..namespaces import sockets_in

__all__ = ["Dialer", "Outcome", "Try"]

_AT_ONCE = 8
_PORTS_TRIED = 64
_BUFFER = 65536
_QUIET_S = 0.05
"""Nothing came for so long after an answer: it was all. Whoever knows how many bytes come need not wait."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one exchange; seconds after it was begun, None: it did not come.

    Attributes:
        began: seconds of CLOCK_MONOTONIC.
        answered_s: the last byte of the answer that was waited for.
        closed_s: from our end of the connection to the other's.
        received: bytes.
        refused: nobody listens. ``reset``: the connection was reset.
    """

    began: float
    answered_s: float | None = None
    closed_s: float | None = None
    received: int = 0
    refused: bool = False
    reset: bool = False


class Dialer:
    """New sockets of a namespace, bound to ports of a range, so that rules know whose they are."""

    def __init__(self, pid: int, address: str, port: int, ports: tuple[int, int]) -> None:
        self._pid = pid
        self._to = (address, port)
        self._family = socket.AF_INET6 if ":" in address else socket.AF_INET
        every = range(ports[0], ports[1] + 1)
        # From anywhere: the ports of the probe before this one rest for a minute.
        start = os.getrandom(2)[0] * len(every) // 256
        self._ports: Iterator[int] = itertools.islice(itertools.cycle(every), start, None)
        self._fresh: list[socket.socket] = []

    def dial(self) -> socket.socket:
        """A socket that connects. Raises Failed, OSError."""
        # A visit to the namespace costs more than the sockets made there.
        self._fresh = self._fresh or sockets_in(self._pid, [(self._family, socket.SOCK_STREAM)] * _AT_ONCE)
        own = self._fresh.pop()
        own.setblocking(False)
        own.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        own.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._bind(own)
        code = own.connect_ex(self._to)
        if code not in (0, errno.EINPROGRESS, errno.ECONNREFUSED):
            own.close()
            raise OSError(code, errno.errorcode.get(code, "?"))
        return own

    def _bind(self, own: socket.socket) -> None:
        """To a port of the range, or not at all: from another one it would pass for the load."""
        for port in itertools.islice(self._ports, _PORTS_TRIED):
            try:
                own.bind(("", port))
            except OSError as error:
                if error.errno != errno.EADDRINUSE:
                    own.close()
                    raise
            else:
                return
        own.close()
        raise OSError(errno.EADDRINUSE, "no port of the probes is free")

    def close(self) -> None:
        """Give back what was not used."""
        for own in self._fresh:
            own.close()
        self._fresh.clear()


class Try:
    """One exchange under way.

    Args:
        dialer: makes the socket.
        words: what to send.
        want: bytes of answer that are waited for; 0: until nothing more comes.
    """

    def __init__(self, dialer: Dialer, words: bytes, want: int) -> None:
        self.began = now()
        self._socket = dialer.dial()
        self._words = words
        self._want = want
        self._connected = False
        self._received = 0
        self._last_at: float | None = None
        self._answered_at: float | None = None
        self.outcome: Outcome | None = None

    def fileno(self) -> int:
        """For select."""
        return self._socket.fileno()

    @property
    def events(self) -> int:
        """What to wait for."""
        return select.POLLIN if self._connected and not self._words else select.POLLIN | select.POLLOUT

    @property
    def received(self) -> int:
        """Bytes so far."""
        return self._received

    def step(self) -> None:
        """Do what there is to do now."""
        try:
            self._send()
            self._receive()
        except (BlockingIOError, InterruptedError):
            self._rest()
        except ConnectionRefusedError:
            self.end(refused=True)
        except (ConnectionResetError, ConnectionAbortedError, BrokenPipeError):
            self.end(reset=True)
        except OSError:
            self.end()

    def _send(self) -> None:
        if not self._connected:
            code = self._socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
            if code:
                raise OSError(code, errno.errorcode.get(code, "?"))
            with contextlib.suppress(OSError):
                self._socket.getpeername()
                self._connected = True
        if self._connected and self._words:
            self._words = self._words[self._socket.send(self._words) :]

    def _receive(self) -> None:
        while self._connected:
            data = self._socket.recv(_BUFFER)
            at = now()
            if not data:
                self._ended(at)
                return
            self._received += len(data)
            self._last_at = at
            if self._want and self._received >= self._want:
                self._whole(at)

    def _rest(self) -> None:
        if not self._want and self._last_at is not None and now() - self._last_at >= _QUIET_S:
            self._whole(self._last_at)

    def _whole(self, at: float) -> None:
        """The answer is there: end it from here, and see how long the other end takes."""
        if self._answered_at is None:
            self._answered_at = at
            self._finish_at = now()
            with contextlib.suppress(OSError):
                self._socket.shutdown(socket.SHUT_WR)

    def _ended(self, at: float) -> None:
        if self._answered_at is None and not self._want and self._last_at is not None:
            self._answered_at = self._finish_at = self._last_at
        self.end(closed_at=at)

    def end(self, closed_at: float | None = None, *, refused: bool = False, reset: bool = False) -> None:
        """It is over, also when nothing came."""
        if self.outcome is None:
            answered = self._answered_at
            self.outcome = Outcome(
                self.began,
                None if answered is None else answered - self.began,
                None
                if closed_at is None
                else closed_at - (self.began if answered is None else self._finish_at),
                self._received,
                refused,
                reset,
            )
            self._socket.close()
