"""Run the stack's observer and keep what it prints; what it could not read says so in the file."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from harness.stack.engine import engine_host

__all__ = ["SOURCES", "Exec", "observe"]

SOURCES = ("database", "api", "replicas")
_STDERR_SHOWN = 300
_KILL_WITHIN_S = 10.0

# The program's number inside the container, on its first line of standard error: ending `docker exec`
# does not end what it runs, so a time-out has to end it by that number.
_WRAPPER = ("sh", "-c", 'echo "$$" >&2; exec "$@"', "sh")


@dataclass(frozen=True, slots=True)
class Exec:
    """A command to run in a container.

    Attributes:
        container: the container's id.
        node: the node's name, for people.
        argv: the command.
        environment: variables for it.
        timeout_s: its deadline, in seconds.
    """

    container: str
    node: str
    argv: Sequence[str]
    timeout_s: float
    environment: Mapping[str, str] = field(default_factory=dict)

    @property
    def docker(self) -> list[str]:
        """The docker command line that runs it."""
        pairs = [part for name, value in self.environment.items() for part in ("-e", f"{name}={value}")]
        return ["docker", "exec", *pairs, self.container, *_WRAPPER, *self.argv]


@dataclass(slots=True)
class _Seen:
    """Which sources the lines so far closed, and the first line that is not of the contract."""

    complete: set[str] = field(default_factory=set)
    incomplete: set[str] = field(default_factory=set)
    bad: str = ""

    def take(self, line: bytes) -> bool:
        """Whether the line may stand in the file."""
        try:
            item = json.loads(line)
            kind = item["t"]
        except (ValueError, KeyError, TypeError):
            self.bad = self.bad or line.decode(errors="replace").strip()[:_STDERR_SHOWN]
            return False
        if kind in ("complete", "incomplete"):
            getattr(self, kind).add(item.get("source"))
        return line.endswith(b"\n")


def observe(run: Exec, into: Path) -> None:
    """Stream the observer's lines into a file. It never raises for the observer's own failure.

    Proof: a source counts as read only by its ``complete`` line. When the observer fails, passes its
    deadline or prints what is not of the contract, each source without that line gets an
    ``incomplete`` line with the reason; when every source has one, all of them do, because then
    nothing tells which one the failure spoiled.
    """
    seen = _Seen()
    into.parent.mkdir(parents=True, exist_ok=True)
    with into.open("wb") as out:
        reason = _stream(run, out, seen)
        if seen.bad:
            reason = (
                reason or f"the observer on {run.node} printed a line that is not of the contract: {seen.bad}"
            )
        out.writelines(_incomplete(source, reason) for source in _unread(seen, reason))


def observe_nothing(into: Path, why: str) -> None:
    """Write that no source could be read, and why."""
    into.parent.mkdir(parents=True, exist_ok=True)
    into.write_bytes(b"".join(_incomplete(source, why) for source in SOURCES))


def _unread(seen: _Seen, reason: str) -> Iterable[str]:
    if not reason:
        return ()
    open_still = [source for source in SOURCES if source not in seen.complete | seen.incomplete]
    return open_still or ([] if seen.incomplete else SOURCES)


def _incomplete(source: str, why: str) -> bytes:
    return json.dumps({"t": "incomplete", "source": source, "why": why}).encode() + b"\n"


def _stream(run: Exec, out: IO[bytes], seen: _Seen) -> str:
    """Copy the lines; the reason of a failure, empty when there was none."""
    late = threading.Event()
    with tempfile.TemporaryFile() as errors:
        try:
            process = subprocess.Popen(
                run.docker,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=errors,
                env=_environment(),
            )
        except OSError as error:
            return f"docker could not be started: {error.strerror}"
        timer = threading.Timer(run.timeout_s, _stop, (run, process, errors, late))
        timer.start()
        try:
            out.writelines(line for line in process.stdout or () if seen.take(line))
            code = process.wait()
        finally:
            timer.cancel()
            if process.poll() is None:
                _stop(run, process, errors, late)
        said = _said(errors)
    if late.is_set():
        return f"the observer on {run.node} was not done within {run.timeout_s:g} s"
    return f"the observer on {run.node} ended with code {code}: {said}" if code else ""


def _stop(run: Exec, process: subprocess.Popen[bytes], errors: IO[bytes], late: threading.Event) -> None:
    late.set()
    number = _head(errors)
    if number.isdigit():
        kill = ["docker", "exec", run.container, "sh", "-c", f"kill -9 {number}"]
        # A container that is gone, or stuck, has nothing left to end.
        subprocess.run(kill, check=False, capture_output=True, timeout=_KILL_WITHIN_S, env=_environment())
    process.kill()
    process.wait()


def _head(errors: IO[bytes]) -> str:
    return os.pread(errors.fileno(), 32, 0).split(b"\n")[0].decode(errors="replace").strip()


def _said(errors: IO[bytes]) -> str:
    errors.seek(0)
    lines = errors.read().decode(errors="replace").splitlines()
    said = " ".join(line.strip() for line in (lines[1:] if lines and lines[0].isdigit() else lines))
    return said[-_STDERR_SHOWN:] or "it gave no reason"


def _environment() -> dict[str, str]:
    return {**os.environ, "DOCKER_HOST": engine_host()}
