"""Runs pgBackRest's commands, each within a deadline."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

from .nodes import options
from .repository import InfoError, Repository
from .schedule import Job

__all__ = ["Result", "info", "make_stanza", "run", "sound"]

_COMMANDS = {
    Job.CHECK: ("check",),
    Job.FULL: ("backup", "--type=full"),
    Job.INCREMENTAL: ("backup", "--type=incr"),
    Job.VERIFY: ("verify", "--output=text", "--verbose"),
}
_WITHIN_S = {Job.CHECK: 60.0, Job.FULL: 600.0, Job.INCREMENTAL: 600.0, Job.VERIFY: 600.0}
_QUICK_S = 60.0
_WORDS_MAX = 2000


@dataclass(frozen=True, slots=True)
class Result:
    """How a command ended.

    Attributes:
        ok: it did what it was asked.
        seconds: how long it took.
        output: its standard output.
        words: what it complained of, at most 2000 characters, the end of it.
    """

    ok: bool
    seconds: float
    output: str
    words: str


def run(job: Job, nodes: Sequence[str]) -> Result:
    """Do a job with these nodes of the ledger; no end within its deadline is a failure."""
    if job is Job.VERIFY:
        return _verify()
    return _with_ledger(nodes, *_COMMANDS[job], within_s=_WITHIN_S[job])


def sound(report: str) -> bool:
    """Whether a report of ``verify`` finds every file whole.

    The command's status does not say so: it is 0 also when files are damaged (tried, 2.55.1).
    """
    return "status: ok" in (line.strip() for line in report.splitlines())


def make_stanza(nodes: Sequence[str]) -> Result:
    """Make the repository ready for this ledger; one that is ready stays as it is."""
    return _with_ledger(nodes, "stanza-create", within_s=_QUICK_S)


def info() -> Repository | None:
    """What the repository holds; None when it cannot be said."""
    result = _pgbackrest("info", "--output=json", within_s=_QUICK_S)
    if not result.ok:
        return None
    try:
        return Repository.parse(result.output)
    except InfoError:
        return None


def _verify() -> Result:
    result = _pgbackrest(*_COMMANDS[Job.VERIFY], within_s=_WITHIN_S[Job.VERIFY])
    if result.ok and not sound(result.output):
        return replace(result, ok=False, words=result.output.strip()[-_WORDS_MAX:])
    return result


def _with_ledger(nodes: Sequence[str], *words: str, within_s: float) -> Result:
    if not nodes:
        return Result(ok=False, seconds=0.0, output="", words="no node of the ledger runs")
    return _pgbackrest(*options(nodes), *words, within_s=within_s)


def _pgbackrest(*words: str, within_s: float) -> Result:
    began = time.monotonic()
    command = ["pgbackrest", "--stanza=ledger", "--log-level-console=off", "--log-level-stderr=warn", *words]
    try:
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            timeout=within_s,
            check=False,
            stdin=subprocess.DEVNULL,
        )
    except subprocess.TimeoutExpired:
        return Result(ok=False, seconds=within_s, output="", words=f"no end within {within_s:g} s")
    seconds = time.monotonic() - began
    return Result(done.returncode == 0, seconds, done.stdout, done.stderr.strip()[-_WORDS_MAX:])
