"""Take a project away whole: by its label, whatever became of its Compose files."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from harness.clock import now
from harness.errors import EngineError, HarnessError, StackError, UsageError
from harness.stack.disks import attached, release
from harness.stack.engine import Engine

__all__ = ["Removed", "tear_down"]

_KINDS = ("containers", "networks", "volumes", "disks")
"""In this order: a network and a volume go when no container uses them any more, a disk when no volume does."""
_DEADLINE_S = 60.0
_AT_ONCE = 8


@dataclass(frozen=True, slots=True)
class Removed:
    """What was taken away: names, each kind in order."""

    containers: tuple[str, ...] = ()
    networks: tuple[str, ...] = ()
    volumes: tuple[str, ...] = ()
    disks: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.containers or self.networks or self.volumes or self.disks)


def tear_down(engine: Engine, project: str, stop: Callable[[], None] | None = None) -> Removed:
    """Remove every container, network, volume and breakable disk of the project, and look that none is left.

    The containers are killed first: whatever state a fault left them in, none has to agree to stop.

    Args:
        engine: the engine.
        project: the Compose project; nothing without its label is touched.
        stop: Compose's own way of doing it, when the files are there; its failure is made up for.

    Raises:
        StackError: something is left, named.
        EngineError: the engine does not answer.
    """
    before = _there(engine, project)
    _sweep(engine, project, {"containers": before["containers"]})
    if stop is not None and (before["networks"] or before["volumes"]):
        with contextlib.suppress(EngineError, UsageError):
            stop()
    _sweep_until_clean(engine, project)
    return Removed(*(tuple(sorted(before[kind].values())) for kind in _KINDS))


def _sweep_until_clean(engine: Engine, project: str) -> None:
    """Again and again: a removal that Compose or the engine has under way makes ours fail at first."""
    deadline = now() + _DEADLINE_S
    while True:
        left = _there(engine, project)
        if not any(left.values()):
            return
        problems = _sweep(engine, project, left)
        if now() >= deadline:
            raise _still_there(project, _there(engine, project), problems)
        time.sleep(0.1 if problems else 0)


def _there(engine: Engine, project: str) -> dict[str, dict[str, str]]:
    return {**engine.leftovers(project), "disks": {device: device for device in attached(project)}}


def _sweep(engine: Engine, project: str, left: dict[str, dict[str, str]]) -> list[str]:
    problems: list[str] = []

    def remove(kind: str, ident: str) -> None:
        try:
            engine.remove(kind, ident)
        except EngineError as error:  # go on: what can go shall go
            problems.append(str(error))

    for kind in _KINDS[:-1]:
        with ThreadPoolExecutor(max_workers=_AT_ONCE) as pool:
            for ident in left.get(kind, {}):
                pool.submit(remove, kind, ident)
    if left.get("disks") and not problems:  # what still has a volume is still mounted
        try:
            release(engine, project)
        except HarnessError as error:
            problems.append(str(error))
    return problems


def _still_there(project: str, left: dict[str, dict[str, str]], problems: list[str]) -> StackError:
    kinds = [kind for kind in _KINDS if left[kind]]
    names = ", ".join(f"{kind}: {' '.join(sorted(left[kind].values()))}" for kind in kinds)
    mend = "If something else uses them (docker network inspect NAME shows what), stop that and try again"
    if kinds == ["networks"] and any("active endpoints" in problem for problem in problems):
        # https://github.com/moby/moby/issues/42119: only a start of the engine counts anew.
        mend += "; if nothing is in a network, the engine has lost count: restart it and try again"
    return StackError(
        f"{project} is not gone after {_DEADLINE_S:g} s ({names}): {'; '.join(problems) or 'no reason'}",
        mend=mend,
    )
