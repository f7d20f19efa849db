"""Probes of what a container lives on: CPU time, memory, descriptors, connection slots; and of who stands still."""

from __future__ import annotations

import contextlib
import socket
from abc import abstractmethod
from collections.abc import Mapping
from typing import Any

from ..cgroups import group
from ..clock import now
from ..containers import Container, Containers
from ..cpu import BURNER, quota_of
from ..cuts import Cuts
from ..descriptors import free_number, limits_of
from ..memory import limit_of
from ..processes import TICKS_PER_S, Process, alive, command, cpu_s, identify, matching, stopped
from ..refusal import Failed
from ..slots import FULL, knock
from .item import Item, Open

__all__ = ["BurnProbe", "DescriptorsProbe", "Look", "MemoryProbe", "QuotaProbe", "SlotsProbe", "StoppedProbe"]

_EVERY_S = 0.1
_YOUNG_S = 2.0
_KNOCKS = 5


class Look:
    """One thing about one container, looked at ten times a second.

    Args:
        watch: ``container``, and what the kind needs.
    """

    tick_s = 0.01
    what = ""

    def __init__(
        self, watch: Mapping[str, Any], _injection: str, containers: Containers, _cuts: Cuts
    ) -> None:
        self.watch = watch
        self.containers = containers
        self.item = Item(f"{containers.get(watch['container']).name} {self.what}")
        self.items = [self.item]
        self._looked_at = 0.0

    def open(self) -> None:
        """The container must run. Raises Failed."""
        found = self.containers.refresh(self.watch["container"])
        if not found.pid:
            raise Failed(f"{found.name} does not run")
        self.begin(found)

    def begin(self, container: Container) -> None:
        """Know what is normal."""

    def tick(self, at: float) -> None:
        """Look when it is time."""
        if at - self._looked_at < _EVERY_S:
            return
        self._looked_at = at
        found = self.containers.get(self.watch["container"])
        if found.pid and identify(found.pid) is not None:
            self.item.down = None
            self.look(found, at)
        else:
            self.item.down = "it does not run"
            self.item.effect(at)

    @abstractmethod
    def look(self, container: Container, at: float) -> None:
        """Look once at a container that runs."""

    def healed(self) -> None:
        """Nothing is stuck."""

    def excused(self, item: Item | Open) -> str | None:
        """A container that does not run lives on nothing."""
        return item.down

    def close(self) -> None:
        """Nothing to give back."""


class QuotaProbe(Look):
    """The effect: the kernel has the quota, and has held the container back by it at least once."""

    what = "has its CPU time"

    def begin(self, container: Container) -> None:
        """How often it was held back before."""
        self._before = self._throttled(container)
        self._used: tuple[float, float] | None = None
        self._limit = float(self.watch["cpus"])

    def look(self, container: Container, at: float) -> None:
        """Look once."""
        own = group(container.pid, "cpu")
        quota = quota_of(own) if own is not None else None
        if quota is None or abs(quota - self._limit) > 0.01 * self._limit:
            self._before = self._throttled(container)
            self.item.normal(at)
            return
        held_back = self._throttled(container) - self._before
        (self.item.effect if held_back > 0 or self.item.settled else self.item.neither)(at)
        self.item.measured = f"{quota:g} CPUs, held back in {max(0, held_back)} periods of 0.1 s"

    @staticmethod
    def _throttled(container: Container) -> int:
        own = group(container.pid, "cpu")
        words = (own.read("cpu.stat") or "").split() if own is not None else []
        return int(words[words.index("nr_throttled") + 1]) if "nr_throttled" in words else 0


class BurnProbe(Look):
    """The effect: processes that burn are in the container's group, and use CPU time."""

    what = "is without burners"

    def begin(self, container: Container) -> None:  # noqa: ARG002  # the others need it
        """Nobody burns."""
        self._used: dict[Process, float] = {}
        self._at = 0.0

    def look(self, container: Container, at: float) -> None:
        """Look once."""
        own = group(container.pid, "cpu")
        pids = [int(word) for word in ((own.read("cgroup.procs") if own is not None else "") or "").split()]
        burning = {
            each: cpu_s(each.pid) for pid in pids if BURNER in command(pid) and (each := identify(pid))
        }
        if not burning:
            self.item.normal(at)
            return
        used = sum(after - self._used.get(each, after) for each, after in burning.items())
        (self.item.effect if used > 0 else self.item.neither)(at)
        if used > 0:
            self.item.measured = f"{used / (at - self._at):.1f} CPUs burnt by {len(burning)} processes"
        self._used, self._at = burning, at


