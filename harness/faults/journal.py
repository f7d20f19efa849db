"""The undo journal: how to heal what is injected, on disk before it is injected."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.agent.client import Agent
from harness.clock import now
from harness.errors import AgentError, HarnessError
from harness.faults.base import Step

__all__ = ["Entry", "Journal", "heal_from_journal", "outstanding"]


@dataclass(frozen=True, slots=True)
class Entry:
    """One injection that was begun and is not known to be healed.

    Attributes:
        id: its number within its run.
        run: the run.
        undo: the steps that heal it.
        at: when it was written, seconds of CLOCK_MONOTONIC.
    """

    id: str
    run: str
    undo: tuple[Step, ...]
    at: float

    @property
    def name(self) -> str:
        """What the agent calls it: unique among runs."""
        return f"{self.run}/{self.id}"


class Journal:
    """Append-only; each line is on the disk before the call returns.

    Args:
        path: the file; it and its folder are made.
        run: the id of the run whose injections are entered.
    """

    def __init__(self, path: Path, run: str) -> None:
        self._path = path
        self.run = run

    def enter(self, injection: str, undo: Sequence[Step]) -> Entry:
        """Keep how to heal an injection that is about to be made.

        Raises:
            HarnessError: it cannot be kept; then nothing may be injected.
        """
        entry = Entry(injection, self.run, tuple(undo), now())
        self._append({"id": injection, "run": self.run, "undo": list(undo), "at": entry.at})
        return entry

    def strike(self, injection: str) -> None:
        """It is healed."""
        self._append({"id": injection, "run": self.run, "healed": True, "at": now()})

    def _append(self, line: Mapping[str, Any]) -> None:
        try:
            new = not self._path.exists()
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with self._path.open("ab") as file:
                # A line that a crash cut off must not swallow this one.
                cut_off = not new and not _ends_whole(self._path)
                file.write((b"\n" if cut_off else b"") + json.dumps(line).encode() + b"\n")
                file.flush()
                os.fsync(file.fileno())
            if new:
                _sync_folder(self._path.parent)
        except OSError as error:
            raise HarnessError(
                f"the undo journal cannot be written: {error.strerror}",
                where=str(self._path),
                mend="Nothing is injected without it; make room or give write access",
            ) from error


def outstanding(path: Path) -> list[Entry]:
    """The injections that are not known to be healed, oldest first.

    Raises:
        HarnessError: the file is there and cannot be read.
    """
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return []
    except OSError as error:
        raise HarnessError(f"the undo journal cannot be read: {error.strerror}", where=str(path)) from error
    entries: dict[tuple[str, str], Entry] = {}
    for line in data.split(b"\n"):
        _take(line, entries)
    return list(entries.values())


def heal_from_journal(agent: Agent, path: Path) -> list[str]:
    """Heal every outstanding injection, the newest first, past errors; what remains, in words."""
    remaining = []
    for entry in reversed(outstanding(path)):
        try:
            left = agent.call(
                "undo", within_s=120.0, injection=entry.name, steps=[dict(s) for s in entry.undo]
            )
        except AgentError as error:
            left = [f"{entry.name}: {error}"]
        if not left:
            Journal(path, entry.run).strike(entry.id)
        remaining += left
    return remaining


def _take(line: bytes, entries: dict[tuple[str, str], Entry]) -> None:
    """One line; one that a crash cut off is left out: its injection was never made."""
    try:
        read = json.loads(line)
        key = (str(read["run"]), str(read["id"]))
        if read.get("healed"):
            entries.pop(key, None)
        else:
            entries[key] = Entry(key[1], key[0], tuple(read["undo"]), float(read["at"]))
    except (ValueError, KeyError, TypeError):
        return


def _ends_whole(path: Path) -> bool:
    with path.open("rb") as file:
        if file.seek(0, os.SEEK_END) == 0:
            return True
        file.seek(-1, os.SEEK_END)
        return file.read(1) == b"\n"


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
