"""Take a project away whole: by its label, whatever became of its Compose files."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from harness.clock import now
from harness.errors import EngineError, StackError, UsageError
from harness.stack.engine import Engine

__all__ = ["Removed", "tear_down"]

_KINDS = ("containers", "networks", "volumes")
"""In this order: a network and a volume go when no container uses them any more."""
_DEADLINE_S = 60.0
_AT_ONCE = 8


@dataclass(frozen=True, slots=True)
class Removed:
    """What was taken away: names, each kind in order."""

    containers: tuple[str, ...] = ()
    networks: tuple[str, ...] = ()
    volumes: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.containers or self.networks or self.volumes)


def tear_down(engine: Engine, project: str, stop: Callable[[], None] | None = None) -> Removed:
    """Remove every container, network and volume of the project, and look that none is left.

    The containers are killed first: whatever state a fault left them in, none has to agree to stop.

    Args:
        engine: the engine.
        project: the Compose project; nothing without its label is touched.
        stop: Compose's own way of doing it, when the files are there; its failure is made up for.

    Raises:
        StackError: something is left, named.
        EngineError: the engine does not answer.
    """
    before = engine.leftovers(project)
    _sweep(engine, {"containers": before["containers"]})
    if stop is not None and (before["networks"] or before["volumes"]):
        with contextlib.suppress(EngineError, UsageError):
            stop()
    _sweep_until_clean(engine, project)
    return Removed(*(tuple(sorted(before[kind].values())) for kind in _KINDS))


def _sweep_until_clean(engine: Engine, project: str) -> None:
    """Again and again: a removal that Compose or the engine has under way makes ours fail at first."""
    deadline = now() + _DEADLINE_S
    while True:
        left = engine.leftovers(project)
        if not any(left.values()):
            return
        problems = _sweep(engine, left)
        if now() >= deadline:
            raise _still_there(project, engine.leftovers(project), problems)
        time.sleep(0.1 if problems else 0)


def _sweep(engine: Engine, left: dict[str, dict[str, str]]) -> list[str]:
    problems: list[str] = []

    def remove(kind: str, ident: str) -> None:
        try:
            engine.remove(kind, ident)
        except EngineError as error:  # go on: what can go shall go
            problems.append(str(error))

    for kind in _KINDS:
        with ThreadPoolExecutor(max_workers=_AT_ONCE) as pool:
            for ident in left.get(kind, {}):
                pool.submit(remove, kind, ident)
    return problems


def _still_there(project: str, left: dict[str, dict[str, str]], problems: list[str]) -> StackError:
    names = ", ".join(f"{kind}: {' '.join(sorted(left[kind].values()))}" for kind in _KINDS if left[kind])
    return StackError(
        f"{project} is not gone after {_DEADLINE_S:g} s ({names}): {'; '.join(problems) or 'no reason'}",
        mend="If something else uses them (docker network inspect NAME shows what), stop that and try again",
    )
