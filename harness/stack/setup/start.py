"""Starts the engine, with systemd or without, also after it was killed.

1. An engine that answers is left alone. One whose process lives is waited for.
2. The containerd of a killed engine is ended (the next one waits 15 s for it, in vain: tried), and files
   that stop the next one are removed.
3. systemd starts it where systemd runs; else it is started here, in a session of its own.
4. Should it not answer by the deadline, or end: the shims that the killed engine left are ended and it is
   started once more. At first they are left alone: the engine takes them over and stops their containers.
"""

from __future__ import annotations

import http.client
import socket
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from harness.errors import EngineError
from harness.stack.setup.engine_paths import EnginePaths
from harness.stack.setup.leftovers import clear_stale_files, end_processes, process_of, processes_of
from harness.stack.setup.program import find, run

__all__ = ["answers", "start_engine"]

# A killed engine's containers are stopped before it answers, each in its own grace period.
_DEADLINE_S = 120.0
_POLL_S = 0.05
_ANSWER_S = 5.0
_LINES = 8


def start_engine(
    paths: EnginePaths,
    say: Callable[[str], None],
    *,
    deadline_s: float = _DEADLINE_S,
    systemd: bool | None = None,
) -> None:
    """Start the engine and wait until it answers.

    Args:
        paths: which engine.
        say: told what is done, a sentence each.
        deadline_s: how long one start may take.
        systemd: whether systemd manages it; None finds out.

    Raises:
        EngineError: it does not answer, with the last lines of its log.
    """
    if answers(paths.socket):
        return
    if (living := process_of(paths.pidfile, "dockerd")) is not None:
        say(f"An engine runs as process {living.pid} and does not answer yet; waiting for it.")
        _wait_for_living(paths, living.pid, deadline_s)
        return
    _end_leftovers(paths, say, "containerd")
    clear_stale_files(paths, say)
    managed = Path("/run/systemd/system").is_dir() if systemd is None else systemd
    attempt = _by_systemd if managed else _by_hand
    why = attempt(paths, say, deadline_s)
    if why is not None and _end_leftovers(paths, say):
        why = attempt(paths, say, deadline_s)
    if why is not None:
        raise EngineError(
            f"the engine does not start: {why}", mend=f"Mend what its log says: {log_of(paths, managed)}"
        )


def answers(path: Path) -> bool:
    """Whether an engine answers on that socket."""
    connection = _Unix(path)
    try:
        connection.request("GET", "/_ping")
        return connection.getresponse().status == http.client.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def log_of(paths: EnginePaths, managed: bool) -> str:  # noqa: FBT001  # one of two words
    """Where a person reads the engine's log."""
    return "journalctl -u docker" if managed else str(paths.log)


def _by_systemd(paths: EnginePaths, say: Callable[[str], None], deadline_s: float) -> str | None:
    say("Starting the engine with systemd.")
    run(
        ["systemctl", "reset-failed", "docker.service", "docker.socket", "containerd.service"],
        timeout_s=_ANSWER_S,
    )
    started = run(["systemctl", "start", "docker.service"], timeout_s=deadline_s)
    return None if started.ok and _wait(paths, deadline_s, None) else started.said


def _by_hand(paths: EnginePaths, say: Callable[[str], None], deadline_s: float) -> str | None:
    """Start it and wait; the reason when it did not come up, and then it is not left running."""
    say(f"Starting the engine (dockerd, log in {paths.log}).")
    process = _spawn(paths)
    if _wait(paths, deadline_s, process):
        return None
    ended = process.poll() is not None
    if not ended:
        process.terminate()
        _reap(process)
    reason = (
        f"it ended with code {process.returncode}" if ended else f"it did not answer within {deadline_s:g} s"
    )
    return f"{reason}\n{_tail(paths.log)}\n"


def _spawn(paths: EnginePaths) -> subprocess.Popen[bytes]:
    program = find("dockerd")
    if program is None:
        raise EngineError(
            "dockerd is not installed", mend="Run `harness doctor --fix` as root on Debian or Ubuntu"
        )
    paths.log.parent.mkdir(parents=True, exist_ok=True)
    with paths.log.open("ab") as log:
        return subprocess.Popen(
            [*paths.enter, program, *paths.arguments],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd="/",
            start_new_session=True,  # it outlives this program and its terminal
        )


def _wait(paths: EnginePaths, deadline_s: float, process: subprocess.Popen[bytes] | None) -> bool:
    deadline = time.monotonic() + deadline_s
    while time.monotonic() < deadline:
        if answers(paths.socket):
            return True
        if process is not None and process.poll() is not None:
            return False
        time.sleep(_POLL_S)
    return False


def _wait_for_living(paths: EnginePaths, pid: int, deadline_s: float) -> None:
    if not _wait(paths, deadline_s, None):
        raise EngineError(
            f"the engine runs as process {pid} and did not answer on {paths.socket} within {deadline_s:g} s",
            mend=f"See its log, or end it (kill {pid}) and run `harness doctor --fix` again",
        )


def _end_leftovers(paths: EnginePaths, say: Callable[[str], None], program: str = "") -> bool:
    """End what a killed engine left running, or only that program; whether there was anything."""
    left = [process for process in processes_of(paths) if program in ("", process.program)]
    if not left:
        return False
    say(f"Ending what an engine that was killed left running: {', '.join({each.program for each in left})}.")
    stubborn = end_processes(left)
    if stubborn:
        raise EngineError(
            f"processes of a killed engine cannot be ended: {[each.pid for each in stubborn]}",
            mend="Something in the kernel holds them; restart the machine",
        )
    clear_stale_files(paths, say)
    return True


def _reap(process: subprocess.Popen[bytes]) -> None:
    try:
        process.wait(_ANSWER_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _tail(log: Path) -> str:
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()[-_LINES:] if log.exists() else []
    return "\n".join(f"    {line}" for line in lines)


class _Unix(http.client.HTTPConnection):
    """HTTP over a Unix socket."""

    def __init__(self, path: Path) -> None:
        super().__init__("localhost", timeout=_ANSWER_S)
        self._path = path

    def connect(self) -> None:
        """Connect to the socket instead of a host."""
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(_ANSWER_S)
        self.sock.connect(str(self._path))
