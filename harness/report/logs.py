"""The lines of the nodes' logs that speak of an error: bounded, and without secrets."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from harness.errors import RunFolderError

__all__ = ["NodeLog", "read_logs"]

LINES_MAX = 12
LINE_CHARACTERS_MAX = 240

# Levels as PostgreSQL, Python, Go (logfmt, JSON), HAProxy and the kernel write them. Lower case alone is
# prose ("0 errors", "error handling enabled"), so it counts only as a level.
_ERROR = re.compile(
    r"\b(?:ERROR|FATAL|PANIC|CRITICAL|ALERT|EMERG|Traceback|OOM)\b"
    r"|\blevel\"?\s*[=:]\s*\"?(?:error|fatal|panic|dpanic|crit)"
    r"|\[(?:error|fatal|crit|alert|emerg)\]"
    r"|\b\w*(?:Error|Exception): ",
)
_SECRET = re.compile(
    r"(?i)((?:pass(?:word|wd)?|pgpassword|secret|token)\"?\s*[=:]\s*)(\"[^\"]*\"|'[^']*'|[^\s,;&}]+)"
)
_IN_URL = re.compile(r"(://[^\s:/@]+:)[^\s@]+(@)")
_CONTROL = re.compile(r"\x1b\[[0-9;]*[A-Za-z]|[\x00-\x08\x0b-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class NodeLog:
    """What one node's log says of errors.

    Attributes:
        node: the node's name.
        lines: lines of the whole log; ``errors`` how many of them speak of an error.
        shown: the first few of those and the last few, ready to print.
        left_out: how many lie between them.
    """

    node: str
    lines: int
    errors: int
    shown: tuple[str, ...]
    left_out: int

    @property
    def first(self) -> int:
        """Where in ``shown`` the gap is."""
        return LINES_MAX // 2


def read_logs(folder: Path) -> tuple[NodeLog, ...]:
    """Each ``<node>.log`` of a folder, by name; a folder that is not there holds none.

    Raises:
        RunFolderError: a log is there and cannot be read.
    """
    return tuple(_read(path) for path in sorted(folder.glob("*.log")))


def _read(path: Path) -> NodeLog:
    try:
        with path.open(encoding="utf-8", errors="replace") as lines:
            return sift(path.stem, lines)
    except OSError as error:
        raise RunFolderError(f"the log cannot be read: {error.strerror}", where=str(path)) from error


def sift(node: str, lines: Iterable[str]) -> NodeLog:
    """Keep the first and the last error lines: the first is the cause, the last what is still wrong."""
    total, errors = 0, 0
    first: list[str] = []
    last: list[str] = []
    for line in lines:
        total += 1
        if not _ERROR.search(line):
            continue
        errors += 1
        if len(first) < LINES_MAX // 2:
            first.append(clean(line))
        else:
            last = [*last, line][-LINES_MAX // 2 :]
    shown = (*first, *map(clean, last))
    return NodeLog(node, total, errors, shown, errors - len(shown))


def clean(line: str) -> str:
    """One line without control characters or secrets, and not longer than a line."""
    line = _CONTROL.sub("", line.rstrip())
    line = _IN_URL.sub(r"\1…\2", _SECRET.sub(r"\1…", line))
    return line if len(line) <= LINE_CHARACTERS_MAX else line[: LINE_CHARACTERS_MAX - 1] + "…"
