"""Probes of a disk's room and of its speed."""

from __future__ import annotations

import contextlib
import subprocess
import sys
import threading
from pathlib import Path

from .. import throttle
from ..ballast import free_bytes
from ..clock import now
from ..containers import Containers
from ..disks import Disks
from ..refusal import Failed, Refused
from .item import Item, Open
from .process import Look

__all__ = ["SlowProbe", "SpaceProbe"]

_SLACK_BYTES = 2**20
_BLOCK = 4096
_SLOW_S = 0.25
"""Half of what the write takes at the limit: the kernel lets a group that was idle have a little at once."""
_WRITE_WITHIN_S = 30.0
_PAUSE_S = 0.1
_WRITER = "program.evidence.writer"


class SpaceProbe(Look):
    """Is there more room on a disk than this? The effect: there is not.

    Args:
        container: the node.
        place: where its disk is mounted.
        leave: bytes; a MB more than these count as none more.
    """

    def __init__(self, container: str, place: str, leave: int, disks: Disks, containers: Containers) -> None:
        self._container = container
        self._place = place
        self._leave = leave
        self._disks = disks
        name = containers.get(container).name
        self.items = [Item(f"{name} has more than {leave // 2**20} MB at {place}")]

    def open(self) -> None:
        """There must be such a disk."""
        self._disks.find(self._container, self._place)

    def tick(self, at: float) -> None:
        """Look once."""
        item = self.items[0]
        try:
            free = free_bytes(self._disks.path(self._container, self._place))
        except (OSError, Failed, Refused):
            item.down = "it does not run"
            return
        item.down = None
        (item.effect if free <= self._leave + _SLACK_BYTES else item.normal)(at)


class SlowProbe(Look):
    """Does a write of what the limit lets through in half a second take less than half of that? Effect: it does not.

    The write is made again and again by a process in the node's own control group; while one is under way, what it
    has taken so far counts.

    Args:
        container: the node.
        place: where its disk is mounted.
        bytes_per_s: the limit.
    """

    tick_s = 0.02

    def __init__(
        self, container: str, place: str, bytes_per_s: int, disks: Disks, containers: Containers
    ) -> None:
        self._container = container
        self._place = place
        self._bytes = max(_BLOCK, bytes_per_s // 2 // _BLOCK * _BLOCK)
        self._disks = disks
        self._containers = containers
        name = containers.get(container).name
        self.items = [Item(f"{name} writes {self._bytes // 1024} kB to {place} in {_SLOW_S} s")]
        self._took_s: float | None = None
        self._begun_at: float | None = None
        self._writer: subprocess.Popen[str] | None = None
        self._ended = threading.Event()

    def open(self) -> None:
        """There must be such a disk, and a control group."""
        self._disks.find(self._container, self._place)
        throttle.of_process(self._containers.get(self._container).pid)
        threading.Thread(target=self._write_on, name="slow-probe", daemon=True).start()

    def tick(self, at: float) -> None:
        """Look at the write that is under way, or at the last one."""
        item, begun, took = self.items[0], self._begun_at, self._took_s
        if begun is not None and at - begun > _SLOW_S:
            item.effect(at)
        elif took is not None:
            self._took_s = None
            (item.effect if took > _SLOW_S else item.normal)(at)

    def excused(self, item: Item | Open) -> str | None:
        """A container that does not run writes nothing."""
        return item.down

    def close(self) -> None:
        """End the write that is under way."""
        self._ended.set()
        if self._writer is not None:
            self._writer.kill()

    def _write_on(self) -> None:
        while not self._ended.is_set():
            try:
                self._took_s = self._write()
                self.items[0].down = None
            except (OSError, Failed, Refused, ValueError, subprocess.TimeoutExpired):
                self.items[0].down = "it does not run" if not self._runs() else "it could not be written"
            self._begun_at = None
            self._ended.wait(_PAUSE_S)

    def _runs(self) -> bool:
        return bool(self._containers.get(self._container).pid)

    def _write(self) -> float:
        """Seconds that one write took. Its process is in the node's group no longer than the write lasts."""
        folder = self._disks.path(self._container, self._place)
        group = throttle.of_process(self._containers.get(self._container).pid).group
        argv = [sys.executable, "-m", _WRITER, str(folder), str(self._bytes)]
        with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as writer:
            self._writer = writer
            try:
                assert writer.stdout is not None
                writer.stdout.readline()
                _join(group, writer.pid)
                self._begun_at = now()
                printed, _ = writer.communicate("go\n", timeout=_WRITE_WITHIN_S)
            finally:
                with contextlib.suppress(OSError):
                    writer.kill()
        return float(printed)


def _join(group: Path, pid: int) -> None:
    (group / "cgroup.procs").write_text(str(pid), encoding="ascii")
