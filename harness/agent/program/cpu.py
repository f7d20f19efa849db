"""A container's CPU time: less of it by a quota, or a part of it burnt."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator

from .cgroups import Group, group
from .containers import Container, Containers
from .harm import Kept, Left, Step
from .refusal import Failed

__all__ = ["BURNER", "CpuBurn", "CpuLimit", "quota_of", "words_of"]

BURNER = "harness-burner"
"""Stands in the command line of whatever burns."""
PERIOD_US = 100_000
_ACCOUNTS = ("cpu", "cpuacct")

# It lives as long as somebody holds the other end of its input: the agent's program.
_BURN = "import select\nwhile not select.select([0], [], [], 0)[0]:\n    for _ in range(100000): pass"


class CpuLimit(Kept):
    """The step's ``cpus`` are all that the container's processes get together."""

    alone = "a CPU quota"

    def make(self, injection: str, container: Container, step: Step) -> None:  # noqa: ARG002  # the protocol's
        """In the kernel's own files: what the engine knows of it stays, and tells the way back."""
        _set(container, float(step["cpus"]))

    def unmake(self, injection: str, container: Container, step: Step) -> None:  # noqa: ARG002  # the protocol's
        """As it is configured."""
        _set(container, container.cpus)

    def left(self, container: Container) -> Iterator[Left]:
        """Another quota than the one that is configured."""
        own = group(container.pid, "cpu")
        found = quota_of(own) if own is not None else None
        if own is not None and _differ(found, container.cpus):
            what = f"{container.name} has {_named(found)} instead of {_named(container.cpus)}"
            yield Left(what, lambda: _set(container, container.cpus))


def quota_of(own: Group) -> float | None:
    """How many CPUs a group may use; None is all."""
    if own.version == 1:
        quota, period = own.read("cpu.cfs_quota_us"), own.read("cpu.cfs_period_us")
    else:
        quota, _, period = (own.read("cpu.max") or "max").partition(" ")
    if quota is None or quota in ("", "max") or int(quota) < 0:
        return None
    return int(quota) / int(period or PERIOD_US)


def words_of(version: int, cpus: float | None) -> dict[str, str]:
    """What is to be written into which file. Pure."""
    quota = None if cpus is None else max(1000, round(cpus * PERIOD_US))
    if version == 1:
        return {"cpu.cfs_period_us": str(PERIOD_US), "cpu.cfs_quota_us": str(-1 if quota is None else quota)}
    return {"cpu.max": f"{'max' if quota is None else quota} {PERIOD_US}"}


def _set(container: Container, cpus: float | None) -> None:
    own = group(container.pid, "cpu")
    if own is None:
        return  # it is gone, and its group with it
    try:
        for name, value in words_of(own.version, cpus).items():
            own.write(name, value)
    except OSError as error:
        raise Failed(f"{container.name}: its CPU quota could not be set: {error}") from error


def _differ(one: float | None, other: float | None) -> bool:
    if one is None or other is None:
        return one is not other
    return abs(one - other) > 0.01 * other


def _named(cpus: float | None) -> str:
    return "all CPUs" if cpus is None else f"{cpus:g} CPUs"


class CpuBurn(Kept):
    """As many processes as the step says (``processes``) that compute for nothing, in the container's group."""

    def __init__(self, containers: Containers) -> None:
        super().__init__(containers)
        self._burning: dict[tuple[str, str], list[subprocess.Popen[bytes]]] = {}

    def make(self, injection: str, container: Container, step: Step) -> None:
        """They use the agent's programs, and count as the container's."""
        self._stop(injection, container)
        groups = [own for name in _ACCOUNTS if (own := group(container.pid, name))]
        burning = self._burning[injection, container.id] = []
        for _ in range(int(step["processes"])):
            process = subprocess.Popen(
                [sys.executable, "-c", _BURN, BURNER], stdin=subprocess.PIPE, start_new_session=True
            )
            burning.append(process)
            try:
                for own in groups:
                    own.add(process.pid)
            except OSError as error:
                raise Failed(f"{container.name}: nothing can be burnt in its group: {error}") from error

    def unmake(self, injection: str, container: Container, step: Step) -> None:  # noqa: ARG002  # the protocol's
        """Those of this session; those of another died with it."""
        self._stop(injection, container)

    def _stop(self, injection: str, container: Container) -> None:
        for process in self._burning.pop((injection, container.id), ()):
            process.kill()
            process.wait()
            if process.stdin is not None:
                process.stdin.close()
