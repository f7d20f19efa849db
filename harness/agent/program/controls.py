"""Control APIs: some nodes can be told to behave otherwise, and say in a label where and what is normal.

The label ``harness.control`` holds JSON: ``{"port": 9000, "path": "/mode", "normal": {...}}``. GET answers with the
state, PUT sets it, both on the node's own loopback. A state lives as long as the node's process: one that
starts anew is normal.
"""

from __future__ import annotations

import json
import time
from typing import Any

from . import asking
from .containers import Container, Containers
from .refusal import Failed, Refused

__all__ = ["LABEL", "Controls"]

LABEL = "harness.control"
_ANSWER_WITHIN_S = 2.0
_REACHED_WITHIN_S = 10.0
_AGAIN_EVERY_S = 0.002


class Controls:
    """The control APIs of the project's nodes.

    Args:
        containers: where they are, with their labels.
    """

    def __init__(self, containers: Containers) -> None:
        self._containers = containers

    def normal(self, container: str) -> dict[str, Any]:
        """The state that is no fault. Raises Refused for a node without a control API."""
        return dict(self._place(self._containers.get(container))["normal"])

    def read(self, container: str, timeout_s: float = _ANSWER_WITHIN_S) -> Any:  # any JSON
        """The state now. Raises Failed when it does not answer, Refused for a node without a control API."""
        found = self._containers.get(container)
        place = self._place(found)
        answer = asking.http(found, "GET", place["port"], place["path"], timeout_s=timeout_s)
        try:
            return json.loads(answer["body"])
        except ValueError as error:
            raise Failed(f"{found.name}: the control API answered what is not JSON") from error

    def set(self, container: str, state: dict[str, Any]) -> None:
        """Set the state of a node that runs, or is about to answer. Raises Failed, Refused."""
        if not self._put(container, state):
            raise Failed(f"{self._containers.get(container).name} does not run")

    def reset(self, container: str) -> None:
        """Back to normal; a node that does not run will begin so. Raises Failed when it runs and cannot be told."""
        self._put(container, self.normal(container))

    def _put(self, container: str, state: dict[str, Any]) -> bool:
        """Whether it was told; False when it does not run. One that is coming up is asked until it answers."""
        deadline = time.monotonic() + _REACHED_WITHIN_S
        self._containers.refresh(container)
        while True:
            # The engine's events keep it true. No time is lost: what restarted serves as normal until it is told.
            found = self._containers.get(container)
            if not found.pid:
                return False
            place = self._place(found)
            try:
                asking.http(found, "PUT", place["port"], place["path"], state, timeout_s=_ANSWER_WITHIN_S)
            except asking.NoAnswer as error:
                if time.monotonic() > deadline:
                    raise Failed(f"{error} within {_REACHED_WITHIN_S:g} s") from error
                time.sleep(_AGAIN_EVERY_S)
            else:
                return True

    @staticmethod
    def _place(container: Container) -> dict[str, Any]:
        label = container.labels.get(LABEL)
        if label is None:
            raise Refused(f"{container.name} has no control API: its service has no label {LABEL}")
        try:
            place = json.loads(label)
            return {"port": int(place["port"]), "path": str(place["path"]), "normal": dict(place["normal"])}
        except (ValueError, KeyError, TypeError) as error:
            example = '{"port": 9000, "path": "/mode", "normal": {}}'
            raise Refused(f"{container.name}: the label {LABEL} must be like {example}: {error!r}") from error
