"""The files of one run: where they are, how they are written and read.

::

    runs/20260131T120000Z-ledger_primary_kill/      runs/latest points to the newest
      run.json            the experiment as resolved, seed, commit, versions, host: RunInfo
      timeline.jsonl      what the harness did and saw
      history.jsonl       every operation
      observations.jsonl  the final reads
      result.json         the verdict and what it rests on: Result
      report.html  report.md  junit.xml
      logs/<node>.log

``run.json`` and ``result.json`` are replaced as a whole: a reader sees the old file or the new one,
never half of one. JSON schemas of every file are in ``docs/schemas/``.
"""

from __future__ import annotations

import difflib
import os
import re
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Self, TypeVar

from pydantic import BaseModel, ValidationError

from harness.errors import HarnessError, RunFolderError
from harness.run_models import (
    EvidenceInfo,
    ExpectationInfo,
    ExperimentInfo,
    FindingInfo,
    HostInfo,
    InjectionInfo,
    Measurements,
    OperationCounts,
    Result,
    RunInfo,
    StackInfo,
    Started,
)

__all__ = [
    "EvidenceInfo",
    "ExpectationInfo",
    "ExperimentInfo",
    "FindingInfo",
    "HostInfo",
    "InjectionInfo",
    "Measurements",
    "OperationCounts",
    "Result",
    "RunFolder",
    "RunInfo",
    "StackInfo",
    "Started",
    "write_atomically",
]

LATEST = "latest"
_MARKS = ("run.json", "timeline.jsonl", "history.jsonl", "result.json")


ROOM_BYTES = 256 << 20
"""More than a run has ever taken: logs of every node, at most 40 MB each, are rarely above a few."""

_M = TypeVar("_M", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class RunFolder:
    """One run's folder. Knows names, not contents: what is missing is the reader's business.

    Attributes:
        path: the folder itself, absolute.
    """

    path: Path

    @classmethod
    def create(cls, root: Path, experiment_name: str) -> Self:
        """Make ``root/<UTC time>-<experiment>/`` with ``logs/``, and point ``root/latest`` at it.

        Raises:
            RunFolderError: the name cannot be a folder's, or the disk refuses or has no room for a run.
        """
        if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,99}", experiment_name):
            raise RunFolderError(
                f"{experiment_name!r} cannot be part of a folder's name",
                mend="Use at most 100 letters, digits, '_', '-' and '.', a letter or digit first",
            )
        stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
        try:
            _require_room(root.absolute())
            folder = cls(_make_fresh(root.absolute(), f"{stamp}-{experiment_name}"))
            folder.logs.mkdir()
            _point_latest(folder.path)
        except OSError as error:
            raise RunFolderError(f"no run folder can be made: {error.strerror}", where=str(root)) from error
        return folder

    @classmethod
    def open(cls, run: str | Path = LATEST, root: Path = Path("runs")) -> Self:
        """The folder of a run, by its path, by its name under ``root``, or ``latest``.

        Raises:
            RunFolderError: there is no such folder, or it holds nothing of a run.
        """
        for candidate in (root / run, Path(run)):
            if candidate.is_dir():
                return cls(_checked(candidate.resolve()))
        raise _unknown(str(run), root)

    @property
    def run_json(self) -> Path:
        """The experiment as it was run, and on what (:class:`RunInfo`)."""
        return self.path / "run.json"

    @property
    def timeline(self) -> Path:
        """What the harness did and saw (:mod:`harness.timeline`)."""
        return self.path / "timeline.jsonl"

    @property
    def history(self) -> Path:
        """Every operation (:mod:`harness.history`)."""
        return self.path / "history.jsonl"

    @property
    def observations(self) -> Path:
        """The final reads (:mod:`harness.observations`)."""
        return self.path / "observations.jsonl"

    @property
    def result_json(self) -> Path:
        """The verdict and what it rests on (:class:`Result`)."""
        return self.path / "result.json"

    @property
    def report_html(self) -> Path:
        """The report for people."""
        return self.path / "report.html"

    @property
    def report_md(self) -> Path:
        """The report for a CI job's summary."""
        return self.path / "report.md"

    @property
    def junit_xml(self) -> Path:
        """The findings as test cases."""
        return self.path / "junit.xml"

    @property
    def logs(self) -> Path:
        """The folder of the nodes' logs, ``<node>.log`` each."""
        return self.path / "logs"

    def write_run(self, info: RunInfo) -> None:
        """Replace ``run.json``."""
        write_atomically(self.run_json, _as_json(info))

    def read_run(self) -> RunInfo:
        """Read ``run.json``.

        Raises:
            RunFolderError: it is missing, or is not what the schema says.
        """
        return _read(self.run_json, RunInfo)

    def write_result(self, result: Result) -> None:
        """Replace ``result.json``."""
        write_atomically(self.result_json, _as_json(result))

    def read_result(self) -> Result:
        """Read ``result.json``.

        Raises:
            RunFolderError: it is missing, or is not what the schema says.
        """
        return _read(self.result_json, Result)


