"""When an item is tried again: exponential, with full jitter, so that what failed together does not return together."""

from __future__ import annotations

from random import Random

__all__ = ["BASE_S", "CAP_S", "delay_s"]

BASE_S = 0.2
CAP_S = 5.0
"""No longer than this after the acquirer is back, the backlog moves."""


def delay_s(attempt: int, random: Random) -> float:
    """Seconds until the next attempt, by chance from 0 to a bound that doubles with each attempt up to the cap.

    Args:
        attempt: how many were made, from 1.
        random: draws.
    """
    # The exponent is bounded first: an item may have been tried for days.
    return random.uniform(0, min(CAP_S, BASE_S * 2 ** min(attempt - 1, 16)))
