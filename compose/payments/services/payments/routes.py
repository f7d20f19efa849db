"""The API: which request does what."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from .http import Request, Response
from .pages import Page
from .problems import Refused
from .requests import AccountOrder, PaymentOrder, idempotency_key

if TYPE_CHECKING:
    # The routes need no database driver; their tests run where there is none.
    from .ledger import Ledger

__all__ = ["Api"]

Handler = Callable[[Request], Awaitable[Response]]


class Api:
    """The handlers, each from a request to a response; a problem is raised."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._routes: dict[tuple[str, str, bool], Handler] = {
            ("POST", "payments", False): self._pay,
            ("GET", "payments", False): self._payments,
            ("GET", "payments", True): self._payment,
            ("POST", "accounts", False): self._open_account,
            ("GET", "accounts", False): self._accounts,
            ("GET", "accounts", True): self._account,
        }

    def route(self, request: Request) -> tuple[str, Handler]:
        """The route's name, for the metrics, and its handler.

        Raises:
            Refused: 404 or 405.
        """
        collection, *rest = request.path
        named = bool(rest)
        handler = self._routes.get((request.method, collection, named)) if len(rest) <= 1 else None
        if handler:
            return f"{request.method} /{collection}{'/{id}' if named else ''}", handler
        known = len(rest) <= 1 and any(key[1:] == (collection, named) for key in self._routes)
        if known:
            raise Refused(405, "method", "The method is not allowed here", f"{request.method} is not.")
        raise Refused(404, "path", "There is nothing here", "See docs/payments.md for the paths.")

    async def _pay(self, request: Request) -> Response:
        key = idempotency_key(request.header("idempotency-key"))
        payment, replayed = await self._ledger.pay(key, PaymentOrder.parse(await request.body()))
        headers = {"location": f"/payments/{payment['payment_id']}"}
        if replayed:
            headers["idempotent-replayed"] = "true"
        return Response.json(201, payment, headers)

    async def _open_account(self, request: Request) -> Response:
        account, replayed = await self._ledger.open_account(AccountOrder.parse(await request.body()))
        headers = {"idempotent-replayed": "true"} if replayed else {}
        return Response.json(201, account, headers)

    async def _payment(self, request: Request) -> Response:
        return Response.json(200, await self._ledger.payment(request.path[1]))

    async def _account(self, request: Request) -> Response:
        return Response.json(200, await self._ledger.account(request.path[1]))

    async def _payments(self, request: Request) -> Response:
        page = Page.parse(request.query, "key_prefix")
        return Response.json(200, page.envelope(await self._ledger.payments(page), "key"))

    async def _accounts(self, request: Request) -> Response:
        page = Page.parse(request.query, "prefix")
        return Response.json(200, page.envelope(await self._ledger.accounts(page), "account_id"))
