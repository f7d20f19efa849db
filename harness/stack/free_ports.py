"""Ports of this machine that a stack publishes: picked once, kept while the stack lives.

The engine picks a new port each time that a container with an open one starts. A node that is killed and comes
back would have another address than the one that its clients know, which no real node has.
"""

from __future__ import annotations

import socket
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from random import SystemRandom

from harness.errors import StackError

__all__ = ["keep_ports"]

_RANGE_FILE = Path("/proc/sys/net/ipv4/ip_local_port_range")
_FIRST = 10240
_USUAL_END = 32768


def keep_ports(known: Mapping[str, int], names: Iterable[str]) -> dict[str, int]:
    """The port of each name: the one that is known, else a free one on 127.0.0.1.

    Raises:
        StackError: no port is free.
    """
    ports: dict[str, int] = {}
    for name in names:
        ports[name] = known.get(name) or next(_free({*known.values(), *ports.values()}))
    return ports


def _free(taken: set[int]) -> Iterator[int]:
    """Below the range from which the kernel serves clients: one of them could have it while the node is down."""
    ports = list(range(_FIRST, max(_clients_from(), _FIRST + 1)))
    SystemRandom().shuffle(ports)
    yield from (port for port in ports if port not in taken and _is_free(port))
    raise StackError(f"no port from {_FIRST} to {_clients_from() - 1} is free on 127.0.0.1")


def _clients_from() -> int:
    try:
        return int(_RANGE_FILE.read_text(encoding="ascii").split()[0])
    except (OSError, ValueError):
        return _USUAL_END


def _is_free(port: int) -> bool:
    with socket.socket() as trial:
        try:
            trial.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
