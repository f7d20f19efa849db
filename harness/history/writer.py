"""Appends to a history so that a crash of any process loses at most the line being written.

The file is written through a shared mapping: a line is in the kernel's copy of the file as soon as it is
copied, without a system call, and stays there when the process dies (a power cut of the machine that runs
the harness is not covered: nothing is synced). Two system calls for each operation would cost twice the
rest of the recorder, whose time is taken from the load generator's own; for the same reason lines are
formatted by hand.

The file is lengthened ahead of its lines, so a history that was not closed ends in zero bytes.
"""

from __future__ import annotations

import mmap
import os
from collections.abc import Mapping
from json import dumps
from json.encoder import encode_basestring_ascii as quoted
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from harness.errors import HistoryError
from harness.history.schema import SCHEMA_VERSION

__all__ = ["HistoryWriter"]

WINDOW_BYTES = 1024 * 1024
_NEWLINE = ord("\n")
_BOOL = {True: "true", False: "false"}
_FORBIDDEN = ',"forbidden":true'


class HistoryWriter:
    """The one writer of one history file.

    Args:
        path: the file; it must not exist yet.
        run: the run's id, with which every key begins.
        seed: the seed of the schedule.
        closed: whether the load waited for answers (an ordinary locustfile) and did not keep a schedule.

    Raises:
        HistoryError: the file exists already, or cannot be made.
        OSError: the file could not be lengthened (the disk is full).
    """

    def __init__(self, path: Path, *, run: str, seed: int, closed: bool = False) -> None:
        try:
            self._fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o644)
        except OSError as error:
            raise HistoryError(f"the history cannot be made: {error.strerror}", where=str(path)) from error
        self._window: mmap.mmap | None = None
        self._window_at = self._used = self._size = 0
        header = {
            "t": "header",
            "schema": SCHEMA_VERSION,
            "run": run,
            "clock": "CLOCK_MONOTONIC",
            "seed": seed,
            "closed": closed,
        }
        self._append(dumps(header))

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
        forbidden: bool = False,
        after: str | None = None,
        reads: str | None = None,
    ) -> None:
        """An attempt is about to be sent; the kernel has the line when this returns."""
        tail = "" if request is None else _request(request)
        if forbidden:
            tail += _FORBIDDEN
        tail += _optional("after", after) + _optional("reads", reads)
        self._append(
            f'{{"t":"invoke","key":{quoted(key)},"kind":{quoted(kind)},"write":{_BOOL[write]},'
            f'"attempt":{attempt},"intended_at":{intended_at:.6f},"at":{at:.6f}{tail}}}'
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
        seen: str | None = None,
        writer: str | None = None,
        position: str | None = None,
    ) -> None:
        """An attempt is over."""
        tail = _optional("seen", seen) + _optional("writer", writer) + _optional("position", position)
        self._append(
            f'{{"t":"done","key":{quoted(key)},"attempt":{attempt},"at":{at:.6f},"outcome":{quoted(outcome)},'
            f'"status":{"null" if status is None else status},"error":{_text(error)},"node":{_text(node)},'
            f'"payment_id":{_text(payment_id)}{tail}}}'
        )

    def drop(
        self, key: str, kind: str, *, write: bool, intended_at: float, at: float, forbidden: bool = False
    ) -> None:
        """An arrival found the in-flight bound reached and was never sent."""
        tail = _FORBIDDEN if forbidden else ""
        self._append(
            f'{{"t":"drop","key":{quoted(key)},"kind":{quoted(kind)},"write":{_BOOL[write]},'
            f'"intended_at":{intended_at:.6f},"at":{at:.6f}{tail}}}'
        )

    def end(self, at: float) -> None:
        """The load stopped in order."""
        self._append(f'{{"t":"end","at":{at:.6f}}}')

    def close(self) -> None:
        """Close the file; without :meth:`end` before, the history says that the load died."""
        if self._fd < 0:
            return
        if self._window is not None:
            self._window.close()
            self._window = None
        os.ftruncate(self._fd, self._window_at + self._used)
        os.close(self._fd)
        self._fd = -1

    def _append(self, line: str) -> None:
        data = line.encode("ascii")
        end = self._used + len(data)
        if end >= self._size:
            self._move(len(data))
            end = self._used + len(data)
        window = self._window
        assert window is not None
        window[self._used : end] = data
        # The line's end comes after all of it, so that a line with an end is whole, whenever the process dies.
        window[end] = _NEWLINE
        self._used = end + 1

    def _move(self, line_bytes: int) -> None:
        """Map the file from its last line on, long enough for this line.

        The bytes are written before they are mapped: a full disk is then an error here, and not a signal
        at some later line.
        """
        if self._window is not None:
            self._window.close()
            self._window, self._size = None, 0
        at = self._window_at + self._used
        start = at - at % mmap.ALLOCATIONGRANULARITY
        size = WINDOW_BYTES + (at - start + line_bytes) // WINDOW_BYTES * WINDOW_BYTES
        _fill(self._fd, at, start + size)
        self._window = mmap.mmap(self._fd, size, offset=start)
        self._window_at, self._used, self._size = start, at - start, size

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _fill(fd: int, at: int, end: int) -> None:
    """Write zeros from one place of the file to another."""
    while at < end:
        at += os.pwrite(fd, bytes(end - at), at)


def _request(request: Mapping[str, Any]) -> str:
    amount = request.get("amount")
    # Whole minor units: anything else would make a line that nobody can read.
    number = "null" if amount is None else f"{amount:d}"
    return (
        f',"request":{{"debtor":{_text(request.get("debtor"))},"creditor":{_text(request.get("creditor"))},'
        f'"amount":{number},"currency":{_text(request.get("currency"))}}}'
    )


def _optional(name: str, value: str | None) -> str:
    """Most lines have nothing to say here, and then say nothing."""
    return "" if value is None else f',"{name}":{quoted(value)}'


def _text(value: str | None) -> str:
    return "null" if value is None else quoted(value)
