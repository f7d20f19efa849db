"""Appends to a history: one ``write`` a line, so that a crash loses at most the line being written.

The kernel has a line when the call returns, so it outlives the death of any process (a power cut of the
machine that runs the harness is not covered: nothing is fsynced). Lines are formatted by hand because
the recorder's time is taken from the load generator's own.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from json import dumps
from json.encoder import encode_basestring_ascii as quoted
from pathlib import Path
from types import TracebackType
from typing import Self

from harness.errors import HistoryError

__all__ = ["HistoryWriter"]

_BOOL = {True: "true", False: "false"}


class HistoryWriter:
    """The one writer of one history file.

    Args:
        path: the file; it must not exist yet.
        run: the run's id, with which every key begins.
        seed: the seed of the schedule.
        closed: whether the load waited for answers (an ordinary locustfile) and did not keep a schedule.

    Raises:
        HistoryError: the file exists already, or cannot be made.
        OSError: a line could not be written (the disk is full).
    """

    def __init__(self, path: Path, *, run: str, seed: int, closed: bool = False) -> None:
        try:
            self._fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_CLOEXEC, 0o644)
        except OSError as error:
            raise HistoryError(f"the history cannot be made: {error.strerror}", where=str(path)) from error
        header = {
            "t": "header",
            "schema": 1,
            "run": run,
            "clock": "CLOCK_MONOTONIC",
            "seed": seed,
            "closed": closed,
        }
        self._append(dumps(header) + "\n")

    def invoke(
        self,
        key: str,
        kind: str,
        *,
        write: bool,
        attempt: int,
        intended_at: float,
        at: float,
        request: Mapping[str, object] | None = None,
    ) -> None:
        """An attempt is about to be sent; the kernel has the line before this returns."""
        tail = f',"request":{dumps(request)}' if request is not None else ""
        self._append(
            f'{{"t":"invoke","key":{quoted(key)},"kind":{quoted(kind)},"write":{_BOOL[write]},'
            f'"attempt":{attempt},"intended_at":{intended_at:.6f},"at":{at:.6f}{tail}}}\n'
        )

    def done(
        self,
        key: str,
        *,
        attempt: int,
        at: float,
        outcome: str,
        status: int | None = None,
        error: str | None = None,
        node: str | None = None,
        payment_id: str | None = None,
    ) -> None:
        """An attempt is over."""
        self._append(
            f'{{"t":"done","key":{quoted(key)},"attempt":{attempt},"at":{at:.6f},"outcome":{quoted(outcome)},'
            f'"status":{"null" if status is None else status},"error":{_text(error)},"node":{_text(node)},'
            f'"payment_id":{_text(payment_id)}}}\n'
        )

    def drop(self, key: str, kind: str, *, write: bool, intended_at: float, at: float) -> None:
        """An arrival found the in-flight bound reached and was never sent."""
        self._append(
            f'{{"t":"drop","key":{quoted(key)},"kind":{quoted(kind)},"write":{_BOOL[write]},'
            f'"intended_at":{intended_at:.6f},"at":{at:.6f}}}\n'
        )

    def end(self, at: float) -> None:
        """The load stopped in order."""
        self._append(f'{{"t":"end","at":{at:.6f}}}\n')

    def close(self) -> None:
        """Close the file; without :meth:`end` before, the history says that the load died."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    def _append(self, line: str) -> None:
        rest = line.encode("ascii")
        while rest:
            # A short write leaves a line to complete, not to repeat.
            rest = rest[os.write(self._fd, rest) :]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _text(value: str | None) -> str:
    return "null" if value is None else quoted(value)
