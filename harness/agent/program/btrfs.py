"""What btrfs says of a mirror and what it is told: its counters by the kernel's own call, the rest by its programs."""

from __future__ import annotations

import contextlib
import fcntl
import os
import struct
import subprocess
from collections.abc import Iterator
from pathlib import Path

from .loops import run
from .refusal import Failed

__all__ = ["errors_of", "mounted", "resync"]

_GET_DEV_STATS = 0xC4089434
"""The ioctl that reads a device's counters (BTRFS_IOC_GET_DEV_STATS): of its errors in writing, reading, flushing,
and of what it had wrong or out of date."""
_COUNTERS = 5
_STATS = struct.Struct("<QQQ5Q968x")
_MOUNTS = Path("/run/harness-mirrors")
_PASSES = 4
"""The first finds a leg that is empty, the second nothing; one more for each time that somebody was in between."""
_SCRUB = ("btrfs", "scrub", "start", "-B", "-f")


def errors_of(folder: Path | str, devid: int) -> int:
    """How many errors the file system has counted on a device of its own, of every kind.

    Args:
        folder: anywhere on it.
        devid: 1 is the first leg that the mirror was made with.

    Raises:
        OSError: it cannot be asked.
    """
    told = bytearray(_STATS.pack(devid, _COUNTERS, 0, *[0] * _COUNTERS))
    asked = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.ioctl(asked, _GET_DEV_STATS, told)
    finally:
        os.close(asked)
    return sum(_STATS.unpack(told)[-_COUNTERS:])


@contextlib.contextmanager
def mounted(first: str, second: str) -> Iterator[Path]:
    """A mirror at a place of this process's own, also while a node has it, and when none has.

    Raises:
        Failed: it cannot be mounted.
    """
    place = _MOUNTS / Path(first).name
    place.mkdir(parents=True, exist_ok=True)
    _leave(place)  # of a session that was killed
    run("mount", "-t", "btrfs", "-o", f"device={second}", first, str(place))
    try:
        yield place
    finally:
        _leave(place)


def resync(place: Path) -> None:
    """Write what one leg lacks from the other, until a scrub reads every block of both and counts no error.

    A scrub sees what was committed when it began. So whatever was written while a leg was lost is committed first: what
    is left in the transaction that is open then would be passed over, and found wrong by whoever reads it later.

    Raises:
        Failed: something could not be made good.
    """
    for _ in range(_PASSES):
        run("btrfs", "filesystem", "sync", str(place))
        run("btrfs", "device", "stats", "--reset", str(place))
        run(*_SCRUB, str(place))
        if _counts_nothing(place):
            return
    raise Failed(f"the mirror has errors after {_PASSES} scrubs: btrfs device stats {place}")


def _counts_nothing(place: Path) -> bool:
    return not any(errors_of(place, devid) for devid in (1, 2))


def _leave(place: Path) -> None:
    if os.path.ismount(place):
        for argv in (["btrfs", "scrub", "cancel", str(place)], ["umount", str(place)]):
            subprocess.run(argv, capture_output=True, check=False, timeout=60)
