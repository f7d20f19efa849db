"""The engine's API over its Unix socket: the few calls that the agent makes."""

from __future__ import annotations

import http.client
import json
import socket
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote, urlencode

from .refusal import Failed, Gone

__all__ = ["SOCKET", "Engine"]

SOCKET = "/var/run/docker.sock"
_EVENTS = (
    *("start", "die", "kill", "stop", "restart", "pause", "unpause", "oom", "destroy", "health_status"),
    *("connect", "disconnect"),
)
_NOT_MODIFIED = 304
_NOT_FOUND = 404
_ERRORS_FROM = 400


class _Connection(http.client.HTTPConnection):
    """HTTP over a Unix socket."""

    def __init__(self, path: str, timeout_s: float | None) -> None:
        super().__init__("engine", timeout=timeout_s)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)


class Engine:
    """The engine behind one socket. A connection a call: threads share nothing."""

    def __init__(self, path: str = SOCKET) -> None:
        self._path = path

    def inspect(self, container: str) -> dict[str, Any]:
        """Everything the engine says about one container. Raises Failed."""
        answer: dict[str, Any] = self._call("GET", f"/containers/{quote(container)}/json")
        return answer

    def project(self, project: str) -> list[str]:
        """The ids of the project's containers, running or not. Raises Failed."""
        filters = json.dumps({"label": [f"com.docker.compose.project={project}"]})
        query = urlencode({"all": "1", "filters": filters})
        return [entry["Id"] for entry in self._call("GET", f"/containers/json?{query}")]

    def volume(self, name: str) -> dict[str, str]:
        """The options that a volume was made with. Raises Failed, Gone."""
        return self._call("GET", f"/volumes/{quote(name)}").get("Options") or {}

    def gateways(self, network: str) -> tuple[str, ...]:
        """The host's own addresses on a network, by the network: an endpoint's word lacks internal ones."""
        pools = self._call("GET", f"/networks/{quote(network)}")["IPAM"].get("Config") or []
        return tuple(pool["Gateway"].partition("/")[0] for pool in pools if pool.get("Gateway"))

    def act(self, container: str, action: str, timeout_s: float = 30.0, **query: str | float) -> None:
        """``start``, ``stop``, ``kill``, ``pause``... one container. Already so is fine. Raises Failed."""
        path = f"/containers/{quote(container)}/{action}?{urlencode(query)}"
        self._call("POST", path, timeout_s=timeout_s)

    def remove(self, container: str) -> None:
        """Kill and remove one container. Raises Failed, Gone when it is gone already."""
        self._call("DELETE", f"/containers/{quote(container)}?force=1&v=1")

    def events(self) -> Iterator[dict[str, Any]]:
        """The events of containers and networks, one by one, until the engine goes away. Raises Failed.

        They are of every project: an event of a network does not bear the labels of its container.
        """
        filters = json.dumps({"type": ["container", "network"], "event": list(_EVENTS)})
        connection = _Connection(self._path, None)
        try:
            connection.request("GET", "/events?" + urlencode({"filters": filters}))
            response = connection.getresponse()
            yield {"Type": "harness", "Action": "connected"}
            for line in response:
                yield json.loads(line)
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise Failed(f"the engine's event stream broke: {error}") from error
        finally:
            connection.close()

    def _call(self, method: str, path: str, timeout_s: float = 30.0) -> Any:  # any JSON
        connection = _Connection(self._path, timeout_s)
        try:
            connection.request(method, path)
            response = connection.getresponse()
            body = response.read()
        except (OSError, http.client.HTTPException) as error:
            raise Failed(
                f"the engine did not answer {method} {path.split('?', maxsplit=1)[0]}: {error}"
            ) from error
        finally:
            connection.close()
        if response.status == _NOT_MODIFIED:
            return None
        if response.status == _NOT_FOUND:
            raise Gone(f"the engine knows nothing of it: {_message(body)}")
        if response.status >= _ERRORS_FROM:
            raise Failed(f"the engine refused {method} {path.split('?', maxsplit=1)[0]}: {_message(body)}")
        return json.loads(body) if body.strip() else None


def _message(body: bytes) -> str:
    try:
        return str(json.loads(body)["message"])
    except (ValueError, KeyError, TypeError):
        return body.decode(errors="replace")[:200]
