"""What a run folder holds, and what it should hold and does not.

A report is needed most when a run went wrong, so whatever is missing or broken becomes a sentence in
``gaps``, and the rest is shown.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from harness.errors import HarnessError
from harness.history import History, read_history
from harness.observations import Books
from harness.report.logs import NodeLog, phase_at, read_logs
from harness.run_folder import Result, RunFolder, RunInfo
from harness.timeline import Timeline

__all__ = ["Material", "gather"]

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Material:
    """What could be read of a run; None where nothing could.

    Attributes:
        gaps: a sentence for each thing that is missing, in the order of the files.
    """

    run: RunInfo | None
    timeline: Timeline
    history: History | None
    books: Books | None
    result: Result | None
    logs: tuple[NodeLog, ...]
    gaps: tuple[str, ...]


def gather(folder: RunFolder) -> Material:
    """Read a run folder, however little of it there is."""
    gaps: list[str] = []

    def attempt(what: str, read: Callable[[], _T]) -> _T | None:
        try:
            return read()
        except HarnessError as error:
            gaps.append(f"{what}: {error.what}.")
            return None

    run = attempt("The experiment (run.json)", folder.read_run)
    timeline = attempt("The timeline (timeline.jsonl)", lambda: Timeline.read(folder.timeline))
    history = attempt("The history (history.jsonl)", lambda: read_history(folder.history))
    if history is not None:
        gaps += _history_gaps(history)
    books = attempt("The final reads (observations.jsonl)", lambda: Books.read(folder.observations))
    gaps += _books_gaps(books)
    result = attempt("The verdict (result.json)", folder.read_result)
    logs = (
        attempt("The nodes' logs", lambda: read_logs(folder.logs, phase_at(timeline or Timeline(())))) or ()
    )
    if not logs:
        gaps.append("The nodes' logs: there are none in the run folder.")
    return Material(run, timeline or Timeline(()), history, books, result, logs, tuple(gaps))


def _history_gaps(history: History) -> list[str]:
    gaps = []
    if history.truncated:
        gaps.append("The history's last line is cut off: its writer was killed; that line is left out.")
    if not history.ended:
        gaps.append(
            "The history has no end: the load did not stop in order, so what was in flight counts as info."
        )
    return gaps


def _books_gaps(books: Books | None) -> list[str]:
    if books is None:
        return []
    by_reason: dict[str, list[str]] = {}
    for source, why in sorted(books.incomplete.items()):
        by_reason.setdefault(why, []).append(source)
    return [
        f"The final reads ({', '.join(names)}) are not complete: {why}." for why, names in by_reason.items()
    ]
