"""``python3 -m backup``: make backups until told to stop. ``python3 -m backup JOB``: do one job now."""

from __future__ import annotations

import os
import signal
import sys
from threading import Thread

from . import nodes, pgbackrest
from .pages import Pages
from .schedule import Job
from .scheduler import Scheduler
from .settings import Settings

__all__ = ["main"]

_PORT = 8000


def main() -> None:
    """One job, or the pages beside the loop."""
    settings = Settings.from_environment(os.environ)
    if len(sys.argv) > 1:
        result = pgbackrest.run(Job(sys.argv[1]), nodes.running(settings.nodes))
        sys.exit(0 if result.ok else result.words)
    # A command that runs is ended with the container; pgBackRest takes up or throws away what is half done.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    scheduler = Scheduler(settings)
    Thread(target=Pages(_PORT, lambda: scheduler.state).serve_forever, daemon=True).start()
    scheduler.run()


if __name__ == "__main__":
    main()
