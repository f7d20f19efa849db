"""The control API of the proxy, on its own loopback: nobody else in the stack can reach it."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

from . import asking
from .containers import Container
from .refusal import Failed

__all__ = ["PORT", "ask", "enable", "remove_toxic"]

PORT = 8474
_WITHIN_S = 15.0
"""Toxiproxy waits up to 5 s for each receiver that does not take what a toxic still holds (link.go, RemoveToxic)."""
_NOT_FOUND = 404
_ERRORS_FROM = 400


def ask(proxy: Container, method: str, path: str, body: str | None = None) -> dict[str, Any]:
    """One request. Returns ``status`` and ``body``. Raises Failed."""
    return asking.ask(proxy, method, PORT, path, body, timeout_s=_WITHIN_S)


def remove_toxic(proxy: Container, hop: str, toxic: str) -> None:
    """Take a toxic away; one that is not there is fine. Raises Failed."""
    _done(ask(proxy, "DELETE", f"/proxies/{quote(hop)}/toxics/{quote(toxic)}"), hop)


def enable(proxy: Container, hop: str) -> None:
    """Listen again; what listens already is fine. Raises Failed."""
    _done(ask(proxy, "POST", f"/proxies/{quote(hop)}", json.dumps({"enabled": True})), hop)


def _done(answer: dict[str, Any], hop: str) -> None:
    if answer["status"] >= _ERRORS_FROM and answer["status"] != _NOT_FOUND:
        raise Failed(f"the proxy refused a change of {hop}: {answer['body'].strip()}")
