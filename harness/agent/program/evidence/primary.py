"""Which of some nodes is the primary, by Patroni's own word."""

from __future__ import annotations

import json
from collections.abc import Sequence

from .. import asking
from ..containers import Containers
from ..refusal import Failed
from .item import Item, Open

__all__ = ["PrimaryProbe"]

_ANSWER_WITHIN_S = 0.4


class PrimaryProbe:
    """Is the node the primary? The effect: it says that it is not. Normal from then on: another one says that it is.

    A node that gives no answer says neither.
    """

    tick_s = 0.02

    def __init__(self, container: str, others: Sequence[str], port: int, containers: Containers) -> None:
        self._container = container
        self._others = others
        self._port = port
        self._containers = containers
        self.items = [Item(f"{containers.get(container).name} or its successor is primary", lasting=False)]

    def open(self) -> None:
        """Know where they run."""
        for container in (self._container, *self._others):
            self._containers.refresh(container)

    def tick(self, at: float) -> None:
        """Look once."""
        item = self.items[0]
        if item.settled:
            if any(self._is_primary(container) for container in self._others):
                item.normal(at)
            return
        here = self._is_primary(self._container)
        if here is not None:
            (item.normal if here else item.effect)(at)

    def _is_primary(self, container: str) -> bool | None:
        """None: it does not say. A server that is stopping takes no writes any more, whatever role it had."""
        try:
            answer = asking.http_get(
                self._containers.get(container), self._port, "/patroni", timeout_s=_ANSWER_WITHIN_S
            )
            said = json.loads(answer["body"])
            return said["state"] == "running" and said["role"] in ("primary", "master")
        except (Failed, ValueError, KeyError, TypeError):
            return None

    def healed(self) -> None:
        """Nothing is stuck."""

    def excused(self, item: Item | Open) -> str | None:  # noqa: ARG002  # the protocol's
        """Nothing else can hide that another one took over."""
        return None

    def close(self) -> None:
        """Nothing to give back."""
