"""Makes a mounted file system read-only, as a kernel does that has met an error, and writable again."""

from __future__ import annotations

import ctypes
import os
import threading
import time
from collections.abc import Callable
from pathlib import Path

from .containers import Container
from .disks import Disk
from .processes import identify, in_namespace, kill
from .refusal import Failed

__all__ = ["remount", "writers"]

_MS_RDONLY, _MS_REMOUNT, _MS_RELATIME = 1, 32, 1 << 21
_WITHIN_S = 2.0
_AGAIN_EVERY_S = 0.005
_PROC = Path("/proc")


def remount(container: Container, disk: Disk, *, read_only: bool) -> None:
    """Remount a node's disk.

    A kernel refuses to make a file system read-only while a file of it is open for writing. So the processes that
    have one are killed, all but the node's first.

    Raises:
        Failed: it could not be done within two seconds.
    """
    flags = _MS_REMOUNT | _MS_RELATIME | (_MS_RDONLY if read_only else 0)
    deadline = time.monotonic() + _WITHIN_S
    while True:
        try:
            _in_mounts_of(container.pid, lambda: _mount(disk.place, flags))
        except OSError as error:
            if time.monotonic() >= deadline:
                what = f"{container.name}: {disk.place} could not be remounted: {error.strerror}"
                raise Failed(what) from error
        else:
            return
        for pid in writers(container.pid, disk.number) if read_only else ():
            process = identify(pid)
            if process is not None and pid != container.pid:
                kill(process)
        time.sleep(_AGAIN_EVERY_S)


def writers(pid: int, number: str) -> list[int]:
    """The processes of a node that have a file of a device open for writing.

    Args:
        pid: the node's first process.
        number: the device's, ``7:3``.
    """
    return [other for other in in_namespace(pid) if _writes(_PROC / str(other), number)]


def _writes(process: Path, number: str) -> bool:
    try:
        return any(_is_written(process, entry.name, number) for entry in (process / "fd").iterdir())
    except OSError:
        return False  # it has just ended


def _is_written(process: Path, descriptor: str, number: str) -> bool:
    try:
        device = (process / "fd" / descriptor).stat().st_dev
        told = (process / "fdinfo" / descriptor).read_text(encoding="ascii")
    except OSError:
        return False
    flags = next(int(line.split()[1], 8) for line in told.splitlines() if line.startswith("flags:"))
    return f"{os.major(device)}:{os.minor(device)}" == number and bool(flags & os.O_ACCMODE)


def _in_mounts_of(pid: int, errand: Callable[[], None]) -> None:
    """Do something in a process's mount namespace, from a thread that ends there. Raises OSError."""
    failed: list[OSError] = []

    def go() -> None:
        try:
            os.unshare(os.CLONE_FS)  # type: ignore[attr-defined]  # the image has Python 3.13
            descriptor = os.open(f"/proc/{pid}/ns/mnt", os.O_RDONLY | os.O_CLOEXEC)
            try:
                os.setns(descriptor, os.CLONE_NEWNS)  # type: ignore[attr-defined]
            finally:
                os.close(descriptor)
            errand()
        except OSError as error:
            failed.append(error)

    thread = threading.Thread(target=go, name=f"mounts-{pid}", daemon=True)
    thread.start()
    thread.join()
    if failed:
        raise failed[0]


def _mount(place: str, flags: int) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.mount(None, place.encode(), None, ctypes.c_ulong(flags), None):
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
