"""Follows the engine's events: keeps what is known true, and makes faults whole after a restart."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

from .clock import now
from .containers import Containers, of_project
from .engine import Engine
from .refusal import Failed, Refused

__all__ = ["Watching"]

_AGAIN_AFTER_S = 0.2


class Watching:
    """The engine's events of one project, from a thread of its own.

    Args:
        engine: whose events.
        project: of which project.
        containers: kept true.
        came: called with a container's id, and whether it was just started, when its addresses may differ.
        tell: called with each event that the client shall see.
        went: called with the id of a container that died.
    """

    def __init__(
        self,
        engine: Engine,
        project: str,
        containers: Containers,
        came: Callable[[str, bool], None],
        tell: Callable[[dict[str, Any]], None],
        went: Callable[[str], None] = lambda _container: None,
    ) -> None:
        self._engine = engine
        self._project = project
        self._containers = containers
        self._came = came
        self._tell = tell
        self._went = went
        self.connected = threading.Event()
        threading.Thread(target=self._follow, name="events", daemon=True).start()

    def _follow(self) -> None:
        broken = False
        while True:
            try:
                for event in self._engine.events():
                    if event.get("Action") == "connected" and broken:
                        self._missed()
                    self.connected.set()
                    self._guarded(event)
            except Failed as error:
                if not broken:
                    self._tell({"event": "trouble", "what": str(error), "at": now()})
            broken = True
            time.sleep(_AGAIN_AFTER_S)

    def _guarded(self, event: dict[str, Any]) -> None:
        try:
            self._handle(event)
        except (Failed, Refused) as error:
            self._tell({"event": "trouble", "what": str(error), "at": now()})

    def _handle(self, event: dict[str, Any]) -> None:
        action, actor = str(event.get("Action", "")), event.get("Actor") or {}
        attributes = actor.get("Attributes") or {}
        if event.get("Type") == "network" and action in ("connect", "disconnect"):
            if self._containers.knows(attributes.get("container", "")):
                self._refreshed(attributes["container"])
        elif event.get("Type") == "container" and of_project(attributes, self._project):
            self._container(action, str(actor.get("ID", "")))

    def _container(self, action: str, container: str) -> None:
        self._tell({"event": "engine", "action": action, "container": container, "at": now()})
        if action == "oom":
            self._containers.oom(container, now())
        elif action == "destroy":
            self._containers.forget(container)
        elif action == "die":
            self._containers.down(container)
            self._went(container)
        elif action in ("start", "unpause", "pause"):
            self._refreshed(container, started=action == "start")

    def _refreshed(self, container: str, *, started: bool = False) -> None:
        try:
            self._containers.refresh(container)
        except (Failed, Refused):
            return  # gone again, or another project's: nothing to make whole
        self._came(container, started)

    def _missed(self) -> None:
        """The engine was away: whatever it did meanwhile, look at everything once."""
        for container in self._containers.refresh_all():
            self._came(container.id, True)  # it may have been
