"""Asking a node from inside: HTTP over its own loopback, or a command in all its namespaces."""

from __future__ import annotations

import contextlib
import http.client as http_client
import json
import os
import signal
import socket
import subprocess
from base64 import b64encode
from collections.abc import Mapping, Sequence
from typing import Any

from .clock import now
from .containers import Container
from .namespaces import sockets_in
from .processes import environment, owner
from .refusal import Failed

__all__ = ["NoAnswer", "ask", "end", "http", "http_get", "run", "start"]

BODY_BYTES_MAX = 1024 * 1024
_OK_BELOW = 300
_PRELOAD = "LD_PRELOAD"


class NoAnswer(Failed):
    """Nothing answered."""


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
    """GET from a port of the node's loopback. Returns ``status`` and ``body``. Raises NoAnswer."""
    return ask(container, "GET", port, path, timeout_s=timeout_s)


def http(
    container: Container,
    method: str,
    port: int,
    path: str,
    body: object = None,
    *,
    timeout_s: float,
    login: tuple[str, str] | None = None,
) -> dict[str, Any]:
    """Ask a port of the node's loopback for something that must succeed.

    Args:
        container: the node.
        method: HTTP's.
        port: of the node.
        path: on it.
        body: sent as JSON, unless it is None.
        timeout_s: the deadline of each read and write.
        login: the names of the two variables, in the environment of the node's first process, that hold
            the user and the password: no secret passes through whoever asks for this.

    Raises:
        NoAnswer: nothing answered.
        Failed: the answer is no success, or the node lacks a variable.
    """
    headers = {"Content-Type": "application/json"} | (_basic(container, *login) if login else {})
    sent = None if body is None else json.dumps(body)
    answer = ask(container, method, port, path, sent, headers, timeout_s=timeout_s)
    if answer["status"] >= _OK_BELOW:
        said = answer["body"].strip()[:300]
        raise Failed(f"{container.name} answered {method} {port}{path} with {answer['status']}: {said}")
    return answer


def ask(
    container: Container,
    method: str,
    port: int,
    path: str,
    body: str | None = None,
    headers: Mapping[str, str] | None = None,
    *,
    timeout_s: float,
) -> dict[str, Any]:
    """Ask a port of the node's loopback. Returns ``status`` and ``body``, whatever they are. Raises NoAnswer."""
    (own,) = sockets_in(_pid(container), [(socket.AF_INET, socket.SOCK_STREAM)])
    connection = _Connection(own, port, timeout_s)
    try:
        connection.request(method, path, body, dict(headers or {}))
        response = connection.getresponse()
        return {"status": response.status, "body": response.read(BODY_BYTES_MAX).decode(errors="replace")}
    except (OSError, http_client.HTTPException) as error:
        raise NoAnswer(
            f"{container.name}: no answer from port {port}{path}: {error or type(error).__name__}"
        ) from error
    finally:
        connection.close()
        own.close()


def _basic(container: Container, user: str, password: str) -> dict[str, str]:
    known = environment(_pid(container))
    missing = [name for name in (user, password) if name not in known]
    if missing:
        raise Failed(f"{container.name} has no {' and no '.join(missing)} in its environment")
    word = b64encode(f"{known[user]}:{known[password]}".encode()).decode()
    return {"Authorization": f"Basic {word}"}


def run(
    container: Container,
    argv: Sequence[str],
    timeout_s: float,
    env: Mapping[str, str],
    user_of: int | None = None,
) -> dict[str, Any]:
    """Run a command in the node, as its first process's user and with its environment.

    Args:
        container: the node.
        argv: the command.
        timeout_s: how long it may take.
        env: more of the environment.
        user_of: a process (by its pid) as whose user it runs instead.

    Returns:
        ``code``, ``output`` (what it printed), ``errors`` (what it printed to standard error).

    Raises:
        Failed: the node is down, or the command did not end in time (it is killed).
    """
    begun = now()
    process = start(container, argv, env, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, user_of=user_of)
    try:
        output, errors = process.communicate(timeout=timeout_s)
    except subprocess.TimeoutExpired as error:
        end(process)
        raise Failed(f"{container.name}: {argv[0]} did not end within {now() - begun:.1f} s") from error
    return {
        "code": process.returncode,
        "output": output.decode(errors="replace"),
        "errors": errors.decode(errors="replace"),
    }


def start(
    container: Container,
    argv: Sequence[str],
    env: Mapping[str, str],
    *,
    stdin: int,
    stderr: int,
    user_of: int | None = None,
) -> subprocess.Popen[bytes]:
    """Start a command in the node, with its first process's environment, as that one's user or another's.

    Raises:
        Failed: the node is down.
    """
    pid = _pid(container)
    user, group = owner(user_of or pid)
    known = {**environment(pid), **env}
    # That library is in the node's image; nsenter is of the agent's, and would complain.
    preload = known.pop(_PRELOAD, None)
    argv = argv if preload is None else ["env", f"{_PRELOAD}={preload}", *argv]
    enter = ["nsenter", "--target", str(pid), "--mount", "--uts", "--ipc", "--net", "--pid", "--root", "--wd"]
    return subprocess.Popen(
        [*enter, f"--setgid={group}", f"--setuid={user}", "--", *argv],
        stdin=stdin,
        stdout=subprocess.PIPE,
        stderr=stderr,
        env=known,
        start_new_session=True,
    )


def end(process: subprocess.Popen[bytes]) -> None:
    """Kill it with all that it started, wait for it, and close its pipes."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    for pipe in (process.stdin, process.stdout, process.stderr):
        if pipe is not None:
            pipe.close()


def _pid(container: Container) -> int:
    if not container.pid:
        raise Failed(f"{container.name} does not run")
    return container.pid
