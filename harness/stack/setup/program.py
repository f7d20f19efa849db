"""Running one program of the host, with a deadline, and what it said."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from harness.errors import EngineError

__all__ = ["Outcome", "find", "require", "run"]

_SYSTEM_FOLDERS = ("/usr/local/sbin", "/usr/sbin", "/sbin")
_LINES_IN_AN_ERROR = 6
_GRACE_S = 5.0

MISSING = 127
TIMED_OUT = 124


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a program did.

    Attributes:
        code: its exit code; 127 when it is not installed, 124 when it missed its deadline.
        out: its standard output.
        err: its standard error, or the reason why it did not run.
    """

    code: int
    out: str
    err: str

    @property
    def ok(self) -> bool:
        """Whether it ended with 0."""
        return self.code == 0

    @property
    def said(self) -> str:
        """The last line that it printed, standard error first: most programs put the reason there."""
        lines = [line.strip() for line in (self.err.strip() or self.out.strip()).splitlines() if line.strip()]
        return lines[-1] if lines else f"exit code {self.code}, without a word"

    @property
    def tail(self) -> str:
        """The last lines of both streams, for an error."""
        lines = (self.out.splitlines() + self.err.splitlines())[-_LINES_IN_AN_ERROR:]
        return "\n".join(f"    {line}" for line in lines)


def run(
    argv: Sequence[str | Path],
    *,
    timeout_s: float,
    stdin: str = "",
    env: Mapping[str, str] | None = None,
) -> Outcome:
    """Run a program to its end or its deadline, and never raise for what it did.

    Args:
        argv: the program and its arguments; it is looked for in the folders of root, too.
        timeout_s: seconds after which it and its children are ended.
        stdin: what it reads.
        env: variables to set besides this process's own.
    """
    try:
        process = subprocess.Popen(
            [find(os.fspath(argv[0])) or argv[0], *argv[1:]],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
            env=_environment(env or {}),
            start_new_session=True,  # so that its children can be ended with it
        )
    except OSError as error:
        return Outcome(MISSING, "", f"{argv[0]} cannot be run here: {error.strerror}")
    return _finish(process, stdin, timeout_s, name=str(argv[0]))


def require(
    argv: Sequence[str | Path],
    *,
    timeout_s: float,
    doing: str,
    mend: str,
    env: Mapping[str, str] | None = None,
) -> str:
    """Run a program that must succeed, and give its output.

    Raises:
        EngineError: it did not; with the end of what it printed.
    """
    outcome = run(argv, timeout_s=timeout_s, env=env)
    if not outcome.ok:
        raise EngineError(f"{doing} failed: {outcome.said}\n{outcome.tail}\n", mend=mend)
    return outcome.out


def _finish(process: subprocess.Popen[str], stdin: str, timeout_s: float, *, name: str) -> Outcome:
    try:
        out, err = process.communicate(stdin, timeout=timeout_s)
    except subprocess.TimeoutExpired:
        _end(process)
        return Outcome(TIMED_OUT, "", f"{name} gave no answer within {timeout_s:g} s")
    except BaseException:  # Ctrl-C reaches us alone, because the program has a session of its own
        _end(process)
        raise
    return Outcome(process.returncode, out, err)


def _end(process: subprocess.Popen[str]) -> None:
    """End a program and its children; asked first, because a package manager must not be cut short."""
    for sign in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, sign)
        try:
            process.communicate(timeout=_GRACE_S)
        except subprocess.TimeoutExpired:
            continue
        return


def find(program: str) -> str | None:
    """The path of an installed program, looked for in the folders of root, too; None when there is none."""
    return shutil.which(program, path=_path())


def _environment(extra: Mapping[str, str]) -> dict[str, str]:
    # The words of a program are read, so they must not be translated.
    return {**os.environ, "PATH": _path(), "LC_ALL": "C", **extra}


def _path() -> str:
    folders = os.environ.get("PATH", os.defpath).split(os.pathsep)
    return os.pathsep.join([*folders, *(folder for folder in _SYSTEM_FOLDERS if folder not in folders)])
