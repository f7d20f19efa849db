"""``python -m observer``: wait for quiet, then print the books, the API's lists and every copy's digests."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable

from . import acquirer, api, backlog, database, lines, quiet, replicas
from .errors import Incomplete
from .settings import Settings

__all__ = ["main"]

_READING_S = 10.0
"""Kept for the reading itself, out of the time for waiting."""


def main() -> int:
    """Print everything; what could not be read is said in a line of its own, so the exit code is 0."""
    settings = Settings.read(os.environ, sys.argv[1:])
    until = time.monotonic() + settings.timeout_s
    try:
        primary = quiet.wait_for_quiet(settings, until)
    except Incomplete as noise:
        for source in ("database", "api", "replicas", "acquirer"):
            lines.incomplete(source, str(noise))
        return 0
    left = backlog.wait_until_settled(settings, primary, until - _READING_S)
    if left is not None:
        _source("acquirer", lambda: acquirer.print_settlements(settings, primary, left))
    _source("database", lambda: database.print_books(settings, primary))
    _source("api", lambda: api.print_lists(settings))
    _source("replicas", lambda: replicas.print_digests(settings, primary, until))
    return 0


def _source(name: str, read: Callable[[], None]) -> None:
    try:
        read()
    except Incomplete as error:
        lines.incomplete(name, str(error))
    else:
        lines.complete(name)


if __name__ == "__main__":
    sys.exit(main())
