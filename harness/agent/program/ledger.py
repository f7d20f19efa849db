"""The agent's own copy of every undo, as files: what a session that died left is healed by the next one."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

from .harm import Step
from .processes import Process, alive, identify

__all__ = ["FOLDER", "Ledger"]

FOLDER = Path("/var/lib/harness-agent")


class Ledger:
    """The undo of one session's injections.

    Args:
        folder: where the files are.
    """

    def __init__(self, folder: Path = FOLDER) -> None:
        self._folder = folder
        self._owner = identify(os.getpid())
        folder.mkdir(parents=True, exist_ok=True)

    def enter(self, injection: str, undo: Sequence[Step]) -> None:
        """Keep an undo. The file comes whole or not at all; only a crash of the host can lose it."""
        assert self._owner is not None
        entry = {"id": injection, "undo": list(undo), "owner": [self._owner.pid, self._owner.start]}
        path = self._path(injection)
        fresh = path.with_suffix(".new")
        fresh.write_text(json.dumps(entry), encoding="utf-8")
        fresh.rename(path)

    def strike(self, injection: str) -> None:
        """It is undone."""
        self._path(injection).unlink(missing_ok=True)

    def orphans(self) -> Iterator[dict[str, Any]]:
        """The entries whose session is dead."""
        for path in sorted(self._folder.glob("*.json")):
            try:
                entry = json.loads(path.read_text(encoding="utf-8"))
            except FileNotFoundError:
                continue
            if not alive(Process(*entry["owner"])):
                yield entry

    def _path(self, injection: str) -> Path:
        return self._folder / f"{quote(injection, safe='')}.json"