def write_atomically(path: Path, text: str) -> None:
    """Replace a file as a whole, on the disk before the call returns.

    Raises:
        RunFolderError: the disk refuses; the old file, if there was one, is as it was.
    """
    fresh = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with fresh.open("w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)
    except OSError as error:
        fresh.unlink(missing_ok=True)
        raise RunFolderError(f"the file cannot be written: {error.strerror}", where=str(path)) from error


def _as_json(model: BaseModel) -> str:
    return model.model_dump_json(by_alias=True, indent=2) + "\n"


def _read(path: Path, model: type[_M]) -> _M:
    try:
        return model.model_validate_json(path.read_bytes())
    except FileNotFoundError as error:
        raise RunFolderError(
            f"{path.name} is missing", where=str(path.parent), mend="The run ended before it was written"
        ) from error
    except OSError as error:
        raise RunFolderError(f"it cannot be read: {error.strerror}", where=str(path)) from error
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"])) or "the whole file"
        raise RunFolderError(f"{place}: {first['msg']}", where=str(path)) from error
    except HarnessError as error:  # an experiment's own rules, when load or phases are made again
        raise RunFolderError(error.what, where=str(path)) from error


def _require_room(root: Path) -> None:
    """A disk that fills up in the middle of a run ends the history, and the run with it."""
    there = next(path for path in (root, *root.parents) if path.exists())
    free = shutil.disk_usage(there).free
    if free < ROOM_BYTES:
        raise RunFolderError(
            f"a run needs {ROOM_BYTES >> 20} MiB and the disk has {free >> 20} MiB free",
            where=str(root),
            mend="Free some space, or choose another folder with --runs",
        )


def _make_fresh(root: Path, name: str) -> Path:
    """A second run within the same second gets a number; two processes never share a folder."""
    root.mkdir(parents=True, exist_ok=True)
    for number in range(1, 1000):
        path = root / (name if number == 1 else f"{name}-{number}")
        try:
            path.mkdir()
        except FileExistsError:
            continue
        return path
    raise RunFolderError("a thousand runs began within one second", where=str(root / name))


def _point_latest(path: Path) -> None:
    link = path.parent / f".{LATEST}.{path.name}.tmp"
    link.symlink_to(path.name)
    link.replace(path.parent / LATEST)


def _checked(path: Path) -> Path:
    if not any((path / mark).exists() for mark in _MARKS):
        raise RunFolderError(f"this folder holds nothing of a run ({', '.join(_MARKS)})", where=str(path))
    return path


def _unknown(run: str, root: Path) -> RunFolderError:
    known = sorted(_names(root))
    if not known:
        return RunFolderError(f"there is no run {run!r}", where=str(root), mend="Make one: harness run NAME")
    near = difflib.get_close_matches(run, known, n=1, cutoff=0.3) or known[-1:]
    return RunFolderError(f"there is no run {run!r}", where=str(root), mend=f"Did you mean {near[0]!r}?")


def _names(root: Path) -> Iterable[str]:
    if not root.is_dir():
        return ()
    return (path.name for path in root.iterdir() if path.is_dir() and not path.name.startswith("."))
