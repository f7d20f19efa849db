"""Fills file systems: a file without a purpose takes the room, and takes it again when the node makes some."""

from __future__ import annotations

import contextlib
import errno
import os
import threading
from pathlib import Path

from .disks import Disks
from .refusal import Failed, Refused

__all__ = ["Ballast", "fill", "free_bytes", "is_ballast"]

_NAME = ".harness-ballast"
_BLOCK = 4096
_AGAIN_EVERY_S = 0.005


def free_bytes(folder: Path) -> int:
    """What may still be written there."""
    there = os.statvfs(folder)
    return there.f_bavail * there.f_frsize


def fill(folder: Path, leave: int) -> None:
    """Let the ballast take all room but so many bytes; nothing is written for that.

    Raises:
        OSError: for another reason than that there is no room.
    """
    file = os.open(folder / _NAME, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        chunk = _whole_blocks(free_bytes(folder) - leave)
        while chunk >= _BLOCK:
            try:
                os.posix_fallocate(file, os.fstat(file).st_size, chunk)
                chunk = min(chunk, _whole_blocks(free_bytes(folder) - leave))
            except OSError as error:  # what is free is not all in one piece, nor all to be had
                if error.errno != errno.ENOSPC:
                    raise
                chunk = _whole_blocks(chunk // 2)
    finally:
        os.close(file)


def _whole_blocks(size: int) -> int:
    return size - size % _BLOCK


def is_ballast(disks: Disks, container: str, place: str) -> bool:
    """Whether anybody's ballast lies on a node's disk."""
    with contextlib.suppress(OSError, Failed, Refused):
        return (disks.path(container, place) / _NAME).exists()
    return False


class Ballast:
    """The ballasts of one session, each kept full by a thread of its own.

    Args:
        disks: where they lie.
    """

    def __init__(self, disks: Disks) -> None:
        self._disks = disks
        self._full: dict[str, threading.Event] = {}

    def lay(self, container: str, place: str, leave: int) -> None:
        """Fill a node's disk but for so many bytes, until `lift`. Raises Failed, Refused."""
        try:
            fill(self._disks.path(container, place), leave)
        except OSError as error:
            raise Failed(f"the disk at {place} could not be filled: {error.strerror}") from error
        ended = self._full[container] = threading.Event()
        threading.Thread(
            target=self._keep, args=(container, place, leave, ended), name="ballast", daemon=True
        ).start()

    def lift(self, container: str, place: str) -> None:
        """Give the room back; none was taken is fine. Raises Failed, Refused."""
        if ended := self._full.pop(container, None):
            ended.set()
        try:
            (self._disks.path(container, place) / _NAME).unlink(missing_ok=True)
        except OSError as error:
            raise Failed(f"the ballast at {place} could not be removed: {error.strerror}") from error

    def _keep(self, container: str, place: str, leave: int, ended: threading.Event) -> None:
        while not ended.wait(_AGAIN_EVERY_S):
            with contextlib.suppress(OSError, Failed, Refused):  # the node is down, or its disk dead
                folder = self._disks.path(container, place)
                if free_bytes(folder) >= leave + _BLOCK and not ended.is_set():
                    fill(folder, leave)
