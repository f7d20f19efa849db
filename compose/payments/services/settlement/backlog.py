"""What waits to be settled."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Backlog"]


@dataclass(frozen=True, slots=True)
class Backlog:
    """Items to settle, parked ones, and the age of the oldest of the first in seconds."""

    waiting: int = 0
    parked: int = 0
    oldest_s: float = 0.0
