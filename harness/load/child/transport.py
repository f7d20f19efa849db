"""Sends one request over Locust's fast client, once, and says how it ended."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator
from typing import Any

import gevent
from geventhttpclient.client import HTTPClient, HTTPClientPool
from geventhttpclient.response import HTTPConnectionClosed, HTTPParseError, HTTPSocketPoolResponse
from geventhttpclient.useragent import ConnectionError as AgentError
from locust.contrib.fasthttp import LocustUserAgent

from harness.load.attempts import Ending, Operation
from harness.load.child.api import Answer, Call, OpenUser, Seen, WrongAnswer
from harness.load.outcomes import Ruling, rule_status, rule_trouble

__all__ = ["Transport", "trouble_of"]

NODE_HEADER = "x-served-by"
WRITER_HEADER = "x-ledger-writer"
POSITION_HEADER = "x-ledger-position"
AFTER_HEADER = "X-Read-After"
_PROBLEM = "application/problem+json"
_CHAIN_MAX = 8


class NotSent(AgentError):  # type: ignore[misc]  # the client ships no types; its base lets Locust report it
    """No connection: not one byte of the request went out."""

    def __init__(self, trouble: str, error: BaseException) -> None:
        super().__init__(None, str(error))
        self.trouble = trouble


class SendOnce(HTTPClient):  # type: ignore[misc]  # the same
    """The fast client without its own repetitions: they would send a key that the history does not have."""

    def request(self, method: str, request_uri: str, body: bytes = b"", headers: Any = None) -> Any:
        """Send once; the head and the body in one write."""
        head = self._build_request(method, request_uri, body=body, headers=headers).encode("latin-1")
        sock = self._connect()
        try:
            sock.sendall(head + (body or b""))
        except BaseException:
            self._connection_pool.release_socket(sock)
            raise
        response = HTTPSocketPoolResponse(
            sock, self._connection_pool, block_size=self.block_size, method=method
        )
        response._sent_request = ""  # noqa: SLF001  # Locust's agent reads it
        return response

    def _connect(self) -> Any:  # a gevent socket
        try:
            return self._connection_pool.get_socket()
        except ConnectionRefusedError as error:
            raise NotSent("refused", error) from error
        except (OSError, RuntimeError, gevent.Timeout) as error:
            raise NotSent("not-sent", error) from error


class _Pool(HTTPClientPool):  # type: ignore[misc]  # the same
    def get_client(self, url: Any) -> SendOnce:  # the client's own URL
        key = url.host, url.port
        if key not in self.clients:
            self.clients[key] = SendOnce.from_url(url, **self.client_args)
        return self.clients[key]  # type: ignore[no-any-return]  # untyped there


class _Agent(LocustUserAgent):  # type: ignore[misc]  # the same
    def _verify_status(self, status_code: int, url: Any = None) -> None:
        """Every status is an answer; what it means is the table's business."""


class Transport:
    """The way to the stack for one user.

    Args:
        user: whose Locust session is used, so that Locust's own statistics and events go on.
        timeout_s: an attempt, connecting included, is given up after this long.
        connections_max: open at once; at least as many as operations in flight, so that none waits.
    """

    def __init__(self, user: OpenUser, *, timeout_s: float, connections_max: int) -> None:
        pool = _Pool(concurrency=connections_max, connection_timeout=timeout_s, network_timeout=timeout_s)
        # No cookies: arrivals share the user, and a cookie could pin them all to one node.
        agent = _Agent(client_pool=pool, max_redirects=0, max_retries=0, cookiejar=None)
        agent.cookiejar = None
        user.client.client = agent
        self._session = user.client
        self._timeout_s = timeout_s

    def send(self, operation: Operation[Call]) -> Ending:
        """One attempt; whatever the stack does is an Ending, never an exception."""
        call = operation.call
        with gevent.Timeout(self._timeout_s) as timer:
            try:
                return self._send(operation.kind, call)
            except gevent.Timeout as error:
                if error is not timer:
                    raise
                return _troubled("timeout")
            except Exception as error:  # noqa: BLE001  # an unknown ending is info, and named
                return _troubled(trouble_of(error))

    def _send(self, kind: str, call: Call) -> Ending:
        headers = {"Accept": "application/json", "Accept-Encoding": "identity", **call.headers}
        body = None
        if call.after is not None:
            headers[AFTER_HEADER] = call.after
        if call.body is not None:
            body = json.dumps(call.body).encode()
            headers["Content-Type"] = "application/json"
        with self._session.request(
            call.method, call.path, name=kind, data=body, headers=headers, catch_response=True
        ) as response:
            error = response.request_meta["exception"]
            if error is None:
                ending = _judged(call, _answer(response))
            else:
                ending = _troubled(trouble_of(error))
                _forget(error)
            if ending.ruling.outcome == "ok":
                response.success()
            else:
                response.failure(ending.error or "")
        return ending


