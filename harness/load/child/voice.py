"""The load process's standard output, kept for its messages alone."""

from __future__ import annotations

import json
import os

__all__ = ["Voice"]


class Voice:
    """Takes standard output for itself; what a locustfile prints goes to standard error from now on."""

    def __init__(self) -> None:
        self._fd = os.dup(1)
        os.dup2(2, 1)

    def say(self, kind: str, **keys: object) -> None:
        """One message, whole, before this returns."""
        rest = (json.dumps({"t": kind, **keys}) + "\n").encode()
        while rest:
            rest = rest[os.write(self._fd, rest) :]
