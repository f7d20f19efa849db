"""Probes of breakable disks: each look writes, fsyncs and reads there."""

from __future__ import annotations

import contextlib
import errno
import os
from pathlib import Path

from ..containers import Containers
from ..disks import Disks
from ..refusal import Failed, Refused
from .item import Item
from .process import Look, RunningProbe

__all__ = ["DiskProbe", "PowerProbe"]

_CHANGE_EVERY_S = 0.5
_BLOCK_BYTES = 4096


class DiskProbe(Look):
    """Can the file system be written and read? The effect: it fails with this very error.

    A node that lives on a full disk goes on to remove files, and until the ballast has that room too a small write
    finds it. So of a full disk one write that goes well between others is counted and told, and is no gap; two in a
    row are.

    Args:
        container: the node.
        place: where its disk is mounted.
        error: the error's name, ``EIO``.
        disks: tries it.
        containers: knows the node's name.
    """

    tick_s = 0.02  # each look is a flush of the disk

    def __init__(self, container: str, place: str, error: str, disks: Disks, containers: Containers) -> None:
        self._container = container
        self._place = place
        self._error = getattr(errno, error)
        self._disks = disks
        self._well = self._found_room = 0
        self.items = [Item(f"{containers.get(container).name} writes and reads {place}")]

    def open(self) -> None:
        """There must be such a disk."""
        self._disks.find(self._container, self._place)

    def tick(self, at: float) -> None:
        """Look once. Another error than the one looked for is neither; when it goes on, that is a gap."""
        item, seen = self.items[0], self._disks.try_out(self._container, self._place)
        if seen is None:
            item.down = "it does not run"
        else:
            item.down = None if seen in (0, self._error) else os.strerror(seen)
        self._well = self._well + 1 if seen == 0 else 0
        if seen == self._error:
            item.effect(at)
        elif seen == 0 and self._has_just_made_room(item):
            item.neither(at)
        elif seen == 0:
            item.normal(at)

    def _has_just_made_room(self, item: Item) -> bool:
        if self._error != errno.ENOSPC or not item.settled or self._well > 1:
            return False
        if item.healed_at is None:
            self._found_room += 1
            item.measured = f"{self._found_room} writes found room that the node had just made"
        return True


class PowerProbe(RunningProbe):
    """Does the container run? And what is on its disk when it runs again?

    Before the fault one file is written and fsynced, and another is written and never fsynced. After a loss of
    power the first is there and what the second held is not; anything else is a gap in the evidence.
    """

    def __init__(self, container: str, place: str, disks: Disks, containers: Containers, name: str) -> None:
        super().__init__(container, containers, lasting=True)
        self._place = place
        self._disks = disks
        self._mark = name.replace("/", "_")
        self._block = os.urandom(_BLOCK_BYTES)
        self._changed_at = 0.0
        self._looked = False

    def open(self) -> None:
        """Write both."""
        super().open()
        folder = self._disks.path(self._container, self._place)
        self._synced(folder).write_bytes(self._block)
        for path in (self._synced(folder), folder):
            _fsync(path)
        self._unsynced(folder).write_bytes(self._block)

    def tick(self, at: float) -> None:
        """Look once."""
        item = self.items[0]
        if item.began_at is None and at - self._changed_at > _CHANGE_EVERY_S:
            self._changed_at = at
            self._write_again()
        super().tick(at)
        if item.gone_at is not None and not self._looked:
            self._looked = True
            for what in self._amiss():
                item.gap(at, what)

    def close(self) -> None:
        """Take both files away."""
        with contextlib.suppress(OSError, Failed, Refused):
            folder = self._disks.path(self._container, self._place)
            self._synced(folder).unlink(missing_ok=True)
            self._unsynced(folder).unlink(missing_ok=True)

    def _write_again(self) -> None:
        """Anew, so that the kernel has had no time to write it out by itself."""
        with contextlib.suppress(OSError, Failed, Refused):
            file = self._unsynced(self._disks.path(self._container, self._place))
            file.unlink(missing_ok=True)
            file.write_bytes(self._block)

    def _amiss(self) -> list[str]:
        try:
            folder = self._disks.path(self._container, self._place)
            synced, unsynced = _read(self._synced(folder)), _read(self._unsynced(folder))
        except (OSError, Failed, Refused) as error:
            return [f"what the disk kept could not be read: {error}"]
        return [
            what
            for what, is_so in (
                ("what was fsynced is lost", synced != self._block),
                ("what was never fsynced is still there: its power was not cut", unsynced == self._block),
            )
            if is_so
        ]

    def _synced(self, folder: Path) -> Path:
        return folder / f".harness-synced-{self._mark}"

    def _unsynced(self, folder: Path) -> Path:
        return folder / f".harness-unsynced-{self._mark}"


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except FileNotFoundError:
        return b""


def _fsync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
