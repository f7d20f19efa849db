"""The probe of mirrors: which legs take a write, by what the file system counts, and whether it works without them."""

from __future__ import annotations

import errno
from collections.abc import Sequence

from ..containers import Containers
from ..mirrors import Mirrors
from ..refusal import Failed, Refused
from .item import Item, Open
from .process import Look

__all__ = ["MirrorProbe"]

_DEAD = (errno.EIO, errno.EROFS)
"""What a file system says that has lost every copy; it takes itself for read-only as soon as it notices."""


class MirrorProbe(Look):
    """Has a mirror all its legs? Each look writes, fsyncs and reads there.

    With one leg lost the effect is that the file system counts errors on it during the write, and the write goes well
    all the same: the second item, which must work without a gap. With both lost the effect is that it fails, or that
    the node has ended and its legs have no block. The normal: the write goes well, no leg is lost, no error is counted.

    Args:
        container: the node.
        place: where its mirror is mounted.
        legs: how many are to be lost, 1 or 2.
        mirrors: tries it.
        containers: knows the node's name.
    """

    tick_s = 0.05  # each look is a flush of two disks

    def __init__(
        self, container: str, place: str, legs: int, mirrors: Mirrors, containers: Containers
    ) -> None:
        self._container = container
        self._place = place
        self._mirrors = mirrors
        name = containers.get(container).name
        self._legs = Item(f"{name}'s mirror at {place} has both its legs")
        self._works = Open(f"{name} writes and reads {place}") if legs == 1 else None
        self.items: Sequence[Item | Open] = [self._legs, *([self._works] if self._works else [])]

    def open(self) -> None:
        """There must be such a mirror."""
        self._mirrors.find(self._container, self._place)

    def tick(self, at: float) -> None:
        """Look once."""
        mirror = self._mirrors.find(self._container, self._place)
        before = self._errors()
        said = self._mirrors.try_out(self._container, self._place)
        after = self._errors()
        down = None if said is not None else "it does not run"
        if self._works is None:
            self._look_at_both(at, said, mirror.lost, after)
        else:
            self._works.down = down
            (self._works.normal if said == 0 else self._works.effect)(at)
            self._look_at_one(at, mirror.lost, before, after)
        self._legs.down = down

    def excused(self, item: Item | Open) -> str | None:
        """A node that does not run writes nothing."""
        return item.down if item is self._works else None

    def _look_at_one(
        self, at: float, lost: Sequence[object], before: tuple[int, int] | None, after: tuple[int, int] | None
    ) -> None:
        if before is None or after is None:
            self._legs.neither(at)
        elif not lost and not any(after):
            self._legs.normal(at)
        elif after[1] > before[1] and after[0] == before[0]:
            self._legs.effect(at)
            if self._legs.healed_at is None:
                self._legs.measured = f"{after[1]} errors on the lost leg, {after[0]} on the other"
        else:
            self._legs.neither(at)

    def _look_at_both(
        self, at: float, said: int | None, lost: Sequence[object], after: tuple[int, int] | None
    ) -> None:
        if said in _DEAD or (said is None and lost):
            self._legs.effect(at)
        elif said == 0 and not lost and after == (0, 0):
            self._legs.normal(at)
        else:
            self._legs.neither(at)

    def _errors(self) -> tuple[int, int] | None:
        try:
            return self._mirrors.errors(self._container, self._place)
        except (Failed, Refused):
            return None
