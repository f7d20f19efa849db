"""A worker as an ASGI application: its health, its figures, and the acquirer's statement for whoever reconciles."""

from __future__ import annotations

import asyncio
import http.client
import os

from payments import logs
from payments.http import Receive, Request, Response, Scope, Send

from .bank import Bank
from .books import BooksWatch
from .figures import figures
from .outbox import Outbox
from .settings import Settings
from .worker import Worker

__all__ = ["Application", "create"]

_TEXT = "text/plain; version=0.0.4"


class Application:
    """Runs the worker while it lives, and answers the operators."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI's entry."""
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif scope["type"] == "http":
            response = await self._answer(Request(scope, receive), scope["query_string"].decode("latin-1"))
            await response.send(send)

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        outbox = Outbox(self._settings)
        self._bank = Bank(self._settings.acquirer, self._settings.call_timeout_s)
        self._worker = Worker(self._settings, outbox, self._bank)
        self._books = BooksWatch(outbox)
        self._worker.begin()
        self._books.begin()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await self._books.end()
        await self._worker.end()
        await outbox.close()
        await send({"type": "lifespan.shutdown.complete"})

    async def _answer(self, request: Request, query: str) -> Response:
        if request.path == ("health", "live"):
            return Response(200, b"live\n", "text/plain")
        if request.path == ("health", "ready"):
            ready = self._worker.ready
            return Response(200 if ready else 503, b"ready\n" if ready else b"not ready\n", "text/plain")
        if request.path == ("metrics",):
            return Response(200, figures(self._worker, self._books).encode(), _TEXT)
        if request.path == ("statement",):
            return await self._statement(query)
        return Response(404, b"not found\n", "text/plain")

    async def _statement(self, query: str) -> Response:
        try:
            status, body = await asyncio.to_thread(self._bank.statement, query)
        except (OSError, http.client.HTTPException) as error:
            return Response(502, f"the acquirer does not answer: {error}\n".encode(), "text/plain")
        return Response(status, body)


def create() -> Application:
    """The application, with its settings from the environment."""
    settings = Settings.from_environment(os.environ)
    logs.begin("settlement", settings.worker)
    return Application(settings)
