"""``python -m backup``: make backups until told to stop."""

from __future__ import annotations

import os
import signal
import sys
from threading import Thread

from .pages import Pages
from .scheduler import Scheduler
from .settings import Settings

__all__ = ["main"]

_PORT = 8000


def main() -> None:
    """The pages beside the loop."""
    # A command that runs is ended with the container; pgBackRest takes up or throws away what is half done.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    scheduler = Scheduler(Settings.from_environment(os.environ))
    Thread(target=Pages(_PORT, lambda: scheduler.state).serve_forever, daemon=True).start()
    scheduler.run()


if __name__ == "__main__":
    main()
