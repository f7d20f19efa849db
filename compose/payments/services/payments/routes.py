"""The API: which request does what."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .http import Handler, Request, Response
from .pages import Page
from .planted import APPROVE_UNCHECKED, STALE_READS
from .principals import Role, need, need_secret, principal
from .problems import Refused
from .queries import PaymentsQuery, StatementQuery
from .requests import AccountOrder, PaymentOrder, idempotency_key, read_after

if TYPE_CHECKING:
    # The routes need no database driver; their tests run where there is none.
    from .ledger import Ledger, Written

__all__ = ["Api"]

_OBSERVER = "Only the observer's token lists what is everybody's."


class Api:
    """The handlers, each from a request to a response; a problem is raised.

    Args:
        ledger: the books.
        observer_token: who shows it may list everybody's payments and accounts by their prefix.
        defect: the planted one (see :mod:`.planted`); empty for none.
    """

    def __init__(self, ledger: Ledger, observer_token: str, defect: str = "") -> None:
        self._ledger = ledger
        self._observer_token = observer_token
        self._defect = defect
        self._routes: dict[tuple[str, str], Handler] = {
            ("POST", "/payments"): self._pay,
            ("GET", "/payments"): self._payments,
            ("GET", "/payments/{id}"): self._payment,
            ("POST", "/payments/{id}/approve"): self._approve,
            ("POST", "/payments/{id}/reject"): self._reject,
            ("POST", "/accounts"): self._open_account,
            ("GET", "/accounts"): self._accounts,
            ("GET", "/accounts/{id}"): self._account,
            ("GET", "/accounts/{id}/payments"): self._payments_of,
            ("GET", "/accounts/{id}/statement"): self._statement_of,
        }

    def route(self, request: Request) -> tuple[str, Handler]:
        """The route's name, for the metrics, and its handler.

        Raises:
            Refused: 404 or 405.
        """
        collection, *rest = request.path
        path = "/".join(["", collection, *["{id}"][: len(rest)], *rest[1:]])
        handler = self._routes.get((request.method, path))
        if handler:
            return f"{request.method} {path}", handler
        if any(known == path for _, known in self._routes):
            raise Refused(405, "method", "The method is not allowed here", f"{request.method} is not.")
        raise Refused(404, "path", "There is nothing here", "See docs/payments.md for the paths.")

    async def _pay(self, request: Request) -> Response:
        key = idempotency_key(request.header("idempotency-key"))
        order = PaymentOrder.parse(await request.body())
        if order.four_eyes:
            payer = await principal(self._ledger, request)
            need(payer, "payer")
            written = await self._ledger.create_payment(key, order, payer.user_id)
        else:
            written = await self._ledger.pay(key, order)
        return _written(201, written, location=f"/payments/{written[0]['payment_id']}")

    async def _approve(self, request: Request) -> Response:
        return await self._decide(request, "approved")

    async def _reject(self, request: Request) -> Response:
        return await self._decide(request, "rejected")

    async def _decide(self, request: Request, decision: str) -> Response:
        key = idempotency_key(request.header("idempotency-key"))
        approver = await principal(self._ledger, request)
        if self._defect != APPROVE_UNCHECKED:
            need(approver, "approver")
        return _written(200, await self._ledger.decide(request.path[1], key, approver.user_id, decision))

    async def _open_account(self, request: Request) -> Response:
        order = AccountOrder.parse(await request.body())
        owner = (await principal(self._ledger, request)).user_id if order.owned else None
        return _written(201, await self._ledger.open_account(order, owner))

    async def _payment(self, request: Request) -> Response:
        payment, sight = await self._ledger.payment(request.path[1], self._after(request))
        await self._may_see(request, sight.owners, "approver", "auditor")
        return Response.json(200, payment, sight.headers)

    async def _account(self, request: Request) -> Response:
        account, sight = await self._ledger.account(request.path[1], self._after(request))
        await self._may_see(request, sight.owners, "auditor")
        return Response.json(200, account, sight.headers)

    async def _payments_of(self, request: Request) -> Response:
        query = PaymentsQuery.parse(request.path[1], request.query, self._after(request))
        items, sight = await self._ledger.payments_of(query)
        await self._may_see(request, sight.owners, "auditor")
        return Response.json(200, query.envelope(items, sight.position), sight.headers)

    async def _statement_of(self, request: Request) -> Response:
        query = StatementQuery.parse(request.path[1], request.query, self._after(request))
        statement, sight = await self._ledger.statement_of(query)
        await self._may_see(request, sight.owners, "auditor")
        return Response.json(200, query.envelope(statement, sight.position), sight.headers)

    def _after(self, request: Request) -> str | None:
        return read_after(request.header("x-read-after")) if self._defect != STALE_READS else None

    async def _may_see(self, request: Request, owners: frozenset[str], *roles: Role) -> None:
        """What is nobody's is everybody's; anything else those whose it is see, and who has one of the roles."""
        if not owners:
            return
        who = await principal(self._ledger, request)
        if who.user_id not in owners:
            need(who, *roles)

    async def _payments(self, request: Request) -> Response:
        need_secret(request, self._observer_token, _OBSERVER)
        page = Page.parse(request.query, "key_prefix")
        return Response.json(200, page.envelope(await self._ledger.payments(page), "key"))

    async def _accounts(self, request: Request) -> Response:
        need_secret(request, self._observer_token, _OBSERVER)
        page = Page.parse(request.query, "prefix")
        return Response.json(200, page.envelope(await self._ledger.accounts(page), "account_id"))


def _written(status: int, written: Written, **headers: str) -> Response:
    """An acknowledgement, with who made it."""
    row, replayed, receipt = written
    headers |= {"x-ledger-writer": receipt.writer, "x-ledger-position": receipt.position}
    if replayed:
        headers["idempotent-replayed"] = "true"
    return Response.json(status, row, headers)
