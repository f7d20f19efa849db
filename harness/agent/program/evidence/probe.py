"""What every probe offers to the sampler."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol, runtime_checkable

from .item import Item, Open

__all__ = ["Measures", "Probe"]


class Probe(Protocol):
    """Looks at something, from the sampler's thread alone."""

    @property
    def items(self) -> Sequence[Item | Open]:
        """What must show the effect and later lose it, and what must stay as it is."""
        ...

    @property
    def tick_s(self) -> float:
        """How often it may be asked to look while the sampler is in haste."""
        ...

    def open(self) -> None:
        """Get ready. Raises Failed."""
        ...

    def tick(self, at: float) -> None:
        """Look once."""
        ...

    def healed(self) -> None:
        """The heal is done: what the fault may have left stuck is made anew."""
        ...

    def excused(self, item: Item | Open) -> str | None:
        """Why this item cannot show that the fault is gone, when another cause is known; else None."""
        ...

    def close(self) -> None:
        """Give everything back."""
        ...


@runtime_checkable
class Measures(Protocol):
    """A probe that has figures beyond seen and not seen."""

    def measured(self) -> Sequence[Mapping[str, Any]]:
        """One thing looked at each."""
        ...
