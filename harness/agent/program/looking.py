"""What is left behind, by looking at the system: never at what anybody noted."""

from __future__ import annotations

import contextlib
import errno
from collections.abc import Callable, Iterator

from . import netfilter, throttle
from .ballast import is_ballast
from .containers import Container, Containers
from .controls import LABEL, Controls
from .disks import Disk, Disks
from .harm import Left
from .harms import Harms
from .mirrors import Mirrors
from .refusal import Failed, Refused
from .rot import Rot
from .steps import Steps

__all__ = ["left_behind", "sweep"]

_VERSIONS = (4, 6)
_SWEEP = "sweep"


def left_behind(
    containers: Containers, steps: Steps, harms: Harms, controls: Controls, disks: Disks, mirrors: Mirrors
) -> list[str]:
    """Everything of faults that is there now, in words. Raises Failed without the engine."""
    return [left.what for left in _look(containers, steps, harms, controls, disks, mirrors)]


def sweep(
    containers: Containers, steps: Steps, harms: Harms, controls: Controls, disks: Disks, mirrors: Mirrors
) -> dict[str, list[str]]:
    """Mend everything that is left behind. Returns what was ``healed`` and what ``remaining``."""
    healed, remaining = [], []
    for left in list(_look(containers, steps, harms, controls, disks, mirrors)):
        try:
            left.mend()
            healed.append(left.what)
        except Failed as error:
            remaining.append(f"{left.what}: {error}")
    return {"healed": healed, "remaining": remaining}


def _look(
    containers: Containers, steps: Steps, harms: Harms, controls: Controls, disks: Disks, mirrors: Mirrors
) -> Iterator[Left]:
    for container in containers.refresh_all():
        # Before the node, which cannot start on one that is not whole.
        yield from _look_at_mirrors(container, steps, mirrors)
        yield from _look_at(container, steps, harms)
        if container.pid and LABEL in container.labels:
            yield from _told(container, controls)
        for disk in disks.of(container) if container.pid else ():
            yield from _look_at_disk(container, disk, steps, disks, containers)


def _look_at(container: Container, steps: Steps, harms: Harms) -> Iterator[Left]:
    def step(do: str) -> Callable[[], None]:
        return lambda: steps.do(_SWEEP, {"do": do, "container": container.id})

    if container.proxy:
        remove = {"do": "proxy.remove", "proxy": container.id}
        yield Left(f"the proxy of links {container.name} is there", lambda: steps.do(_SWEEP, remove))
        return
    if container.paused:
        yield Left(f"{container.name} is paused", step("engine.unpause"))
    if container.pid:
        yield from _rules(container)
        yield from harms.left(container)
    elif not container.restarting and container.should_run:
        yield Left(f"{container.name} is down (exit code {container.exit_code})", step("engine.start"))


def _told(container: Container, controls: Controls) -> Iterator[Left]:
    """What a control API was told; one that does not answer, or a label that makes no sense, tells nothing."""
    if container.paused:
        # Its pause is mended first: what it was told before that shows only then.
        yield Left(f"{container.name} cannot say what it was told", lambda: controls.reset(container.id))
        return
    try:
        state = controls.read(container.id)
        if state != controls.normal(container.id):
            yield Left(f"{container.name} was told to be {state}", lambda: controls.reset(container.id))
    except (Failed, Refused):
        return


def _rules(container: Container) -> Iterator[Left]:
    for version in _VERSIONS:
        marks = netfilter.marks(container.pid, version)
        if marks:
            what = f"{container.name} has rules of {', '.join(marks)}"
            yield Left(what, lambda version=version: netfilter.clean(container.pid, version))  # type: ignore[misc]


def _look_at_mirrors(container: Container, steps: Steps, mirrors: Mirrors) -> Iterator[Left]:
    for place, mirror in mirrors.amiss(container):
        legs = " and ".join(leg.device for leg in mirror.lost)
        mend = {"do": "mirror.mend", "container": container.id, "path": place}
        what = f"{container.name}'s mirror at {place} lacks {legs}"
        yield Left(what, lambda mend=mend: steps.do(_SWEEP, mend))  # type: ignore[misc]


def _look_at_disk(
    container: Container, disk: Disk, steps: Steps, disks: Disks, containers: Containers
) -> Iterator[Left]:
    def step(do: str) -> Callable[[], None]:
        return lambda: steps.do(_SWEEP, {"do": do, "container": container.id, "path": disk.place})

    if disks.try_out(container.id, disk.place) == errno.EIO:
        yield Left(f"{container.name}'s disk at {disk.place} is dead", step("disk.renew"))
    elif disk.read_only:
        yield Left(f"{container.name}'s disk at {disk.place} is read-only", step("disk.unprotect"))
    elif is_ballast(disks, container.id, disk.place):
        yield Left(f"{container.name}'s disk at {disk.place} is filled", step("disk.free"))
    elif Rot(disks, containers).flipped(container.id, disk.place):
        yield Left(f"{container.name}'s disk at {disk.place} has a flipped bit", step("disk.rebuild"))
    with contextlib.suppress(Failed):
        if disk.number in throttle.of_process(container.pid).limited():
            yield Left(f"{container.name}'s disk at {disk.place} is slowed", step("disk.fast"))
