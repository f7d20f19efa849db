"""The calls to the acquirer. They block, so each runs in a thread."""

from __future__ import annotations

import http.client
import json
from typing import Any

from payments.settings import Address

from .judging import Answer, Item

__all__ = ["Bank"]


class Bank:
    """The acquirer, over a new connection for each call: a rested one may lead to a process that died."""

    def __init__(self, address: Address, timeout_s: float) -> None:
        self._address = address
        self._timeout_s = timeout_s

    def settle(self, item: Item) -> Answer:
        """Ask for the settlement; the payment's id is the key, so asking again is safe."""
        headers = {"Content-Type": "application/json", "Idempotency-Key": item.payment_id}
        try:
            status, body = self._ask("POST", "/settlements", json.dumps(item.body), headers)
        except (OSError, http.client.HTTPException) as error:
            return Answer(None, error=f"no answer: {type(error).__name__}: {error}")
        try:
            said = json.loads(body)
        except ValueError:
            said = None
        return Answer(status, said if isinstance(said, dict) else None)

    def statement(self, query: str) -> tuple[int, bytes]:
        """A page of the acquirer's books, as it gives it.

        Raises:
            OSError: no answer came.
            http.client.HTTPException: what came was no answer.
        """
        return self._ask("GET", f"/settlements?{query}", None, {})

    def _ask(self, method: str, path: str, body: str | None, headers: dict[str, str]) -> tuple[int, Any]:
        connection = http.client.HTTPConnection(
            self._address.host, self._address.port, timeout=self._timeout_s
        )
        try:
            connection.request(method, path, body, headers)
            response = connection.getresponse()
            return response.status, response.read()
        finally:
            connection.close()
