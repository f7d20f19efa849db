"""The two clocks of a run.

Everything is stamped with CLOCK_MONOTONIC, in seconds: on Linux it is one clock for a host and all
its containers, and nobody steps it. The wall clock stands beside it for people.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime

__all__ = ["now", "wall"]


def now() -> float:
    """Seconds of CLOCK_MONOTONIC."""
    return time.clock_gettime(time.CLOCK_MONOTONIC)


def wall() -> str:
    """The wall clock, ISO 8601 in UTC with milliseconds."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
