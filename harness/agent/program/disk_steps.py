"""The steps on the nodes' breakable disks."""

from __future__ import annotations

import errno
from collections.abc import Callable

from . import throttle
from .ballast import Ballast
from .containers import Containers
from .disks import Disks
from .engine import Engine
from .harm import Step
from .remount import remount
from .rot import Rot

__all__ = ["DiskSteps"]

_NEED_DISK = ("disk.shut", "disk.fill", "disk.slow", "disk.flip", "disk.protect")


class DiskSteps:
    """Breaks disks and mends them.

    Args:
        engine: for what only the engine can do.
        containers: the only containers that there are.
        disks: their breakable disks.
        start: has a container run, unless it does.

    Attributes:
        steps: the name of each step -> what does it.
    """

    def __init__(
        self, engine: Engine, containers: Containers, disks: Disks, start: Callable[[str, Step], None]
    ) -> None:
        self._engine = engine
        self._containers = containers
        self._disks = disks
        self._start = start
        self._ballast = Ballast(disks)
        self._rot = Rot(disks, containers)
        self.steps: dict[str, Callable[[str, Step], None]] = {
            "disk.shut": self._shut,
            "disk.renew": self._renew,
            "disk.fill": self._fill,
            "disk.free": self._free,
            "disk.slow": self._slow,
            "disk.fast": self._fast,
            "disk.protect": self._protect,
            "disk.unprotect": self._unprotect,
            "disk.flip": self._flip,
            "disk.rebuild": self._rebuild,
        }

    def check(self, step: Step) -> None:
        """Refuse a step on what is no breakable disk. Raises Refused, Failed."""
        if step["do"] in _NEED_DISK:
            self._disks.find(step["container"], step["path"])

    def _shut(self, _: str, step: Step) -> None:
        if step.get("pin"):  # while it can still be opened
            self._disks.pin(step["container"], step["path"])
        self._disks.shut(step["container"], step["path"])

    def _renew(self, injection: str, step: Step) -> None:
        """Have the node run on a disk that works: where it does not, killed and started, it is mounted anew."""
        self._disks.unpin(step["container"])
        found = self._containers.refresh(step["container"])
        if found.pid and self._disks.try_out(found.id, step["path"]) == errno.EIO:
            self._engine.act(found.id, "kill", signal="SIGKILL")
        self._start(injection, step)

    def _fill(self, _: str, step: Step) -> None:
        self._ballast.lay(step["container"], step["path"], int(step["leave_bytes"]))

    def _free(self, injection: str, step: Step) -> None:
        """Give the room back; a node that a full disk has ended is started, or its disk could not be reached."""
        self._start(injection, step)
        self._ballast.lift(step["container"], step["path"])

    def _slow(self, _: str, step: Step) -> None:
        self._limit(step, int(step["bytes_per_s"]))

    def _fast(self, _: str, step: Step) -> None:
        """Take the limit away; a node that is down has none."""
        if self._containers.refresh(step["container"]).pid:
            self._limit(step, None)

    def _limit(self, step: Step, bytes_per_s: int | None) -> None:
        disk = self._disks.find(step["container"], step["path"])
        pid = self._containers.get(step["container"]).pid
        throttle.of_process(pid).limit(disk.number, bytes_per_s)

    def _flip(self, _: str, step: Step) -> None:
        self._rot.flip(step["container"], step["path"], step["command"])

    def _rebuild(self, injection: str, step: Step) -> None:
        """Have the node without the flipped bit: an empty disk, which it fills from the primary when it starts.

        It stands still meanwhile: nothing of it sees its files go, and nothing is written that would not go.
        """
        container, place = step["container"], step["path"]
        self._start(injection, step)
        if self._rot.flipped(container, place):
            self._engine.act(container, "pause")
            self._rot.wipe(container, place)
            self._engine.act(container, "kill", signal="SIGKILL")
            self._start(injection, step)
        self._rot.forget(container, place)

    def _protect(self, _: str, step: Step) -> None:
        disk = self._disks.find(step["container"], step["path"])
        remount(self._containers.get(step["container"]), disk, read_only=True)
        # Kept in use, so that a restart of the node finds it read-only too.
        self._disks.pin(step["container"], step["path"])

    def _unprotect(self, injection: str, step: Step) -> None:
        """Take writes again; a node that ended meanwhile is started, and mounts its disk anew."""
        self._disks.unpin(step["container"])
        self._start(injection, step)
        disk = self._disks.find(step["container"], step["path"])
        if disk.read_only:
            remount(self._containers.get(step["container"]), disk, read_only=False)
