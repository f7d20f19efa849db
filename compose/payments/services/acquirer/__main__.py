"""``python -m acquirer FOLDER``: serve until told to stop."""

from __future__ import annotations

import signal
import sys
from pathlib import Path
from threading import Thread

from .books import Books
from .server import Acquirer, Api, Control, Server

__all__ = ["main"]

_PORT, _CONTROL_PORT = 8000, 9000


def main() -> None:
    """The API on every address, the control on loopback alone."""
    acquirer = Acquirer(Books(Path(sys.argv[1]) / "settlements.sqlite"))
    api = Server(("0.0.0.0", _PORT), Api, acquirer)  # noqa: S104  # its network is internal
    control = Server(("127.0.0.1", _CONTROL_PORT), Control, acquirer)
    for server in (api, control):
        Thread(target=server.serve_forever, daemon=True).start()
    # A row is on disk before anybody is told, so there is nothing to put in order.
    signal.sigwait({signal.SIGTERM, signal.SIGINT})


if __name__ == "__main__":
    main()
