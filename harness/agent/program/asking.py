"""Asking a node from inside: HTTP over its own loopback, or a command in all its namespaces."""

from __future__ import annotations

import http.client as http_client
import os
import signal
import socket
import subprocess
from collections.abc import Mapping, Sequence
from typing import Any

from .clock import now
from .containers import Container
from .namespaces import sockets_in
from .processes import environment, owner
from .refusal import Failed

__all__ = ["http", "http_get", "run"]

BODY_BYTES_MAX = 1024 * 1024


class _Connection(http_client.HTTPConnection):
    """HTTP on a socket that was made in another namespace."""

    def __init__(self, own: socket.socket, port: int, timeout_s: float) -> None:
        super().__init__("127.0.0.1", port, timeout=timeout_s)
        self._own = own

    def connect(self) -> None:
        self._own.settimeout(self.timeout)
        self._own.connect(("127.0.0.1", self.port))
        self.sock = self._own


def http_get(container: Container, port: int, path: str, timeout_s: float) -> dict[str, Any]:
    """GET from a port of the node's loopback. Returns ``status`` and ``body``. Raises Failed."""
    return http(container, port, "GET", path, timeout_s=timeout_s)


def http(
    container: Container, port: int, method: str, path: str, body: str | None = None, *, timeout_s: float
) -> dict[str, Any]:
    """Ask a port of the node's loopback. Returns ``status`` and ``body``. Raises Failed."""
    (own,) = sockets_in(_pid(container), [(socket.AF_INET, socket.SOCK_STREAM)])
    connection = _Connection(own, port, timeout_s)
    try:
        connection.request(method, path, body)
        response = connection.getresponse()
        return {"status": response.status, "body": response.read(BODY_BYTES_MAX).decode(errors="replace")}
    except (OSError, http_client.HTTPException) as error:
        raise Failed(
            f"{container.name}: no answer from port {port}{path}: {error or type(error).__name__}"
        ) from error
    finally:
        connection.close()
        own.close()


def run(
    container: Container, argv: Sequence[str], timeout_s: float, env: Mapping[str, str]
) -> dict[str, Any]:
    """Run a command in the node, as its first process's user and with its environment.

    Returns:
        ``code``, ``output`` (what it printed), ``errors`` (what it printed to standard error).

    Raises:
        Failed: the node is down, or the command did not end in time (it is killed).
    """
    pid = _pid(container)
    user, group = owner(pid)
    enter = ["nsenter", "--target", str(pid), "--mount", "--uts", "--ipc", "--net", "--pid", "--root", "--wd"]
    begun = now()
    process = subprocess.Popen(
        [*enter, f"--setgid={group}", f"--setuid={user}", "--", *argv],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**environment(pid), **env},
        start_new_session=True,
    )
    try:
        output, errors = process.communicate(timeout=timeout_s)
    except subprocess.TimeoutExpired as error:
        _end(process)
        raise Failed(f"{container.name}: {argv[0]} did not end within {now() - begun:.1f} s") from error
    return {
        "code": process.returncode,
        "output": output.decode(errors="replace"),
        "errors": errors.decode(errors="replace"),
    }


def _end(process: subprocess.Popen[bytes]) -> None:
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    for pipe in (process.stdout, process.stderr):
        if pipe is not None:
            pipe.close()


def _pid(container: Container) -> int:
    if not container.pid:
        raise Failed(f"{container.name} does not run")
    return container.pid
