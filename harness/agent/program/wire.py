"""The pipe: JSON lines in, JSON lines out."""

from __future__ import annotations

import json
import os
import queue
import threading
from collections.abc import Callable, Iterator
from typing import Any

__all__ = ["LINE_BYTES_MAX", "Writer", "lines"]

LINE_BYTES_MAX = 4 * 1024 * 1024
"""A longer request is a broken client, not a request."""


def lines(descriptor: int) -> Iterator[bytes]:
    """The whole lines that come in, until the end of input; a last line cut off is left out.

    Raises:
        ValueError: a line longer than ``LINE_BYTES_MAX``.
    """
    buffer = b""
    while chunk := os.read(descriptor, 65536):
        *whole, buffer = (buffer + chunk).split(b"\n")
        yield from whole
        if len(buffer) > LINE_BYTES_MAX:
            raise ValueError(f"a request is longer than {LINE_BYTES_MAX} bytes")


class Writer:
    """Writes from a thread of its own, so that a client that stopped reading blocks no healing.

    Args:
        descriptor: where to write.
        broken: called once, from the writer's thread, when nobody can read any more.
    """

    def __init__(self, descriptor: int, broken: Callable[[], None]) -> None:
        self._descriptor = descriptor
        self._broken = broken
        self._queue: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        threading.Thread(target=self._write, name="writer", daemon=True).start()

    def send(self, message: dict[str, Any]) -> None:
        """Queue one message; never blocks."""
        self._queue.put(json.dumps(message, separators=(",", ":"), default=str).encode() + b"\n")

    def _write(self) -> None:
        try:
            while True:
                data = self._queue.get()
                while data:
                    data = data[os.write(self._descriptor, data) :]
        except OSError:
            self._broken()
