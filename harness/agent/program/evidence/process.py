"""Probes of processes and of whole containers."""

from __future__ import annotations

from ..cgroups import Cgroups, of_process
from ..containers import Containers
from ..processes import Process, alive, identify, matching
from ..refusal import Failed
from .item import Item, Open

__all__ = ["FrozenProbe", "Look", "MatchingProbe", "RunningProbe"]

_SCAN_EVERY_S = 0.05


class Look:
    """What the probes of processes share: they hold nothing that could get stuck."""

    tick_s = 0.002

    def healed(self) -> None:
        """Nothing is stuck."""

    def excused(self, item: Item | Open) -> str | None:  # noqa: ARG002  # the protocol's
        """Nothing else can hide that the fault is gone."""
        return None

    def close(self) -> None:
        """Nothing to give back."""


class RunningProbe(Look):
    """Does the container run? The normal: its first process lives. The effect: that very process is gone.

    For a lasting fault the container must then hold no process at all, until the heal.
    """

    def __init__(self, container: str, containers: Containers, *, lasting: bool) -> None:
        self._container = container
        self._containers = containers
        self._lasting = lasting
        self.items = [Item(f"{containers.get(container).name} runs", lasting)]
        self._first: Process | None = None
        self._cgroups: Cgroups | None = None

    def open(self) -> None:
        """Know what runs before the fault."""
        found = self._containers.refresh(self._container)
        self._first = identify(found.pid) if found.pid else None
        self._cgroups = of_process(found.pid) if found.pid else None

    def tick(self, at: float) -> None:
        """Look once."""
        item = self.items[0]
        if self._first is not None and alive(self._first):
            item.normal(at)
        elif item.effect_at is None or not self._lasting or item.healed_at is not None:
            # Just gone, or on its way back: only a new first process counts as running.
            found = self._containers.get(self._container)
            fresh = identify(found.pid) if found.pid else None
            back = item.effect_at is not None and fresh is not None and fresh != self._first
            (item.normal if back else item.effect)(at)
        elif self._cgroups is not None and any(map(identify, self._cgroups.pids())):
            item.normal(at)
        else:
            item.effect(at)


class MatchingProbe(Look):
    """Is there a process that a pattern is found in? The effect: all those seen before are gone."""

    def __init__(self, container: str, pattern: str, containers: Containers, *, lasting: bool) -> None:
        self._container = container
        self._pattern = pattern
        self._containers = containers
        self.items = [Item(f"{containers.get(container).name} has a process {pattern!r}", lasting)]
        self._before: list[Process] = []
        self._scanned_at = 0.0

    def open(self) -> None:
        """Know what runs before the fault."""
        self._before = self._matching()

    def tick(self, at: float) -> None:
        """Look once."""
        item = self.items[0]
        if item.effect_at is None:
            (item.normal if any(map(alive, self._before)) else item.effect)(at)
        elif at - self._scanned_at >= _SCAN_EVERY_S:
            self._scanned_at = at
            (item.normal if self._matching() else item.effect)(at)

    def _matching(self) -> list[Process]:
        pid = self._containers.get(self._container).pid
        return matching(pid, self._pattern) if pid else []


class FrozenProbe(Look):
    """Does the container make progress? The effect: the kernel calls it frozen, and it uses no CPU time."""

    def __init__(self, container: str, containers: Containers) -> None:
        self._container = container
        self._containers = containers
        self.items = [Item(f"{containers.get(container).name} makes progress")]
        self._pid = 0
        self._cgroups: Cgroups | None = None
        self._used: int | None = None

    def open(self) -> None:
        """Know what runs before the fault."""
        if not self._containers.refresh(self._container).pid:
            raise Failed(f"{self._containers.get(self._container).name} does not run")

    def tick(self, at: float) -> None:
        """Look once."""
        item = self.items[0]
        pid = self._containers.get(self._container).pid
        if pid != self._pid:
            self._pid, self._cgroups, self._used = pid, of_process(pid) if pid else None, None
        if self._cgroups is None or identify(pid) is None:
            item.down = "it does not run"
            item.effect(at)
            return
        used, before = self._cgroups.cpu_used_us(), self._used
        self._used = used if self._cgroups.frozen() else None
        if self._used is None:
            item.normal(at)
        elif before is not None:
            # Frozen at this look and at the one before: whatever it used, it used while frozen.
            (item.effect if used == before else item.normal)(at)

    def excused(self, item: Item | Open) -> str | None:
        """A container that does not run is not frozen either."""
        return item.down
