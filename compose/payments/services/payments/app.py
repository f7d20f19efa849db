"""A service as an ASGI application; this one is started by ``uvicorn payments.app:create --factory``."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from . import logs
from .database import Database
from .documents import Documents
from .failures import tell
from .http import Handler, Receive, Request, Response, Scope, Send
from .ledger import Ledger
from .metrics import Metrics
from .planted import APPROVE_UNCHECKED, STALE_READS, planted
from .problems import Problem
from .readiness import Readiness
from .routes import Api
from .settings import Settings, strong

__all__ = ["Application", "Router", "create"]


class Router(Protocol):
    """What finds the handler of a request."""

    def route(self, request: Request) -> tuple[str, Handler]:
        """The route's name, for the metrics, and its handler.

        Raises:
            Refused: 404 or 405.
        """
        ...


class Application:
    """Takes requests, counts them, and turns every problem into an answer.

    Args:
        service: its name, for the metrics and the log.
        open_service: makes its database and its routes, once the event loop runs.
        documents: its own description.
    """

    def __init__(
        self, service: str, open_service: Callable[[], tuple[Database, Router]], documents: Documents
    ) -> None:
        self._service = service
        self._documents = documents
        self._open_service = open_service
        self._metrics = Metrics(service)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI's entry."""
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif scope["type"] == "http":
            await self._answer(Request(scope, receive), send)

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        self._ledger, self._api = self._open_service()
        self._readiness = Readiness(self._ledger)
        self._readiness.begin()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await self._readiness.end()
        await self._ledger.close()
        await send({"type": "lifespan.shutdown.complete"})

    async def _answer(self, request: Request, send: Send) -> None:
        own = self._own(request)
        if own:
            await own.send(send)
            return
        began = time.monotonic()
        self._metrics.in_flight += 1
        try:
            name, outcome, response = await self._handled(request)
            await response.send(send)
        finally:
            self._metrics.in_flight -= 1
        self._metrics.answered(name, response.status, outcome, time.monotonic() - began)

    async def _handled(self, request: Request) -> tuple[str, str, Response]:
        name = "none"
        try:
            name, handler = self._api.route(request)
            return name, "done", await handler(request)
        except Problem as problem:
            tell(request, name, problem)
            return name, problem.outcome, Response.problem(problem)
        except Exception:  # noqa: BLE001  # logged, and answered as unknown
            # Whatever it was, nobody knows what became of the request, and the client is told so.
            unforeseen = Problem(f"The log of the {self._service} node has more.")
            tell(request, name, unforeseen)
            return name, unforeseen.outcome, Response.problem(unforeseen)

    def _own(self, request: Request) -> Response | None:
        """The paths of operators and readers, which are never counted."""
        if request.path == ("health", "live"):
            return Response(200, b"live\n", "text/plain")
        if request.path == ("health", "ready"):
            ready = self._readiness.ready
            return Response(200 if ready else 503, b"ready\n" if ready else b"not ready\n", "text/plain")
        if request.path == ("metrics",):
            text = self._metrics.render(self._gauges())
            return Response(200, text.encode(), "text/plain; version=0.0.4")
        return self._documents.get(request.method, request.path)

    def _gauges(self) -> dict[str, int]:
        pools = {"writes": self._ledger.writes, "reads": self._ledger.reads}
        gauges = {f"ledger_{name}_in_use": pool.in_use for name, pool in pools.items()}
        gauges |= {f"ledger_{name}_idle": pool.idle for name, pool in pools.items()}
        return {**gauges, "ready": int(self._readiness.ready)}


def create() -> Application:
    """The application, with its settings from the environment."""
    logs.begin("payments", os.environ.get("SERVICE_NODE", ""))
    settings = Settings.from_environment(os.environ)
    observer_token = strong("OBSERVER_API_TOKEN", os.environ["OBSERVER_API_TOKEN"])
    defect = planted(os.environ, STALE_READS, APPROVE_UNCHECKED)

    def open_service() -> tuple[Database, Router]:
        ledger = Ledger(settings)
        return ledger, Api(ledger, observer_token, defect)

    return Application("payments", open_service, Documents(Path(__file__).with_name("openapi.json")))
