"""Who plays which role, watched through a run and written to the timeline when it changes."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Self

__all__ = ["RoleWatch"]


class RoleWatch:
    """Asks for every role once a period, on a thread of its own.

    Args:
        ask: gives each node's role now; None for a node that does not answer.
        changed: told of ``(node, role, before)`` for each change, and of every first answer.
        every_s: seconds between two rounds.
    """

    def __init__(
        self,
        ask: Callable[[], Mapping[str, str | None]],
        changed: Callable[[str, str | None, str | None], None],
        every_s: float = 1.0,
    ) -> None:
        self._ask = ask
        self._changed = changed
        self._every_s = every_s
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="role-watch", daemon=True)
        self.roles: dict[str, str | None] = {}
        self.failure: Exception | None = None

    def __enter__(self) -> Self:
        self._look()
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join(timeout=10)

    def _watch(self) -> None:
        while not self._stop.wait(self._every_s):
            try:
                self._look()
            except Exception as error:  # noqa: BLE001  # a thread's error is kept, for the runner to tell
                self.failure = error
                return

    def _look(self) -> None:
        for node, role in self._ask().items():
            before = self.roles.get(node)
            if node not in self.roles or role != before:
                self.roles[node] = role
                self._changed(node, role, before)
