"""The probe of a page on a disk: its checksum."""

from __future__ import annotations

from collections.abc import Sequence

from ..containers import Containers
from ..rot import Rot
from .item import Item
from .process import Look

__all__ = ["PageProbe"]


class PageProbe(Look):
    """Is the checksum of a relation's first page right on the disk? The effect: it is wrong.

    Args:
        container: the node.
        place: where its disk is mounted.
        command: run in the node, prints the relation's file.
        rot: looks at it.
        containers: knows the node's name.
    """

    tick_s = 0.02

    def __init__(
        self, container: str, place: str, command: Sequence[str], rot: Rot, containers: Containers
    ) -> None:
        self._container = container
        self._place = place
        self._command = command
        self._rot = rot
        self._file = ""
        self.items = [Item(f"{containers.get(container).name} has a page with its right checksum")]

    def open(self) -> None:
        """Know the file. Raises Failed when the node names none."""
        self._file = self._rot.locate(self._container, self._place, self._command)

    def tick(self, at: float) -> None:
        """Look once; a node that is down, or is being rebuilt, shows neither."""
        item, wrong = self.items[0], self._rot.is_wrong(self._container, self._place, self._file)
        item.down = "it cannot be read" if wrong is None else None
        if wrong is not None:
            (item.effect if wrong else item.normal)(at)
