"""Into a node's namespaces and out again.

A thread is a task of its own to the kernel: it may enter a network namespace while the rest of the
process stays. A socket belongs for ever to the namespace in which it was made, and a child process is born
into that of the thread that started it. So each visit is a thread that goes in and ends there.
"""

from __future__ import annotations

import os
import select
import socket
import subprocess
import threading
from collections.abc import Callable, Sequence
from typing import Any, BinaryIO

from .processes import identify
from .refusal import Failed

__all__ = ["Namespace", "identity", "run_in", "sockets_in", "visit"]

_CLONE_NEWNET = 0x40000000

Namespace = tuple[int, int, int]
"""Its number, and the pid and start of the container's first process: the kernel gives a number that was
freed to the next namespace, so after a restart a clean one often has the number of the one before."""


def identity(pid: int) -> Namespace | None:
    """Which network namespace a process is in; None when the process is gone."""
    process = identify(pid)
    try:
        return None if process is None else (os.stat(f"/proc/{pid}/ns/net").st_ino, pid, process.start)
    except OSError:
        return None


def visit(pid: int, errand: Callable[[], Any]) -> Any:  # the errand's own type
    """Do something inside the network namespace of a process. Raises Failed when it is gone."""
    outcome: dict[str, Any] = {}

    def go() -> None:
        try:
            _enter(pid)
            outcome["value"] = errand()
        except BaseException as error:  # noqa: BLE001  # carried to the caller's thread
            outcome["error"] = error

    thread = threading.Thread(target=go, name=f"visit-{pid}", daemon=True)
    thread.start()
    thread.join()
    if "error" in outcome:
        error = outcome["error"]
        if isinstance(error, OSError):
            raise Failed(f"the network namespace of process {pid} could not be used: {error}") from error
        raise error
    return outcome["value"]


def _enter(pid: int) -> None:
    descriptor = os.open(f"/proc/{pid}/ns/net", os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.setns(descriptor, _CLONE_NEWNET)  # type: ignore[attr-defined]  # the image has Python 3.13
    finally:
        os.close(descriptor)


def sockets_in(pid: int, kinds: Sequence[tuple[int, int]]) -> list[socket.socket]:
    """New sockets (family, type) of the namespace of a process; usable from any thread. Raises Failed."""
    made: list[socket.socket] = visit(pid, lambda: [socket.socket(family, kind) for family, kind in kinds])
    return made


def run_in(pid: int, argv: Sequence[str], text: str = "", timeout_s: float = 10.0) -> tuple[int, str, str]:
    """Run a program of the agent's image in the network namespace of a process.

    Returns:
        The exit code, standard output, standard error.

    Raises:
        Failed: the process is gone, or the program did not end in time.
    """

    def errand() -> tuple[int, str, str]:
        return _run(argv, text, timeout_s)

    answer: tuple[int, str, str] = visit(pid, errand)
    return answer


def _run(argv: Sequence[str], text: str, timeout_s: float) -> tuple[int, str, str]:
    """Run a program on files in memory: no pipe has to be fed or drained, so a rule is in a moment sooner."""
    with _memory(text) as source, _memory() as output, _memory() as errors:
        process = subprocess.Popen(argv, stdin=source, stdout=output, stderr=errors)
        if not _ended(process.pid, timeout_s):
            process.kill()
            process.wait()
            raise Failed(f"{argv[0]} did not end within {timeout_s:g} s")
        code = process.wait()
        return code, _text(output), _text(errors)


def _memory(text: str = "") -> BinaryIO:
    file = os.fdopen(os.memfd_create("agent"), "w+b", buffering=0)
    file.write(text.encode())
    file.seek(0)
    return file


def _text(file: BinaryIO) -> str:
    file.seek(0)
    return file.read().decode(errors="replace")


def _ended(pid: int, timeout_s: float) -> bool:
    descriptor = os.pidfd_open(pid)
    try:
        return bool(select.select([descriptor], [], [], timeout_s)[0])
    finally:
        os.close(descriptor)
