"""Processes, by pid *and* start time: a pid alone may name another process a moment later."""

from __future__ import annotations

import os
import re
import signal
from dataclasses import dataclass
from pathlib import Path

from .refusal import Failed

__all__ = [
    "TICKS_PER_S",
    "Process",
    "alive",
    "command",
    "cpu_s",
    "environment",
    "identify",
    "in_namespace",
    "kill",
    "matching",
    "owner",
    "stopped",
]

_STAT_STATE = 0
_STAT_START = 19
_STAT_CPU = (11, 12)
"""In its own code, and in the kernel's."""
TICKS_PER_S = 100.0
"""Clock ticks, in which the kernel tells a process's start and its CPU time."""


@dataclass(frozen=True, slots=True)
class Process:
    """One process of this boot: its pid in the host's namespace, and its start in clock ticks."""

    pid: int
    start: int


def identify(pid: int) -> Process | None:
    """The process that has this pid now; None when there is none, or only its remains (a zombie)."""
    fields = _stat(pid)
    if fields is None or fields[_STAT_STATE] in "ZX":
        return None
    return Process(pid, int(fields[_STAT_START]))


def _stat(pid: int) -> list[str] | None:
    """The fields of a process's ``stat`` behind its name; None when it is gone."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    # The second field, the name, may itself hold blanks and brackets.
    return text[text.rindex(")") + 2 :].split()


def alive(process: Process) -> bool:
    """Whether this very process still runs."""
    return identify(process.pid) == process


def in_namespace(pid: int) -> list[int]:
    """The pids (as the host counts them) of every process in the pid namespace of ``pid``."""
    try:
        own = os.readlink(f"/proc/{pid}/ns/pid")
    except OSError:
        return []
    return [int(entry) for entry in os.listdir("/proc") if entry.isdigit() and _namespace(entry) == own]


def matching(pid: int, pattern: str) -> list[Process]:
    """The processes in the namespace of ``pid`` whose name or command line the pattern is found in."""
    wanted = re.compile(pattern)
    found = [identify(other) for other in in_namespace(pid) if wanted.search(command(other))]
    return [process for process in found if process is not None]


def kill(process: Process, number: int = signal.SIGKILL) -> None:
    """Signal this very process, never another one that got its pid; one that is gone is fine."""
    try:
        descriptor = os.pidfd_open(process.pid)
    except ProcessLookupError:
        return
    try:
        if alive(process):
            signal.pidfd_send_signal(descriptor, number)
    except ProcessLookupError:
        return
    except OSError as error:
        raise Failed(f"process {process.pid} could not be signalled: {error}") from error
    finally:
        os.close(descriptor)


def stopped(pid: int) -> bool:
    """Whether a process stands still by a signal (SIGSTOP)."""
    fields = _stat(pid)
    return fields is not None and fields[_STAT_STATE] == "T"


def cpu_s(pid: int) -> float:
    """The CPU time that a process has used, in seconds; 0 when it is gone."""
    fields = _stat(pid)
    return 0.0 if fields is None else sum(int(fields[n]) for n in _STAT_CPU) / TICKS_PER_S


def environment(pid: int) -> dict[str, str]:
    """The environment that a process was started with; empty when it is gone."""
    try:
        data = Path(f"/proc/{pid}/environ").read_bytes()
    except OSError:
        return {}
    entries = (entry.decode(errors="surrogateescape") for entry in data.split(b"\0") if b"=" in entry)
    return {name: value for name, _, value in (entry.partition("=") for entry in entries)}


def owner(pid: int) -> tuple[int, int]:
    """The user and group of a process."""
    status = Path(f"/proc/{pid}").stat()
    return status.st_uid, status.st_gid


def _namespace(pid: str) -> str | None:
    try:
        return os.readlink(f"/proc/{pid}/ns/pid")
    except OSError:
        return None


def command(pid: int) -> str:
    """The name and the command line of a process; empty when it is gone."""
    try:
        name = Path(f"/proc/{pid}/comm").read_text(encoding="utf-8", errors="replace").strip()
        line = Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except OSError:
        return ""
    return f"{name} {line}".strip()
