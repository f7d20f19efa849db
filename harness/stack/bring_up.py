"""Start a stack's containers and wait for them, with patience where it helps and blame where it does not."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Mapping

from harness.clock import now
from harness.errors import EngineError, StackError
from harness.stack.compose_project import ComposeProject
from harness.stack.engine import Container, Engine
from harness.stack.node_logs import last_lines

__all__ = ["bring_up", "build_steps", "start_steps"]

_UNHEALTHY_MAX_S = 45.0
_PAUSE_S = 1.0

Say = Callable[[str], None]


def bring_up(
    engine: Engine,
    compose: ComposeProject,
    project: str,
    *,
    passwords: Mapping[str, str],
    progress: Say,
    timeout_s: float,
) -> None:
    """Start what is down, let what is paused go on, and wait until all of it is up.

    A service is unhealthy for a moment while what it leans on is made anew or started again, and Compose
    gives up at once: it gets that moment. What exited does not.

    Args:
        engine: the engine.
        compose: the project's files.
        project: the Compose project.
        passwords: what an error must not show.
        progress: told of each service that is up.
        timeout_s: the deadline, in seconds.

    Raises:
        StackError: it did not come up; the failing services' last lines are in it.
        EngineError, StackModelError: the engine or Compose would not do it.
    """
    _unpause(engine, project)
    deadline = now() + timeout_s
    patience = min(deadline, now() + _UNHEALTHY_MAX_S) - _PAUSE_S
    on_line = start_steps(project, progress)
    while True:
        try:
            compose.bring_up(deadline - now(), on_line)
        except EngineError as error:
            if now() < patience and "unhealthy" in error.what:
                time.sleep(_PAUSE_S)
                continue
            raise _blame(engine, project, passwords, error) from error
        return


def _unpause(engine: Engine, project: str) -> None:
    for container in engine.containers(project):
        if container.state == "paused":
            engine.unpause(container.id)


def _blame(engine: Engine, project: str, passwords: Mapping[str, str], error: EngineError) -> EngineError:
    """The error with the last words of the services that are not up; one that knows its mend as it is."""
    if error.mend:
        return error
    down = [one for one in engine.containers(project) if not one.up and one.state != "created"]
    if not down:
        return error
    names = ", ".join(f"{one.service} is {one.condition}" for one in down)
    words = "\n".join(_last_words(engine, one, passwords) for one in down)
    return StackError(
        f"the stack did not come up: {names}\n{words}\n",
        mend="harness logs writes the whole log of each node",
    )


def _last_words(engine: Engine, container: Container, passwords: Mapping[str, str]) -> str:
    return f"  {container.service} said last:\n{last_lines(engine, container, passwords)}"


def build_steps(progress: Say) -> Say:
    """Pass on a build's own steps ("#12 [ledger 3/7] RUN ...") and none of what they print."""

    def on_line(line: str) -> None:
        with contextlib.suppress(ValueError):
            head, step = line.split(" [", 1)
            if head.startswith("#") and "internal]" not in step:
                progress(f"  [{step[:100]}")

    return on_line


def start_steps(project: str, progress: Say) -> Say:
    """Pass on each service that is up, once: Compose says it again for everything that waits for it."""
    told: set[str] = set()

    def on_line(line: str) -> None:
        words = line.split()
        if line not in told and words[:1] == ["Container"] and words[-1] in ("Healthy", "Error"):
            told.add(line)
            progress(f"  {words[1].removeprefix(f'{project}-')} {words[-1].lower()}")

    return on_line
