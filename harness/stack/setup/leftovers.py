"""What an engine that was killed leaves behind, and what of it stops the next one from starting."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from harness.stack.setup.engine_paths import EnginePaths

__all__ = ["Process", "clear_stale_files", "end_processes", "listens", "process_of", "processes_of"]

_CONNECT_S = 2.0
_END_S = 10.0
_POLL_S = 0.05


@dataclass(frozen=True, slots=True)
class Process:
    """A process of this host."""

    pid: int
    argv: tuple[str, ...]

    @property
    def program(self) -> str:
        """The program's name without its folder."""
        return Path(self.argv[0]).name if self.argv else ""


def process_of(pidfile: Path, program: str) -> Process | None:
    """The process that the file names, if it lives and is that program.

    After a crash the number may belong to anybody, and the engine takes any process for its own.
    """
    try:
        process = _look(int(pidfile.read_text(encoding="ascii")))
    except (OSError, ValueError):
        return None
    return process if process and process.program == program else None


def clear_stale_files(paths: EnginePaths, say: Callable[[str], None]) -> None:
    """Remove process-id files of processes that are no more, and a socket nobody listens on."""
    stale = [
        path
        for path, program in (
            (paths.pidfile, "dockerd"),
            (paths.exec_root / "containerd" / "containerd.pid", "containerd"),
        )
        if path.exists() and process_of(path, program) is None
    ]
    # The engine uses a containerd whose socket exists, without asking whether it answers.
    system = paths.system_containerd
    if system is not None and system.exists() and not listens(system):
        stale.append(system)
    for path in stale:
        say(f"Removing {path}, left by an engine that was killed.")
        path.unlink(missing_ok=True)


def processes_of(paths: EnginePaths) -> tuple[Process, ...]:
    """The containerd and the shims of that engine, known by its folder on their command line."""
    return tuple(process for process in _all() if _belongs(process, paths.exec_root))


def end_processes(processes: Iterable[Process]) -> tuple[Process, ...]:
    """Kill them and wait until they are gone; returns those that are not."""
    left = tuple(processes)
    for process in left:
        _kill(process.pid)
    deadline = time.monotonic() + _END_S
    while left and time.monotonic() < deadline:
        left = tuple(process for process in left if _look(process.pid) == process)
        time.sleep(_POLL_S)
    return left


def listens(path: Path) -> bool:
    """Whether somebody accepts connections on that socket."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client:
        client.settimeout(_CONNECT_S)
        try:
            client.connect(str(path))
        except OSError:
            return False
    return True


def _belongs(process: Process, exec_root: Path) -> bool:
    # The kernel cuts the name to 15 letters, the command line is whole: containerd-shim-runc-v2.
    ours = process.program == "containerd" or process.program.startswith("containerd-shim")
    folder = f"{exec_root.resolve()}/"
    return ours and any(
        str(Path(part).resolve()).startswith(folder) for part in process.argv[1:] if "/" in part
    )


def _all() -> list[Process]:
    found = (_look(int(entry.name)) for entry in Path("/proc").iterdir() if entry.name.isdigit())
    return [process for process in found if process]


def _look(pid: int) -> Process | None:
    """The process of that number; None when there is none, or only its remains."""
    try:
        line = Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return None
    argv = tuple(part.decode(errors="replace") for part in line.split(b"\0") if part)
    return Process(pid, argv) if argv else None


def _kill(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
