"""What a node's control API says of its state."""

from __future__ import annotations

from typing import Any

from ..containers import Containers
from ..controls import Controls
from ..processes import Process, identify
from ..refusal import Failed
from .item import Item, Open

__all__ = ["ControlProbe"]

_ANSWER_WITHIN_S = 0.4


class ControlProbe:
    """Reads a state back. The normal: the one that the label calls so. The effect: the one that was asked for.

    Any other state is neither, and neither is no answer: when it goes on, nobody looked, and that is a gap. A node
    that is down, or that restarted and has not answered since, is not normal either: the fault is not interrupted.
    """

    tick_s = 0.005

    def __init__(
        self, container: str, state: dict[str, Any], containers: Containers, controls: Controls
    ) -> None:
        self._container = container
        self._state = state
        self._containers = containers
        self._controls = controls
        self._normal = controls.normal(container)
        self._answered: Process | None = None
        self.items = [Item(f"{containers.get(container).name} is told nothing unusual")]

    def open(self) -> None:
        """Know where it runs. Raises Failed when it does not."""
        if not self._containers.refresh(self._container).pid:
            raise Failed(f"{self._containers.get(self._container).name} does not run")

    def tick(self, at: float) -> None:
        """Look once."""
        item = self.items[0]
        pid = self._containers.get(self._container).pid
        process = identify(pid) if pid else None
        try:
            state = self._controls.read(self._container, _ANSWER_WITHIN_S) if process else None
        except Failed:
            state = None
        if state is not None:
            self._answered, item.down = process, None
        if state == self._normal:
            item.normal(at)
        elif state == self._state:
            item.effect(at)
        elif process is None or process != self._answered:
            item.down = "it does not run" if process is None else "it has not answered since its start"
            if item.settled:
                item.effect(at)

    def healed(self) -> None:
        """Nothing is stuck."""

    def excused(self, item: Item | Open) -> str | None:
        """A node that is down has no state; it begins anew with the normal one."""
        return item.down

    def close(self) -> None:
        """Nothing to give back."""
