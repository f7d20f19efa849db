"""The nodes' breakable disks: file systems on loop devices whose backing file's path names the project.

Nothing else is ever touched here: a file system whose device is not one of these is refused.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import struct
import threading
from dataclasses import dataclass
from pathlib import Path

from .containers import Container, Containers
from .loops import home
from .refusal import Failed, Refused

__all__ = ["Disk", "Disks", "parse_mounts", "write_and_read"]

_GOING_DOWN = 0x8004587D
"""The ioctl that shuts an XFS file system down (XFS_IOC_GOINGDOWN); its argument says how."""
_WITHOUT_LOG_FLUSH = 2
_LOOP_MAJOR = "7"
_BLOCK = 4096


@dataclass(frozen=True, slots=True)
class Disk:
    """A breakable disk as a node sees it.

    Attributes:
        place: where it is mounted in the node.
        number: of its device, ``7:3``.
        read_only: whether the file system takes no writes by the kernel's list of mounts.
    """

    place: str
    number: str
    read_only: bool


def parse_mounts(mountinfo: str) -> list[Disk]:
    """The mounts of loop devices in a ``/proc/PID/mountinfo``."""
    found = []
    for line in mountinfo.splitlines():
        words = line.split()
        number, place = words[2], words[4].encode().decode("unicode_escape")
        if number.partition(":")[0] == _LOOP_MAJOR:
            found.append(Disk(place, number, "ro" in words[-1].split(",")))
    return found


class Disks:
    """The breakable disks of one project's nodes.

    Args:
        containers: the nodes.
        project: the Compose project.
        proc, devices: where the kernel tells of processes and of block devices.
    """

    def __init__(
        self,
        containers: Containers,
        project: str,
        proc: Path = Path("/proc"),
        devices: Path = Path("/sys/dev/block"),
    ) -> None:
        self._containers = containers
        self._project = project
        self._proc = proc
        self._devices = devices
        self._pins: dict[str, int] = {}
        self._lock = threading.Lock()

    def of(self, container: Container) -> list[Disk]:
        """The breakable disks that a running node has mounted; none when it is down."""
        try:
            mounts = parse_mounts((self._proc / str(container.pid) / "mountinfo").read_text(encoding="utf-8"))
        except OSError:
            return []
        return [disk for disk in mounts if home(self._project) in self._backing_file(disk)]

    def find(self, container: str, place: str) -> Disk:
        """The disk that a node has there. Raises Failed when the node is down, Refused when there is none."""
        found = self._containers.get(container)
        if not found.pid:
            raise Failed(f"{found.name} does not run")
        disk = next((disk for disk in self.of(found) if disk.place == place), None)
        if disk is None:
            raise Refused(f"{found.name} has no disk of {self._project} at {place}; nothing else is broken")
        return disk

    def shut(self, container: str, place: str) -> None:
        """Shut the file system down at once: no log is flushed, every read and write fails from now on."""
        folder = self._open(container, place)
        try:
            fcntl.ioctl(folder, _GOING_DOWN, struct.pack("I", _WITHOUT_LOG_FLUSH))
        except OSError as error:
            raise Failed(f"the file system at {place} could not be shut down: {error.strerror}") from error
        finally:
            os.close(folder)

    def pin(self, container: str, place: str) -> None:
        """Keep the file system in use, so that not even a restart of the node mounts it anew.

        Whoever tries finds it as it is. It ends with `unpin`, and with this process.
        """
        folder = self._open(container, place)
        with self._lock:
            old = self._pins.pop(container, -1)
            self._pins[container] = folder
        _close(old)

    def unpin(self, container: str) -> None:
        """Let the next start of the node mount its disk anew."""
        with self._lock:
            folder = self._pins.pop(container, -1)
        _close(folder)

    def try_out(self, container: str, place: str) -> int | None:
        """Write a block, fsync it, read it back from the disk.

        Returns:
            0 when it went well, else the error's number; None when the node is down and nothing can be tried.
        """
        with self._lock:
            pinned = self._pins.get(container)
            pinned = None if pinned is None else os.dup(pinned)
        try:
            return write_and_read(".", pinned) if pinned is not None else self._try_in_node(container, place)
        finally:
            _close(-1 if pinned is None else pinned)

    def path(self, container: str, place: str) -> Path:
        """Where this process finds the root of a node's disk. Raises as `find` does."""
        self.find(container, place)
        return Path(self._path(container, place))

    def _open(self, container: str, place: str) -> int:
        self.find(container, place)
        try:
            return os.open(self._path(container, place), os.O_RDONLY | os.O_DIRECTORY)
        except OSError as error:
            raise Failed(f"the file system at {place} cannot be opened: {error.strerror}") from error

    def _try_in_node(self, container: str, place: str) -> int | None:
        try:
            self.find(container, place)
        except (Failed, Refused):
            return None
        return write_and_read(self._path(container, place))

    def _path(self, container: str, place: str) -> str:
        return f"{self._proc}/{self._containers.get(container).pid}/root{place}"

    def _backing_file(self, disk: Disk) -> str:
        with contextlib.suppress(OSError):
            return (self._devices / disk.number / "loop" / "backing_file").read_text(encoding="utf-8")
        return ""


def write_and_read(folder: str, below: int | None = None) -> int | None:
    """Write a block into a folder, fsync it, read it back from the disk: what `Disks.try_out` returns."""
    block = os.urandom(_BLOCK)
    try:
        # It has no name, so nobody sees it and nothing of it is left.
        file = os.open(folder, os.O_TMPFILE | os.O_RDWR, 0o600, dir_fd=below)
        try:
            os.write(file, block)
            os.fsync(file)
            os.posix_fadvise(file, 0, 0, os.POSIX_FADV_DONTNEED)
            return 0 if os.pread(file, _BLOCK, 0) == block else errno.EIO
        finally:
            os.close(file)
    except FileNotFoundError:
        return None  # the node has just ended
    except OSError as error:
        return error.errno


def _close(descriptor: int) -> None:
    if descriptor >= 0:
        os.close(descriptor)
