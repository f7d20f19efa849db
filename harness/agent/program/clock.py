"""The agent's clock."""

from __future__ import annotations

import time

__all__ = ["now"]


def now() -> float:
    """Seconds of CLOCK_MONOTONIC: one clock for a Linux host and all its containers."""
    return time.clock_gettime(time.CLOCK_MONOTONIC)
