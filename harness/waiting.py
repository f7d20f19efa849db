"""Waiting with a deadline, and saying what was waited for."""

from __future__ import annotations

import time
from collections.abc import Callable

from harness.clock import now
from harness.errors import StackError

__all__ = ["wait_until"]


def wait_until(
    ready: Callable[[], bool],
    *,
    timeout_s: float,
    every_s: float = 0.2,
    what: str | None = None,
    why: Callable[[], str] | None = None,
) -> bool:
    """Poll until ``ready()``; True when it was in time.

    Args:
        ready: asked at once and then every ``every_s`` seconds.
        timeout_s: the deadline, in seconds.
        every_s: the pause between two questions, in seconds.
        what: what is waited for. When given, a deadline that passes is an error instead of False.
        why: what still stands in the way, for that error.

    Raises:
        StackError: the deadline passed and ``what`` was given.
    """
    deadline = now() + timeout_s
    while not ready():
        if now() >= deadline:
            if what is None:
                return False
            reason = f": {why()}" if why else ""
            raise StackError(f"waited {timeout_s:g} s for {what}{reason}")
        time.sleep(every_s)
    return True
