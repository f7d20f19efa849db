"""The little of HTTP that the service needs, on ASGI: a request to read, a response to send."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, unquote

from .problems import Problem, Refused

__all__ = ["Handler", "Receive", "Request", "Response", "Scope", "Send"]

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

_BODY_MAX_BYTES = 16 * 1024


class Request:
    """One request.

    Attributes:
        method: in capitals.
        path: its parts, decoded: ``("payments", "<id>")``.
    """

    def __init__(self, scope: Scope, receive: Receive) -> None:
        self.method: str = scope["method"]
        raw: bytes = scope.get("raw_path") or scope["path"].encode()
        parts = raw.split(b"?")[0].decode("latin-1").strip("/").split("/")
        self.path = tuple(unquote(part) for part in parts)
        self._scope = scope
        self._receive = receive

    def header(self, name: str) -> str | None:
        """A header's value, or None; the name in small letters."""
        wanted = name.encode("latin-1")
        return next((value.decode("latin-1") for key, value in self._scope["headers"] if key == wanted), None)

    @property
    def query(self) -> Mapping[str, str]:
        """The query's parameters; of one that stands twice, the last."""
        return dict(parse_qsl(self._scope["query_string"].decode("latin-1"), keep_blank_values=True))

    async def body(self) -> bytes:
        """The whole body.

        Raises:
            Refused: 413 when it is above 16 KiB, 400 when the client went away in the middle of it.
        """
        body = bytearray()
        while True:
            message = await self._receive()
            if message["type"] == "http.disconnect":
                raise Refused(400, "cut-off", "The body was cut off", "The client went away.")
            body += message.get("body", b"")
            if len(body) > _BODY_MAX_BYTES:
                raise Refused(413, "too-large", "The body is too large", f"At most {_BODY_MAX_BYTES} bytes.")
            if not message.get("more_body"):
                return bytes(body)


@dataclass(frozen=True, slots=True)
class Response:
    """What is sent back."""

    status: int
    body: bytes
    content_type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def json(cls, status: int, value: object, headers: Mapping[str, str] | None = None) -> Response:
        """A value as JSON."""
        return cls(status, json.dumps(value).encode(), headers=headers or {})

    @classmethod
    def problem(cls, problem: Problem) -> Response:
        """A problem as problem details, with its word on the effect in a header too."""
        headers = {"payment-outcome": problem.outcome, **problem.headers}
        return cls(problem.status, json.dumps(problem.body()).encode(), "application/problem+json", headers)

    async def send(self, send: Send) -> None:
        """Send it."""
        headers = {
            "content-type": self.content_type,
            "content-length": str(len(self.body)),
            **self.headers,
        }
        encoded = [(key.encode("latin-1"), value.encode("latin-1")) for key, value in headers.items()]
        await send({"type": "http.response.start", "status": self.status, "headers": encoded})
        await send({"type": "http.response.body", "body": self.body})


Handler = Callable[[Request], Awaitable[Response]]
