"""Which alerts of the stack's own monitoring fire, watched through a run and told when that changes."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Any, Self

from harness.errors import AgentError
from harness.timeline import ALERTS_UNREADABLE

__all__ = ["AlertWatch", "firing"]

_OK = 200
Labels = tuple[tuple[str, str], ...]


def firing(status: int, body: str) -> set[Labels]:
    """The alerts that fire, each as its sorted labels, from an answer of Prometheus' ``/api/v1/alerts``.

    Raises:
        ValueError: it is no such answer.
    """
    if status != _OK:
        raise ValueError(f"the monitoring answered {status}")
    try:
        alerts: list[dict[str, Any]] = json.loads(body)["data"]["alerts"]
        return {tuple(sorted(a["labels"].items())) for a in alerts if a["state"] == "firing"}
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"the monitoring's answer is not understood: {error!r}") from error


class AlertWatch:
    """Asks once a period, on a thread of its own.

    While nobody answers, nothing is said to have changed: silence resolves no alert.

    Args:
        ask: gives status and body of ``/api/v1/alerts``; None when the stack has no monitoring.
        changed: told of ``(alert, state, labels)`` for each alert that fires or is resolved.
        note: told once, in words, of each stretch in which the monitoring cannot be asked.
        every_s: seconds between two rounds.
    """

    def __init__(
        self,
        ask: Callable[[], tuple[int, str]] | None,
        changed: Callable[[str, str, Mapping[str, str]], None],
        note: Callable[[str], None],
        every_s: float = 1.0,
    ) -> None:
        self._ask = ask
        self._changed = changed
        self._note = note
        self._every_s = every_s
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="alert-watch", daemon=True)
        self._firing: set[Labels] = set()
        self._silent = False

    def __enter__(self) -> Self:
        if self._ask is not None:
            self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        if self._ask is not None:
            self._thread.join(timeout=10)

    def _watch(self) -> None:
        while True:
            self.look()
            if self._stop.wait(self._every_s):
                return

    def look(self) -> None:
        """One round."""
        if self._ask is None:
            return
        try:
            seen = firing(*self._ask())
        except (AgentError, ValueError) as error:
            if not self._silent:
                self._note(f"{ALERTS_UNREADABLE}: {error}")
            self._silent = True
            return
        self._silent = False
        for state, labels in (("firing", seen - self._firing), ("resolved", self._firing - seen)):
            for alert in sorted(labels):
                rest = dict(alert)
                self._changed(rest.pop("alertname", ""), state, rest)
        self._firing = seen
