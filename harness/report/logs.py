"""The lines of the nodes' logs that speak of an error: counted by phase, bounded, and without secrets."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from harness.errors import RunFolderError
from harness.report.severity import speaks_of_an_error
from harness.run_folder import RunFolder
from harness.timeline import Timeline

__all__ = ["NodeLog", "log_errors", "phase_at", "read_logs"]

LINES_MAX = 12
LINE_CHARACTERS_MAX = 240

_STAMP = re.compile(r"^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,6})?)\d*Z ?")
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
        by_phase: errors by the phase in which the line was written; "" where that is not known.
    """

    node: str
    lines: int
    errors: int
    shown: tuple[str, ...]
    left_out: int
    by_phase: Mapping[str, int] = field(default_factory=dict)

    @property
    def first(self) -> int:
        """Where in ``shown`` the gap is."""
        return LINES_MAX // 2


PhaseAt = Callable[[datetime], str]


def phase_at(timeline: Timeline) -> PhaseAt:
    """By a moment of the wall clock, the phase of the run; "" before the first and without a timeline.

    An event's ``wall`` is when it was written down, at or after the moment of its ``at``; so the least difference
    of the two is that of the clocks.
    """
    written = ((_moment(str(event.get("wall", "")).removesuffix("Z")), event) for event in timeline.events)
    apart = [wall.timestamp() - float(event["at"]) for wall, event in written if wall]
    starts = [(span.start + min(apart), name) for name, span in timeline.phases.items()] if apart else []

    def find(moment: datetime) -> str:
        begun = [name for start, name in starts if start <= moment.timestamp()]
        return begun[-1] if begun else ""

    return find


def _moment(text: str) -> datetime | None:
    """What is no time is no reason to show no report."""
    try:
        return datetime.fromisoformat(text).replace(tzinfo=UTC)
    except ValueError:
        return None


def read_logs(folder: Path, phase_of: PhaseAt) -> tuple[NodeLog, ...]:
    """Each ``<node>.log`` of a folder, by name; a folder that is not there holds none.

    Args:
        folder: where they are.
        phase_of: the phase of a moment.

    Raises:
        RunFolderError: a log is there and cannot be read.
    """
    return tuple(_read(path, phase_of) for path in sorted(folder.glob("*.log")))


def log_errors(folder: RunFolder) -> dict[str, dict[str, int]]:
    """How many lines of each node's log speak of an error, by phase; nodes without one are left out.

    Raises:
        RunFolderError: the timeline or a log cannot be read.
    """
    logs = read_logs(folder.logs, phase_at(Timeline.read(folder.timeline)))
    return {log.node: dict(log.by_phase) for log in logs if log.errors}


def _read(path: Path, phase_of: PhaseAt) -> NodeLog:
    try:
        with path.open(encoding="utf-8", errors="replace") as lines:
            return sift(path.stem, lines, phase_of)
    except OSError as error:
        raise RunFolderError(f"the log cannot be read: {error.strerror}", where=str(path)) from error


def sift(node: str, lines: Iterable[str], phase_of: PhaseAt = lambda _: "") -> NodeLog:
    """Keep the first and the last error lines: the first is the cause, the last what is still wrong.

    A line without the engine's time stamp was written when the one before it was.
    """
    total, errors = 0, 0
    moment: datetime | None = None
    by_phase: Counter[str] = Counter()
    first: list[str] = []
    last: list[str] = []
    for line in lines:
        total += 1
        stamp = _STAMP.match(line)
        if stamp:
            moment = _moment(stamp[1])
        if not speaks_of_an_error(line[stamp.end() :] if stamp else line):
            continue
        errors += 1
        by_phase[phase_of(moment) if moment else ""] += 1
        if len(first) < LINES_MAX // 2:
            first.append(clean(line))
        else:
            last = [*last, line][-LINES_MAX // 2 :]
    shown = (*first, *map(clean, last))
    return NodeLog(node, total, errors, shown, errors - len(shown), by_phase)


def clean(line: str) -> str:
    """One line without control characters or secrets, and not longer than a line."""
    line = _CONTROL.sub("", line.rstrip())
    line = _IN_URL.sub(r"\1…\2", _SECRET.sub(r"\1…", line))
    return line if len(line) <= LINE_CHARACTERS_MAX else line[: LINE_CHARACTERS_MAX - 1] + "…"
