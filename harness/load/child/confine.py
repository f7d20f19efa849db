"""Keeps the load process on this machine's loopback, whatever addresses a locustfile names."""

from __future__ import annotations

import sys

from harness.load.spec import is_loopback

__all__ = ["OutOfBounds", "confine", "refused"]

_CALLS = frozenset({"socket.connect", "socket.sendto", "socket.sendmsg"})

refused: list[str] = []
"""Hosts that something in this process tried to reach, in order."""


class OutOfBounds(PermissionError):  # it names where the request was going
    """Something tried to reach another machine."""


def confine() -> None:
    """Refuse every connection and datagram of this process that leaves loopback, from now to its end."""
    # The names are bound here, because a module's are gone when the interpreter ends and hooks still run.
    calls, allowed, told, error = _CALLS, is_loopback, refused, OutOfBounds

    def look(event: str, arguments: tuple[object, ...]) -> None:
        if event not in calls:
            return
        address = arguments[1]
        # Unix sockets have a path, and datagrams on a connected socket no address.
        if isinstance(address, tuple) and not allowed(str(address[0])):
            told.append(str(address[0]))
            raise error(f"the load may reach this machine's loopback alone, not {address[0]}")

    sys.addaudithook(look)
