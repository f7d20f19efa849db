"""The steps: everything that the agent can do to the system, one function each."""

from __future__ import annotations

import errno
import re
import signal
import time
from collections.abc import Callable, Mapping
from typing import Any

from . import throttle
from .ballast import Ballast
from .containers import Containers
from .cuts import Cuts
from .disks import Disks
from .engine import Engine
from .processes import identify, kill, matching
from .refusal import Failed, Refused
from .remount import remount
from .rot import Rot

__all__ = ["Step", "Steps"]

Step = Mapping[str, Any]
_STOP_SLACK_S = 15.0
_RUNNING_WITHIN_S = 20.0
_LOOK_EVERY_S = 0.02
_NEED_DISK = ("disk.shut", "disk.fill", "disk.slow", "disk.flip", "disk.protect")


class Steps:
    """Does steps. Undoing ones are idempotent, and safe when nothing was ever done.

    Args:
        engine: for what only the engine can do.
        containers: the only containers that there are.
        cuts: the cuts of this session.
        disks: the nodes' breakable disks.
    """

    def __init__(self, engine: Engine, containers: Containers, cuts: Cuts, disks: Disks) -> None:
        self._engine = engine
        self._containers = containers
        self._cuts = cuts
        self._disks = disks
        self._ballast = Ballast(disks)
        self._rot = Rot(disks, containers)
        self._slowed: dict[str, Step] = {}
        self._table: dict[str, Callable[[str, Step], None]] = {
            "engine.kill": self._kill,
            "engine.stop": self._stop,
            "engine.start": self._start,
            "engine.restart": self._restart,
            "engine.pause": self._pause,
            "engine.unpause": self._unpause,
            "process.signal": self._signal,
            "net.cut": self._cut,
            "net.uncut": self._uncut,
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
        """Refuse a step that could not be done, before any is. Raises Refused, Failed."""
        if step.get("do") not in self._table:
            raise Refused(f"there is no step {step.get('do')!r}; there are: {', '.join(self._table)}")
        for container in self.containers(step):
            self._containers.get(container)
        if step["do"] in _NEED_DISK:
            self._disks.find(step["container"], step["path"])

    def do(self, injection: str, step: Step) -> None:
        """Do one step for an injection. Raises Failed, Refused."""
        try:
            self._table[step["do"]](injection, step)
        except KeyError as error:
            raise Refused(f"the step {step.get('do')!r} lacks {error}") from error

    @staticmethod
    def containers(step: Step) -> list[str]:
        """The containers that a step names."""
        named = [step["container"]] if "container" in step else []
        return named + [end for pair in step.get("pairs", ()) for end in pair]

    def hurry(self, step: Step) -> None:
        """A heal waits for this step: a graceful stop becomes a quick one."""
        if step["do"] in ("engine.stop", "engine.restart"):
            self._engine.act(step["container"], "kill", signal="SIGKILL")

    def _kill(self, _: str, step: Step) -> None:
        self._engine.act(step["container"], "kill", signal="SIGKILL")

    def _stop(self, _: str, step: Step) -> None:
        timeout_s = float(step["timeout_s"])
        self._engine.act(step["container"], "stop", timeout_s=timeout_s + _STOP_SLACK_S, t=round(timeout_s))

    def _restart(self, _: str, step: Step) -> None:
        timeout_s = float(step["timeout_s"])
        self._engine.act(
            step["container"], "restart", timeout_s=timeout_s + 2 * _STOP_SLACK_S, t=round(timeout_s)
        )

    def _start(self, _: str, step: Step) -> None:
        """Start it unless it runs, or its supervisor is about to. One that is just dying is waited for."""
        deadline = time.monotonic() + _RUNNING_WITHIN_S
        while time.monotonic() < deadline:
            found = self._containers.refresh(step["container"])
            if found.restarting:
                return
            if not found.pid:
                self._engine.act(found.id, "start")
            elif identify(found.pid) is not None:
                return
            time.sleep(_LOOK_EVERY_S)
        raise Failed(f"{found.name} did not run within {_RUNNING_WITHIN_S:g} s of its start")

    def _pause(self, _: str, step: Step) -> None:
        if not self._containers.refresh(step["container"]).paused:
            self._engine.act(step["container"], "pause")

    def _unpause(self, _: str, step: Step) -> None:
        if self._containers.refresh(step["container"]).paused:
            self._engine.act(step["container"], "unpause")

    def _signal(self, _: str, step: Step) -> None:
        """Signal the first process of a container, or those that a pattern is found in."""
        found = self._containers.get(step["container"])
        number = signal.Signals[f"SIG{step['signal']}"]
        pattern = step.get("pattern")
        first = identify(found.pid) if found.pid else None
        targets = [first] if pattern is None else matching(found.pid, pattern) if found.pid else []
        if not any(targets):
            what = "it does not run" if first is None else f"no process matches {re.escape(pattern or '')}"
            raise Failed(f"{found.name}: {what}")
        for target in targets:
            if target is not None:
                kill(target, number)

    def _cut(self, injection: str, step: Step) -> None:
        self._cuts.begin(injection, [(src, dst) for src, dst in step["pairs"]])

    def _uncut(self, injection: str, step: Step) -> None:
        self._cuts.end(injection, dict.fromkeys(self.containers(step)))

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
        self._slowed[step["container"]] = step

    def _fast(self, _: str, step: Step) -> None:
        """Take the limit away; a node that is down has none."""
        self._slowed.pop(step["container"], None)
        if self._containers.refresh(step["container"]).pid:
            self._limit(step, None)

    def slow_again(self, container: str) -> None:
        """It restarted while an injection slows it: its new control group has no limit. Raises Failed, Refused."""
        if step := self._slowed.get(container):
            self._limit(step, int(step["bytes_per_s"]))

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
