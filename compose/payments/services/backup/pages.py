"""The pages: health for the engine and for the harness, metrics for Prometheus."""

from __future__ import annotations

import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from .metrics import render
from .state import State

__all__ = ["Pages"]


class Pages(ThreadingHTTPServer):
    """Serves what the scheduler knows.

    Args:
        port: on every address; the network is internal.
        look: the state of this moment.
    """

    daemon_threads = True

    def __init__(self, port: int, look: Callable[[], State]) -> None:
        self.look = look
        super().__init__(("0.0.0.0", port), _Page)  # noqa: S104  # its network is internal


class _Page(BaseHTTPRequestHandler):
    server: Pages

    def log_message(self, *words: object) -> None:
        """A request is no news."""

    def do_GET(self) -> None:
        """One of the three pages."""
        state = self.server.look()
        if self.path == "/health/live":
            self._text(200, "live\n")
        elif self.path == "/health/ready":
            trouble = state.not_ready()
            self._text(503 if trouble else 200, f"{trouble or 'ready'}\n")
        elif self.path == "/metrics":
            self._text(200, render(state, time.time()))
        else:
            self._text(404, "there is nothing here\n")

    def _text(self, status: int, text: str) -> None:
        body = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
