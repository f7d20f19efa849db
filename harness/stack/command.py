"""Run a program with a deadline, and end all of it when the deadline passes or the harness is interrupted."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from harness.errors import EngineError

__all__ = ["Output", "run_command"]

_END_WITHIN_S = 5.0


@dataclass(frozen=True, slots=True)
class Output:
    """What a program said.

    Attributes:
        code: its exit code.
        out: its standard output.
        err: its standard error.
    """

    code: int
    out: str
    err: str


def run_command(
    argv: Sequence[str],
    *,
    cwd: Path,
    env: Mapping[str, str],
    timeout_s: float,
    on_line: Callable[[str], None] = lambda _line: None,
) -> Output:
    """Run a program to its end, in a process group of its own.

    Args:
        argv: the program and its arguments; no shell.
        cwd: where it runs.
        env: its whole environment.
        timeout_s: the deadline, in seconds.
        on_line: told of every line of either stream as it comes.

    Raises:
        EngineError: the program does not exist, or was not done by the deadline.
    """
    try:
        process = subprocess.Popen(
            list(argv), cwd=cwd, env=dict(env), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True, errors="replace", start_new_session=True,
        )  # fmt: skip
    except OSError as error:
        raise EngineError(
            f"{argv[0]} could not be started: {error.strerror}", mend="Run: harness doctor --fix"
        ) from error
    try:
        return _finish(process, timeout_s, on_line)
    except subprocess.TimeoutExpired as error:
        raise EngineError(f"{' '.join(argv[:3])} ... was not done within {timeout_s:g} s") from error
    finally:
        _end(process)


def _finish(process: subprocess.Popen[str], timeout_s: float, on_line: Callable[[str], None]) -> Output:
    out: list[str] = []
    err: list[str] = []
    readers = [
        threading.Thread(target=_read, args=(process.stdout, out, on_line), daemon=True),
        threading.Thread(target=_read, args=(process.stderr, err, on_line), daemon=True),
    ]
    for reader in readers:
        reader.start()
    code = process.wait(timeout=timeout_s)
    for reader in readers:
        reader.join(timeout=_END_WITHIN_S)
    return Output(code, "".join(out), "".join(err))


def _read(stream: IO[str] | None, lines: list[str], on_line: Callable[[str], None]) -> None:
    for line in stream or ():
        lines.append(line)
        on_line(line.rstrip())


def _end(process: subprocess.Popen[str]) -> None:
    """End the whole group: docker runs Compose as a child of its own."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        if process.poll() is not None:
            return
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, number)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(timeout=_END_WITHIN_S)