class MemoryProbe(Look):
    """The effect: the limit is in force, and the engine told of a kill for want of memory since the fault began."""

    what = "has its memory"

    def look(self, container: Container, at: float) -> None:
        """Look once. What has just started is limited in a moment."""
        own = group(container.pid, "memory")
        limit = limit_of(own) if own is not None else None
        if limit == container.memory_bytes and not self._young(container):
            self.item.normal(at)
            return
        (self.item.effect if self._killed() else self.item.neither)(at)
        if limit is not None:
            self.item.measured = f"limit {limit / 2**20:.0f} MiB, killed for want of memory: {self._killed()}"

    def tick(self, at: float) -> None:
        """Down is no effect before the kernel has killed."""
        found = self.containers.get(self.watch["container"])
        if not found.pid and not self._killed():
            self.item.neither(at)
            return
        super().tick(at)

    def excused(self, item: Item | Open) -> str | None:
        """A container that is down for another reason; one that was killed must come back."""
        return None if self._killed() else item.down

    def _killed(self) -> bool:
        at = self.containers.oom_at(self.watch["container"])
        return at is not None and self.item.began_at is not None and at >= self.item.began_at

    def _young(self, container: Container) -> bool:
        if not self._killed() or self.item.healed_at is not None:
            return False
        found = identify(container.pid)
        return found is not None and now() - found.start / TICKS_PER_S < _YOUNG_S


class DescriptorsProbe(Look):
    """The effect: each process that matched before has a lower limit than it had, and began with nothing free."""

    what = "has descriptors"

    def begin(self, container: Container) -> None:
        """What each may open."""
        found = matching(container.pid, self.watch["pattern"])
        self._before = {each: limits[0] for each in found if (limits := limits_of(each.pid))}
        if not self._before:
            raise Failed(f"{container.name}: no process matches {self.watch['pattern']!r}")

    def look(self, container: Container, at: float) -> None:  # noqa: ARG002  # the others need it
        """Look once."""
        there = {each: limits[0] for each in self._before if alive(each) and (limits := limits_of(each.pid))}
        limited = {each: soft for each, soft in there.items() if soft < self._before[each]}
        if not there or len(limited) < len(there):
            self.item.normal(at)
            return
        exhausted = sum(free_number(each.pid) >= soft for each, soft in limited.items())
        (self.item.effect if exhausted or self.item.settled else self.item.neither)(at)
        self.item.measured = f"{exhausted} of {len(there)} processes have no descriptor left"


class SlotsProbe(Look):
    """The effect: the server tells one of a few newcomers that there are too many."""

    what = "has connection slots"
    tick_s = 0.05

    def look(self, container: Container, at: float) -> None:
        """Knock a few times and hold on, so that a slot that was free for a moment is not taken for a free one."""
        port, told = int(self.watch["port"]), ""
        held: list[socket.socket] = []
        try:
            with contextlib.suppress(Failed, OSError):
                while len(held) < _KNOCKS and not told:
                    own, told = knock(container.pid, port)
                    held.append(own)
        finally:
            for own in held:
                own.close()
        if told == FULL:
            self.item.effect(at)
            self.item.measured = f"SQLSTATE {told} after {len(held) - 1} of {_KNOCKS} newcomers"
        elif len(held) == _KNOCKS and not told:
            self.item.normal(at)
        else:
            self.item.neither(at)


class StoppedProbe(Look):
    """The effect: all that matched before stand still, by the kernel's word."""

    what = "goes on"

    def begin(self, container: Container) -> None:
        """Who they are."""
        self.item.name = f"{container.name} {self.watch['pattern']!r} goes on"
        self._before = matching(container.pid, self.watch["pattern"])
        if not self._before:
            raise Failed(f"{container.name}: no process matches {self.watch['pattern']!r}")

    def look(self, container: Container, at: float) -> None:
        """Look once; after a restart others may match, and they go on."""
        there = [each for each in self._before if alive(each)] or matching(
            container.pid, self.watch["pattern"]
        )
        still = sum(stopped(each.pid) for each in there)
        if there and still == len(there):
            self.item.effect(at)
            self.item.measured = f"{still} processes stand still"
        else:
            self.item.normal(at)