def _answer(response: Any) -> Answer:  # Locust's response
    headers = {str(name).lower(): str(value) for name, value in response.headers.items()}
    return Answer(response.status_code, headers, bytes(response.content or b""))


def _judged(call: Call, answer: Answer) -> Ending:
    ruling = rule_status(answer.status, _problem_type(answer))
    node = answer.headers.get(NODE_HEADER)
    if ruling.outcome != "ok":
        return Ending(ruling, answer.status, f"http-{answer.status}", node)
    try:
        found = call.verify(answer) if call.verify else None
    except Exception as error:  # noqa: BLE001  # a verifier that stumbles over an answer has found it wrong
        return Ending(_wrong(call), answer.status, f"wrong answer: {_words(error)}", node)
    payment_id, seen = (found.payment_id, found.status) if isinstance(found, Seen) else (found, None)
    writer, position = (answer.headers.get(name) for name in (WRITER_HEADER, POSITION_HEADER))
    return Ending(ruling, answer.status, None, node, payment_id, seen, writer, position)


def _wrong(call: Call) -> Ruling:
    """A wrong answer to a read is a failure; one to a write leaves open what was written."""
    reads = call.method in ("GET", "HEAD", "OPTIONS")
    return Ruling("fail" if reads else "info", again=False)


def _words(error: Exception) -> str:
    return str(error) if isinstance(error, WrongAnswer) else f"{type(error).__name__}: {error}"


def _problem_type(answer: Answer) -> str | None:
    if not answer.headers.get("content-type", "").startswith(_PROBLEM):
        return None
    try:
        problem = json.loads(answer.body)
    except ValueError:
        return None
    kind = problem.get("type") if isinstance(problem, dict) else None
    return kind if isinstance(kind, str) else None


def _troubled(trouble: str) -> Ending:
    return Ending(rule_trouble(trouble), error=trouble)


_NAMES: tuple[tuple[type[BaseException], str], ...] = (
    (gevent.Timeout, "timeout"),
    (ConnectionRefusedError, "refused"),
    (TimeoutError, "timeout"),
    (HTTPConnectionClosed, "reset"),
    (ConnectionError, "reset"),
    (HTTPParseError, "broken-answer"),
    (zlib.error, "broken-answer"),
)


def trouble_of(error: BaseException) -> str:
    """The name in ``TROUBLES`` of what a client raised, whatever it is wrapped in; else its class's name."""
    for cause in _chain(error):
        if isinstance(cause, NotSent):
            return str(cause.trouble)
        for kind, name in _NAMES:
            if isinstance(cause, kind):
                return name
    return type(error).__name__


def _chain(error: BaseException) -> Iterator[BaseException]:
    cause: Any = error
    for _ in range(_CHAIN_MAX):
        if cause is None:
            return
        yield cause
        cause = getattr(cause, "original", None) or cause.__cause__ or cause.__context__


def _forget(error: BaseException) -> None:
    """Break the cycles of tracebacks and frames: the collector is off while the load runs."""
    for cause in list(_chain(error)):
        cause.__traceback__ = None
