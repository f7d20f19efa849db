"""PostgreSQL's connection slots, all taken by clients that never log in."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading

from .containers import Container, Containers
from .harm import Kept, Step
from .namespaces import Namespace, identity, sockets_in
from .refusal import Failed

__all__ = ["FULL", "Slots", "knock"]

FULL = "53300"
"""SQLSTATE: too many connections."""
_PROTOCOL = 196608
_ANSWER_S = 2.0
_EVERY_S = 0.2
_AT_ONCE = 500


class _Holder:
    """The connections of one injection to one server, from a thread of its own."""

    def __init__(self, pid: int, namespace: Namespace, port: int) -> None:
        self.namespace = namespace
        self._pid = pid
        self._port = port
        self._held: list[socket.socket] = []
        self._ended = threading.Event()
        threading.Thread(target=self._hold, name="slots", daemon=True).start()

    def _hold(self) -> None:
        while not self._ended.wait(_EVERY_S if self._held else 0.0):
            with contextlib.suppress(Failed, OSError):
                self._take()
        for own in self._held:
            own.close()

    def _take(self) -> None:
        """Take what is free; what the server gave up on (it waits a minute for a login) is taken anew."""
        self._held = [own for own in self._held if not _closed(own)]
        while len(self._held) < _AT_ONCE and not self._ended.is_set():
            own, told = knock(self._pid, self._port)
            if told:
                own.close()
                return
            self._held.append(own)

    def close(self) -> None:
        """Give all of them back."""
        self._ended.set()


class Slots(Kept):
    """Every slot of the server at the step's ``port``, as each comes free."""

    alone = "taken slots"

    def __init__(self, containers: Containers) -> None:
        super().__init__(containers)
        self._holders: dict[tuple[str, str], _Holder] = {}

    def make(self, injection: str, container: Container, step: Step) -> None:
        """From inside the node, over its loopback."""
        namespace = identity(container.pid)
        before = self._holders.get((injection, container.id))
        if namespace is None or (before is not None and before.namespace == namespace):
            return
        if before is not None:
            before.close()
        self._holders[injection, container.id] = _Holder(container.pid, namespace, int(step["port"]))

    def unmake(self, injection: str, container: Container, step: Step) -> None:  # noqa: ARG002  # the protocol's
        """Those of this session; those of another died with it."""
        if holder := self._holders.pop((injection, container.id), None):
            holder.close()

    def end(self, injection: str, step: Step) -> None:
        """Also on a container that is down."""
        super().end(injection, step)
        if holder := self._holders.pop((injection, step["container"]), None):
            holder.close()


def knock(pid: int, port: int) -> tuple[socket.socket, str]:
    """Connect, and say who one is; the server then holds a slot and waits for the password.

    Returns:
        The connection, and the SQLSTATE with which it was refused; empty when it was not.

    Raises:
        OSError: nobody answers.
        Failed: the namespace is gone.
    """
    (own,) = sockets_in(pid, [(socket.AF_INET, socket.SOCK_STREAM)])
    try:
        own.settimeout(_ANSWER_S)
        own.connect(("127.0.0.1", port))
        body = (
            struct.pack("!I", _PROTOCOL) + b"user\0postgres\0database\0postgres\0application_name\0slots\0\0"
        )
        own.sendall(struct.pack("!I", len(body) + 4) + body)
        message = own.recv(4096)
        if not message:
            raise ConnectionResetError
    except OSError:
        own.close()
        raise
    return own, _refusal(message)


def _refusal(message: bytes) -> str:
    """The SQLSTATE of an error; empty for anything else. Fields are a letter and a text that ends with a zero."""
    if message[:1] != b"E":
        return ""
    fields = {field[:1]: field[1:].decode("ascii", "replace") for field in message[5:].split(b"\0")}
    return fields.get(b"C", "unknown")


def _closed(own: socket.socket) -> bool:
    """Whether the server has closed it; what it says before that is its reason."""
    own.setblocking(False)
    try:
        return own.recv(4096) == b""
    except BlockingIOError:
        return False
    except OSError:
        return True
