"""The nodes' mirrors: volumes over two loop devices whose backing files' paths name the project.

As with :mod:`disks`, nothing else is ever touched. A volume says which two devices it lies on, so a mirror is found
whether or not its node runs.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from . import btrfs, legs
from .containers import Container, Containers
from .disks import write_and_read
from .engine import Engine
from .legs import Leg
from .loops import STORE
from .refusal import Failed, Refused

__all__ = ["Mirror", "Mirrors"]

_SECOND = "device="


@dataclass(frozen=True, slots=True)
class Mirror:
    """One mirror: its legs, in the order in which btrfs numbers them from 1."""

    legs: tuple[Leg, Leg]

    @property
    def lost(self) -> tuple[Leg, ...]:
        """Those that are lost, or not whole yet."""
        return tuple(leg for leg in self.legs if leg.lost)

    @property
    def devices(self) -> tuple[str, str]:
        """Both legs' devices."""
        first, second = self.legs
        return first.device, second.device


class Mirrors:
    """The mirrors of one project's nodes.

    Args:
        engine: knows what a volume lies on.
        containers: the nodes.
        project: the Compose project.
        store: where this process sees the legs' files.
        proc: where the kernel tells of processes.
    """

    def __init__(
        self,
        engine: Engine,
        containers: Containers,
        project: str,
        store: Path = STORE,
        proc: Path = Path("/proc"),
    ) -> None:
        self._engine = engine
        self._containers = containers
        self._project = project
        self._store = store
        self._proc = proc
        self._known: dict[str, Mirror | None] = {}

    def find(self, container: str, place: str) -> Mirror:
        """The mirror that a node has there, whether or not it runs. Raises Refused when there is none, Failed."""
        found = self._containers.get(container)
        mirror = self._of_volume(found.volumes.get(place))
        if mirror is None:
            raise Refused(f"{found.name} has no mirror of {self._project} at {place}; nothing else is broken")
        return mirror

    def amiss(self, container: Container) -> Iterator[tuple[str, Mirror]]:
        """The mirrors of a node that are not whole, each with its place. Raises Failed."""
        if not legs.any_lost(self._project, self._store):
            return
        for place, volume in container.volumes.items():
            mirror = self._of_volume(volume)
            if mirror is not None and mirror.lost:
                yield place, mirror

    def try_out(self, container: str, place: str) -> int | None:
        """Write a block there, fsync it and read it back, as :meth:`disks.Disks.try_out` does."""
        folder = self.folder(container, place)
        return None if folder is None else write_and_read(folder)

    def errors(self, container: str, place: str) -> tuple[int, int] | None:
        """How many errors the file system has counted on each leg; None when the node is down."""
        folder = self.folder(container, place)
        try:
            return None if folder is None else (btrfs.errors_of(folder, 1), btrfs.errors_of(folder, 2))
        except FileNotFoundError:
            return None  # the node has just ended
        except OSError as error:
            raise Failed(f"the mirror at {place} does not tell its errors: {error.strerror}") from error

    def folder(self, container: str, place: str) -> str | None:
        """Where this process finds the root of a mirror; None when the node is down."""
        self.find(container, place)
        pid = self._containers.get(container).pid
        return f"{self._proc}/{pid}/root{place}" if pid else None

    def _of_volume(self, name: str | None) -> Mirror | None:
        if name is None:
            return None
        if name not in self._known:
            options = self._engine.volume(name)
            devices = (options.get("device", ""), options.get("o", "").removeprefix(_SECOND))
            first, second = (legs.leg_of(self._project, device, self._store) for device in devices)
            is_one = options.get("type") == "btrfs"
            self._known[name] = Mirror((first, second)) if is_one and first and second else None
        return self._known[name]
