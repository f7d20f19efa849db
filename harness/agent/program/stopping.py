"""Single processes that stand still by SIGSTOP, while the rest of the container goes on."""

from __future__ import annotations

import signal
from collections.abc import Iterator

from .containers import Container
from .harm import Kept, Left, Step
from .processes import Process, command, identify, in_namespace, kill, matching, stopped
from .refusal import Failed

__all__ = ["Stopping"]


class Stopping(Kept):
    """Those that the step's ``pattern`` is found in stand still."""

    alone = "stopped processes"

    def make(self, injection: str, container: Container, step: Step) -> None:  # noqa: ARG002  # the protocol's
        """Stop them. Raises Failed when there is none."""
        found = matching(container.pid, step["pattern"])
        if not found:
            raise Failed(f"{container.name}: no process matches {step['pattern']}")
        for each in found:
            kill(each, signal.SIGSTOP)

    def unmake(self, injection: str, container: Container, step: Step) -> None:  # noqa: ARG002  # the protocol's
        """Let those that match go on."""
        for each in matching(container.pid, step["pattern"]):
            kill(each, signal.SIGCONT)

    def again(self, container: str) -> None:
        """A restart ends it: the process that was stopped is gone. The evidence shows that."""

    def left(self, container: Container) -> Iterator[Left]:
        """Whatever stands still in the container."""
        found = [each for pid in in_namespace(container.pid) if stopped(pid) and (each := identify(pid))]
        if found:
            names = ", ".join(sorted({command(each.pid).split(" ")[0] for each in found}))
            yield Left(f"{container.name} has stopped processes ({names})", lambda: _go_on(found))


def _go_on(found: list[Process]) -> None:
    for each in found:
        kill(each, signal.SIGCONT)
