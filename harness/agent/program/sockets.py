"""Ends established connections of a namespace: a rule for new ones does not move those that stand."""

from __future__ import annotations

import contextlib
import socket
import subprocess
from collections.abc import Iterable
from functools import cache

from .namespaces import run_in
from .refusal import Failed

__all__ = ["destroy"]

Endpoint = tuple[str, int]


def destroy(pid: int, endpoints: Iterable[Endpoint]) -> None:
    """Destroy every connection that leads from this process's namespace to one of the endpoints.

    Where the kernel destroys no sockets, their tracks are forgotten: then the next packet finds no connection at
    its new end and is answered by a reset.

    Raises:
        Failed: neither can be done here.
    """
    wanted = sorted(set(endpoints))
    if not wanted:
        return
    if _kernel_destroys():
        _run(pid, ["ss", "-K", "-H", "-t", "-n", "state", "connected", _filter(wanted)])
        return
    for address, port in wanted:
        _run(pid, ["conntrack", "-D", "-p", "tcp", "-d", address, "--dport", str(port)], none_found=1)


def _filter(endpoints: Iterable[Endpoint]) -> str:
    words = (
        f"dst [{address}]:{port}" if ":" in address else f"dst {address}:{port}"
        for address, port in endpoints
    )
    return f"( {' or '.join(words)} )"


def _run(pid: int, argv: list[str], none_found: int = 0) -> None:
    code, _, errors = run_in(pid, argv)
    if code not in (0, none_found):
        raise Failed(
            f"connections could not be ended: {argv[0]} says: {errors.strip() or f'exit code {code}'}"
        )


@cache
def _kernel_destroys() -> bool:
    """Found by trying, on a connection of our own."""
    with contextlib.ExitStack() as made:
        listener = made.enter_context(socket.create_server(("127.0.0.1", 0)))
        own = made.enter_context(socket.create_connection(listener.getsockname(), timeout=1.0))
        made.enter_context(listener.accept()[0])
        words = ["ss", "-K", "-H", "-t", "-n", "state", "connected", _filter([own.getpeername()])]
        subprocess.run(words, capture_output=True, timeout=10, check=False)
        try:
            own.getpeername()
        except OSError:
            return True
        return False
