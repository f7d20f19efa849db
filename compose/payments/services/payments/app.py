"""The service as an ASGI application: ``uvicorn payments.app:create --factory``."""

from __future__ import annotations

import logging
import os
import time

from .http import Receive, Request, Response, Scope, Send
from .ledger import Ledger
from .metrics import Metrics
from .problems import Problem
from .readiness import Readiness
from .routes import Api
from .settings import Settings

__all__ = ["Application", "create"]

_log = logging.getLogger("payments")


class Application:
    """Takes requests, counts them, and turns every problem into an answer."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._metrics = Metrics()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI's entry."""
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif scope["type"] == "http":
            await self._answer(Request(scope, receive), send)

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        self._ledger = Ledger(self._settings)
        self._api = Api(self._ledger)
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
            return name, problem.outcome, Response.problem(problem)
        except Exception:  # noqa: BLE001  # logged, and answered as unknown
            # Whatever it was, nobody knows what became of the request, and the client is told so.
            _log.exception("a request failed in a way that nobody foresaw")
            unforeseen = Problem("The log of the payments node has more.")
            return name, unforeseen.outcome, Response.problem(unforeseen)

    def _own(self, request: Request) -> Response | None:
        """The paths of the operators, which are never counted."""
        if request.path == ("health", "live"):
            return Response(200, b"live\n", "text/plain")
        if request.path == ("health", "ready"):
            ready = self._readiness.ready
            return Response(200 if ready else 503, b"ready\n" if ready else b"not ready\n", "text/plain")
        if request.path == ("metrics",):
            text = self._metrics.render(self._gauges())
            return Response(200, text.encode(), "text/plain; version=0.0.4")
        return None

    def _gauges(self) -> dict[str, int]:
        pools = {"writes": self._ledger.writes, "reads": self._ledger.reads}
        gauges = {f"payments_ledger_{name}_in_use": pool.in_use for name, pool in pools.items()}
        gauges |= {f"payments_ledger_{name}_idle": pool.idle for name, pool in pools.items()}
        return {**gauges, "payments_ready": int(self._readiness.ready)}


def create() -> Application:
    """The application, with its settings from the environment."""
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(message)s")
    return Application(Settings.from_environment(os.environ))
