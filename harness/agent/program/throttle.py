"""How fast a container may use one block device, by the kernel's control groups of version 1 and version 2."""

from __future__ import annotations

from pathlib import Path

from . import cgroups
from .refusal import Failed

__all__ = ["Throttle", "of_process"]

_VERSION_1 = tuple(f"blkio.throttle.{way}_bps_device" for way in ("read", "write"))


class Throttle:
    """The limits of one control group.

    Args:
        group: its folder.
        version: of the control groups, 1 or 2.
    """

    def __init__(self, group: Path, version: int) -> None:
        self.group = group
        self.version = version

    def limit(self, device: str, bytes_per_s: int | None) -> None:
        """Reads and writes each go at this rate at most; None takes the limit away.

        Args:
            device: its number, ``7:3``.
            bytes_per_s: the rate.

        Raises:
            Failed: the kernel does not take it.
        """
        try:
            if self.version == 1:
                for name in _VERSION_1:
                    (self.group / name).write_text(f"{device} {bytes_per_s or 0}", encoding="ascii")
            else:
                rate = bytes_per_s or "max"
                (self.group / "io.max").write_text(f"{device} rbps={rate} wbps={rate}", encoding="ascii")
        except OSError as error:
            raise Failed(f"{self.group}: the rate could not be limited: {error.strerror}") from error

    def limited(self) -> list[str]:
        """The numbers of the devices with a limit; none when the group is gone."""
        names = _VERSION_1 if self.version == 1 else ("io.max",)
        try:
            lines = [
                line
                for name in names
                for line in (self.group / name).read_text(encoding="ascii").splitlines()
            ]
        except OSError:
            return []
        return sorted({line.split()[0] for line in lines if line.strip()})


def of_process(pid: int, root: Path = cgroups.ROOT, proc: Path = Path("/proc")) -> Throttle:
    """The limits of a process's control group.

    Raises:
        Failed: the process is gone, or the kernel has no such controller.
    """
    own = cgroups.group(pid, "blkio", root, proc)
    if own is None and not (proc / str(pid)).exists():
        raise Failed(f"process {pid} is gone")
    if own is None or (own.version != 1 and own.read("io.max") is None):
        raise Failed("this kernel limits no container's use of a disk: there is neither blkio nor io.max")
    return Throttle(own.path, own.version)
