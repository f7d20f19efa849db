"""Appends to ``timeline.jsonl``; what its lines mean stands in :mod:`harness.timeline`."""

from __future__ import annotations

import json
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from harness.clock import now, wall

__all__ = ["TimelineWriter"]


class TimelineWriter:
    """Appends events; each is on its way to the disk before the call returns."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("a", encoding="utf-8", buffering=1)

    def write(self, kind: str, *, at: float | None = None, **keys: Any) -> dict[str, Any]:
        """Append one event, stamped now unless ``at`` says when it was seen."""
        event = {"at": round(now() if at is None else at, 6), "wall": wall(), "kind": kind, **keys}
        self._file.write(json.dumps(event, default=str) + "\n")
        return event

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
