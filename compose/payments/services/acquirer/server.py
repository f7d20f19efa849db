"""The acquirer's two ports: its API, and the harness's control."""

from __future__ import annotations

import json
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

from .books import Books, KeyReused, Order
from .moods import Mood, parse

__all__ = ["Acquirer", "Api", "Control"]

_BODY_MAX_BYTES = 16 * 1024
_LIMIT_MAX = 5000
_NEVER_S = 60.0
"""So long a connection without an answer is kept; whoever waits has given up by then."""


class Acquirer:
    """What both ports share: the books, and the mood."""

    def __init__(self, books: Books) -> None:
        self.books = books
        self.mood = Mood()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Server

    def log_message(self, *words: object) -> None:
        """A request is no news."""

    def _json(self, status: int, value: object) -> None:
        body = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _body(self) -> object:
        length = int(self.headers.get("Content-Length", "0"))
        if not 0 <= length <= _BODY_MAX_BYTES:
            raise ValueError("the body is too large")
        return json.loads(self.rfile.read(length))


class Server(ThreadingHTTPServer):
    """One port."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], handler: type[_Handler], acquirer: Acquirer) -> None:
        self.acquirer = acquirer
        super().__init__(address, handler)


class Api(_Handler):
    """``POST /settlements`` and ``GET /settlements``."""

    def do_GET(self) -> None:
        """A page of the books, or the health."""
        url = urlsplit(self.path)
        if url.path == "/health/live":
            self._json(200, "live")
            return
        query = parse_qs(url.query)
        try:
            after, limit = int(query.get("after", ["0"])[-1]), int(query.get("limit", ["1000"])[-1])
        except ValueError:
            after = limit = -1
        if url.path != "/settlements":
            self._json(404, {"title": "There is nothing here"})
        elif not (after >= 0 and 0 < limit <= _LIMIT_MAX):
            self._json(400, {"title": f"after is a number, limit is from 1 to {_LIMIT_MAX}"})
        else:
            items = self.server.acquirer.books.page(after, limit)
            full = len(items) == limit
            self._json(200, {"items": items, "next_after": items[-1]["number"] if full else None})

    def do_POST(self) -> None:
        """Settle, in the mood of the moment."""
        acquirer = self.server.acquirer
        mood, key = acquirer.mood, self.headers.get("Idempotency-Key", "")
        try:
            order = _order(self._body())
        except (ValueError, TypeError) as error:
            order, key = None, str(error)
        if self.path != "/settlements" or order is None or not 0 < len(key) <= 255:  # noqa: PLR2004  # as everywhere
            self.close_connection = True
            self._json(400, {"title": "This is no settlement", "detail": key})
            return
        time.sleep(mood.delay_ms / 1000)
        try:
            row, replayed = acquirer.books.record(
                key, order, "refused" if mood.mode == "refuse" else "accepted"
            )
        except KeyReused:
            self._json(422, {"title": "The key was used with another body"})
            return
        if mood.mode in ("accept-and-never-answer", "answer-lost"):
            self._say_nothing(mood)
        else:
            self._json(402 if row["status"] == "refused" else 200 if replayed else 201, row)

    def _say_nothing(self, mood: Mood) -> None:
        until = time.monotonic() + (_NEVER_S if mood.mode == "accept-and-never-answer" else 0.0)
        while time.monotonic() < until and self.server.acquirer.mood == mood:
            time.sleep(0.1)
        self.close_connection = True


class Control(_Handler):
    """``GET /mode`` and ``PUT /mode``."""

    def do_GET(self) -> None:
        """The mood."""
        mood = self.server.acquirer.mood
        self._json(200, {"mode": mood.mode, "delay_ms": mood.delay_ms})

    def do_PUT(self) -> None:
        """Change it, from the next request on."""
        try:
            self.server.acquirer.mood = parse(self._body())
        except ValueError as error:
            self._json(422, {"title": str(error)})
        else:
            self.do_GET()


def _order(fields: object) -> Order:
    if not isinstance(fields, dict):
        raise TypeError("send an object")
    order = Order(**fields)
    texts = (order.payment_id, order.currency, order.creditor)
    if not all(isinstance(text, str) and text for text in texts):
        raise ValueError("payment_id, currency and creditor are texts")
    if type(order.amount) is not int or order.amount <= 0:
        raise ValueError("amount is an integer of minor units above 0")
    return order
