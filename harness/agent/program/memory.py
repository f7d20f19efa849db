"""A container's memory: so little of it that the kernel kills for want of it."""

from __future__ import annotations

import contextlib
import errno
import os
import subprocess
from collections.abc import Iterator

from .cgroups import Group, group
from .containers import Container, Containers
from .harm import Kept, Left, Step
from .refusal import Failed

__all__ = ["MemoryLimit", "limit_of"]

_FILES = {
    1: ("memory.limit_in_bytes", "memory.usage_in_bytes", "-1"),
    2: ("memory.max", "memory.current", "max"),
}
_UNLIMITED_FROM = 2**60
_ROOM_BYTES = 1024 * 1024
_CHUNK_BYTES = 64 * 1024
_PRESS_WITHIN_S = 10.0


class MemoryLimit(Kept):
    """The step's ``limit_bytes`` are all that the container's processes get together.

    Version 2 of the control groups kills at once when more is in use. Version 1 refuses such a limit; there the
    lowest one that it takes is set, and the rest is taken up by memory that counts as the container's and belongs to
    the agent: a file in memory, filled by a program in the container's group. It goes with the agent's program.
    """

    alone = "a memory limit"

    def __init__(self, containers: Containers) -> None:
        super().__init__(containers)
        self._pressing: dict[tuple[str, str], int] = {}

    def make(self, injection: str, container: Container, step: Step) -> None:
        """Set it; the kernel kills whom it will."""
        own = group(container.pid, "memory")
        if own is None:
            return
        limit = int(step["limit_bytes"])
        self._release(injection, container)
        got = _set(container, own, limit)
        if got > limit:
            self._pressing[injection, container.id] = _press(own, got - limit)

    def unmake(self, injection: str, container: Container, step: Step) -> None:  # noqa: ARG002  # the protocol's
        """As it is configured."""
        self._release(injection, container)
        if own := group(container.pid, "memory"):
            _set(container, own, container.memory_bytes)

    def end(self, injection: str, step: Step) -> None:
        """Also on a container that is down, what presses is given back."""
        super().end(injection, step)
        descriptor = self._pressing.pop((injection, step["container"]), None)
        if descriptor is not None:
            os.close(descriptor)

    def left(self, container: Container) -> Iterator[Left]:
        """Another limit than the one that is configured."""
        own = group(container.pid, "memory")
        found = limit_of(own) if own is not None else container.memory_bytes
        if own is not None and found != container.memory_bytes:
            what = (
                f"{container.name} has {_named(found)} of memory instead of {_named(container.memory_bytes)}"
            )
            yield Left(what, lambda: _set(container, own, container.memory_bytes))

    def _release(self, injection: str, container: Container) -> None:
        descriptor = self._pressing.pop((injection, container.id), None)
        if descriptor is not None:
            os.close(descriptor)


def limit_of(own: Group) -> int | None:
    """How many bytes a group may use; None is all."""
    text = own.read(_FILES[own.version][0])
    if text is None or text == "max" or int(text) >= _UNLIMITED_FROM:
        return None
    return int(text)


def _set(container: Container, own: Group, limit: int | None) -> int:
    """Set the limit, or on version 1 the lowest that is taken instead. Returns what it is now, in bytes."""
    name, used, unlimited = _FILES[own.version]
    wanted = limit
    for _ in range(50):
        try:
            own.write(name, unlimited if wanted is None else str(wanted))
        except FileNotFoundError:
            return limit or 0  # the container has just died, and its group with it
        except OSError as error:
            if error.errno != errno.EBUSY:
                raise Failed(f"{container.name}: its memory limit could not be set: {error}") from error
            wanted = int(own.read(used) or 0) + _ROOM_BYTES
        else:
            return wanted or 0
    raise Failed(f"{container.name}: it uses more memory each time a limit is tried")


def _press(own: Group, size: int) -> int:
    """Fill a file in memory that counts as the group's. Returns its descriptor: when it is closed, it is gone."""
    descriptor = os.memfd_create("harness-press")
    # The program itself stays far smaller than whatever a container runs, so it is not the one that is killed.
    script = 'echo $$ >"$1/cgroup.procs" && exec dd if=/dev/zero of=/proc/self/fd/"$2" bs="$3" count="$4" conv=notrunc'
    words = [str(own.path), str(descriptor), str(_CHUNK_BYTES), str(-(-size // _CHUNK_BYTES))]
    process = subprocess.Popen(
        ["sh", "-c", script, "press", *words],
        pass_fds=[descriptor],
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(_PRESS_WITHIN_S)
    if process.poll() is None:
        process.kill()
        process.wait()
    return descriptor


def _named(limit: int | None) -> str:
    return "all" if limit is None else f"{limit / 2**20:.0f} MiB"
