"""Harm that is kept on a container: made, made again after a restart, taken away, and found by looking."""

from __future__ import annotations

import threading
from abc import abstractmethod
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

from .containers import Container, Containers
from .refusal import Failed, Gone, Refused

__all__ = ["Harm", "Kept", "Left", "Step"]

Step = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Left:
    """One thing left behind, and what mends it."""

    what: str
    mend: Callable[[], object]


class Harm(Protocol):
    """One kind of harm; what it does for an injection is independent of what it does for another."""

    def begin(self, injection: str, step: Step) -> None:
        """Do the step. Raises Failed, Refused."""
        ...

    def end(self, injection: str, step: Step) -> None:
        """Undo it; safe when it was never done, and when another session did it. Raises Failed."""
        ...

    def again(self, container: str) -> None:
        """The container runs anew, or has another address. Raises Failed."""
        ...

    def left(self, container: Container) -> Iterator[Left]:
        """What is left of it in a container that runs, by looking at the system. Raises Failed."""
        ...


class Kept:
    """Remembers what is wanted of which container; a kind of harm says how it is made and unmade.

    Args:
        containers: the only containers that there are.

    Attributes:
        alone: what a container has room for one of, in words; empty when injections can overlap on it.
    """

    alone: ClassVar[str] = ""

    def __init__(self, containers: Containers) -> None:
        self._containers = containers
        self._wanted: dict[tuple[str, str], Step] = {}
        self._lock = threading.RLock()

    @abstractmethod
    def make(self, injection: str, container: Container, step: Step) -> None:
        """Make it so in a container that runs; what is so already stays. Raises Failed, Refused."""

    @abstractmethod
    def unmake(self, injection: str, container: Container, step: Step) -> None:
        """Take it away from a container that runs, whoever made it. Raises Failed."""

    def concerns(self, step: Step, container: str) -> bool:
        """Whether a container that came back, or moved, has a part in a step."""
        return bool(step["container"] == container)

    def begin(self, injection: str, step: Step) -> None:
        """Do the step, and keep it done."""
        found = self._containers.refresh(step["container"])
        if not found.pid:
            raise Failed(f"{found.name} does not run")
        with self._lock:
            if others := self._others(injection, found.id):
                raise Refused(
                    f"{found.name} has {self.alone} of {others[0]} already, and there is room for one"
                )
            self._wanted[injection, found.id] = step
            self.make(injection, found, step)

    def end(self, injection: str, step: Step) -> None:
        """Undo it; on a container that is down there is nothing left of it."""
        with self._lock:
            self._wanted.pop((injection, step["container"]), None)
            if self._others(injection, step["container"]):
                return  # this one was refused: what is there is another's
            try:
                found = self._containers.refresh(step["container"])
            except Gone:
                return
            if found.pid:
                self.unmake(injection, found, step)

    def _others(self, injection: str, container: str) -> list[str]:
        """The other injections that keep the container from having this one."""
        return (
            [other for other, own in self._wanted if own == container and other != injection]
            if self.alone
            else []
        )

    def again(self, container: str) -> None:
        """Make whole what has a part in this container."""
        with self._lock:
            for (injection, own), step in list(self._wanted.items()):
                found = self._containers.get(own)
                if found.pid and self.concerns(step, container):
                    self.make(injection, found, step)

    def left(self, container: Container) -> Iterator[Left]:  # noqa: ARG002  # the protocol's
        """Nothing, unless a kind of harm can outlive the agent's program."""
        return iter(())
