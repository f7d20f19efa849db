"""What is left behind, by looking at the system: never at what anybody noted."""

from __future__ import annotations

import contextlib
import errno
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from . import netfilter, throttle
from .ballast import is_ballast
from .containers import Container, Containers
from .disks import Disk, Disks
from .refusal import Failed
from .rot import Rot
from .steps import Steps

__all__ = ["left_behind", "sweep"]

_VERSIONS = (4, 6)
_SWEEP = "sweep"


@dataclass(frozen=True, slots=True)
class _Left:
    """One thing left behind, and what mends it."""

    what: str
    mend: Callable[[], object]


def left_behind(containers: Containers, steps: Steps, disks: Disks) -> list[str]:
    """Everything of faults that is there now, in words. Raises Failed without the engine."""
    return [left.what for left in _look(containers, steps, disks)]


def sweep(containers: Containers, steps: Steps, disks: Disks) -> dict[str, list[str]]:
    """Mend everything that is left behind. Returns what was ``healed`` and what ``remaining``."""
    healed, remaining = [], []
    for left in list(_look(containers, steps, disks)):
        try:
            left.mend()
            healed.append(left.what)
        except Failed as error:
            remaining.append(f"{left.what}: {error}")
    return {"healed": healed, "remaining": remaining}


def _look(containers: Containers, steps: Steps, disks: Disks) -> Iterator[_Left]:
    for container in containers.refresh_all():
        yield from _look_at(container, steps)
        for disk in disks.of(container) if container.pid else ():
            yield from _look_at_disk(container, disk, steps, disks, containers)


def _look_at(container: Container, steps: Steps) -> Iterator[_Left]:
    def step(do: str) -> Callable[[], None]:
        return lambda: steps.do(_SWEEP, {"do": do, "container": container.id})

    if container.paused:
        yield _Left(f"{container.name} is paused", step("engine.unpause"))
    if container.pid:
        yield from _rules(container)
    elif not container.restarting and container.should_run:
        yield _Left(f"{container.name} is down (exit code {container.exit_code})", step("engine.start"))


def _rules(container: Container) -> Iterator[_Left]:
    for version in _VERSIONS:
        marks = netfilter.marks(container.pid, version)
        if marks:
            what = f"{container.name} has rules of {', '.join(marks)}"
            yield _Left(what, lambda version=version: netfilter.clean(container.pid, version))  # type: ignore[misc]


def _look_at_disk(
    container: Container, disk: Disk, steps: Steps, disks: Disks, containers: Containers
) -> Iterator[_Left]:
    def step(do: str) -> Callable[[], None]:
        return lambda: steps.do(_SWEEP, {"do": do, "container": container.id, "path": disk.place})

    if disks.try_out(container.id, disk.place) == errno.EIO:
        yield _Left(f"{container.name}'s disk at {disk.place} is dead", step("disk.renew"))
    elif disk.read_only:
        yield _Left(f"{container.name}'s disk at {disk.place} is read-only", step("disk.unprotect"))
    elif is_ballast(disks, container.id, disk.place):
        yield _Left(f"{container.name}'s disk at {disk.place} is filled", step("disk.free"))
    elif Rot(disks, containers).flipped(container.id, disk.place):
        yield _Left(f"{container.name}'s disk at {disk.place} has a flipped bit", step("disk.rebuild"))
    with contextlib.suppress(Failed):
        if disk.number in throttle.of_process(container.pid).limited():
            yield _Left(f"{container.name}'s disk at {disk.place} is slowed", step("disk.fast"))
