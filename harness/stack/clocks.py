"""Clocks that can be skewed: services that x-harness names start with libfaketime, which reads an offset from a file.

The library is of the service's own image (Debian's package ``libfaketime``); the agent writes and removes the file
(:mod:`harness.agent.program.clocks`). Every program that libc serves then asks the library for the time, so the stack
is up with it only when an experiment wants it, or ``harness up --clocks``.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from harness.stack.engine import CLOCK_LABEL

__all__ = ["override"]

_FILE = "/etc/faketimerc"
"""Where the library looks by itself, too. In the container's own file system: it lasts over a restart."""
_ENVIRONMENT = {
    # The dynamic linker puts the architecture's folder for $LIB; Compose makes one $ of two. MT: for threads, too.
    "LD_PRELOAD": "/usr/$$LIB/faketime/libfaketimeMT.so.1",
    "FAKETIME_TIMESTAMP_FILE": _FILE,
    # Not without a cache: servers ask for the time in signal handlers, too, where no file is read safely.
    "FAKETIME_CACHE_DURATION": "1",
    # Only the wall clock lies.
    "FAKETIME_DONT_FAKE_MONOTONIC": "1",
    # Without it each process leaves a semaphore behind when it is killed, and the next one with its pid will not start.
    "FAKETIME_DISABLE_SHM": "1",
}


def override(services: Iterable[str]) -> dict[str, Any]:
    """A Compose file that starts these services with the library."""
    clock = {"environment": _ENVIRONMENT, "labels": {CLOCK_LABEL: _FILE}}
    return {"services": dict.fromkeys(services, clock)}
