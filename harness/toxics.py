"""Drives Toxiproxy by toxiproxy-python, whose host, port and lack of deadlines this file keeps to itself."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, ClassVar

import requests
from requests.adapters import BaseAdapter
from toxiproxy import Toxiproxy, api
from toxiproxy.exceptions import InvalidToxic, NotFound, ProxyExists

from harness.agent.client import Agent
from harness.errors import AgentError

__all__ = ["Toxics"]


class _ByAgent(BaseAdapter):
    """Carries requests over the agent's pipe to the proxy's own loopback; each call of it has a deadline."""

    def __init__(self, agent: Agent) -> None:
        super().__init__()
        self._agent = agent

    def send(self, request: requests.PreparedRequest, **_options: Any) -> requests.Response:  # type: ignore[override]
        body = request.body.decode() if isinstance(request.body, bytes) else request.body
        answer = self._agent.call("proxy", method=request.method, path=request.path_url, body=body)
        response = requests.Response()
        response.status_code = int(answer["status"])
        response._content = str(answer["body"]).encode()  # noqa: SLF001  # as every adapter of requests does
        response.url, response.request = str(request.url), request
        return response

    def close(self) -> None:
        """Nothing is held."""


class Toxics:
    """The proxy of one stack.

    toxiproxy-python speaks by module-level functions of requests to one host and port for the whole process. Here it
    speaks by a session of requests that leads to this stack's proxy, for as long as one call lasts and by one thread
    at a time: two stacks in one process do not meet, and every call ends.

    Args:
        agent: it reaches the proxy's control API, which is published nowhere.
    """

    STEPS: ClassVar[frozenset[str]] = frozenset({"toxic.add", "proxy.disable"})
    """The steps of faults that the harness does itself; their undo is the agent's."""

    _alone: ClassVar[threading.Lock] = threading.Lock()

    def __init__(self, agent: Agent) -> None:
        self._session = requests.Session()
        self._session.mount("http://", _ByAgent(agent))

    def version(self) -> str:
        """The version of the proxy, as it says.

        Raises:
            AgentError: it does not answer.
        """
        with self._speaking("its version could not be asked"):
            return str(api.APIConsumer.get("/version").json()["version"])

    def create(self, hop: str, listen: int, upstream: str) -> None:
        """Make a hop: what comes to the port goes on to ``upstream`` (``name:port``, resolved at each connection).

        Raises:
            AgentError: the proxy refused, or does not answer.
        """
        with self._speaking(f"the hop {hop} could not be made"):
            Toxiproxy().create(upstream, hop, listen=f":{listen}", enabled=True)

    def add(
        self, hop: str, toxic: str, kind: str, stream: str, toxicity: float, attributes: Mapping[str, int]
    ) -> None:
        """Put a toxic on a hop.

        Raises:
            AgentError: the proxy refused, or does not answer.
        """
        with self._speaking(f"the toxic {kind} could not be put on {hop}"):
            self._hop(hop).add_toxic(
                name=toxic, type=kind, stream=stream, toxicity=toxicity, attributes=dict(attributes)
            )

    def disable(self, hop: str) -> None:
        """End every connection of a hop, and listen no more.

        Raises:
            AgentError: the proxy refused, or does not answer.
        """
        with self._speaking(f"the hop {hop} could not be shut"):
            self._hop(hop).disable()

    def do(self, step: Mapping[str, Any]) -> None:
        """A fault's step that the harness does itself: ``toxic.add`` or ``proxy.disable``.

        Raises:
            AgentError: the proxy refused, or does not answer.
        """
        if step["do"] == "proxy.disable":
            self.disable(step["hop"])
        else:
            self.add(
                step["hop"], step["toxic"], step["type"], step["stream"], step["toxicity"], step["attributes"]
            )

    @staticmethod
    def _hop(hop: str) -> Any:
        found = Toxiproxy().get_proxy(hop)
        if found is None:
            raise NotFound(f"there is no hop {hop}")
        return found

    @contextmanager
    def _speaking(self, what: str) -> Iterator[None]:
        with self._alone:
            module: Any = api
            usual, module.requests = module.requests, _Checked(self._session)
            try:
                yield
            except (
                InvalidToxic,
                NotFound,
                ProxyExists,
                requests.RequestException,
                ValueError,
                KeyError,
            ) as error:
                said = error.args[0] if error.args else error
                words = said.decode(errors="replace").strip() if isinstance(said, bytes) else said
                raise AgentError(f"{what}: Toxiproxy says {words or type(error).__name__}") from error
            finally:
                module.requests = usual


class _Checked:
    """A session whose answers of 500 and more are errors: toxiproxy-python knows only 400, 404 and 409."""

    def __init__(self, session: requests.Session) -> None:
        self.get = self._checked(session.get)
        self.post = self._checked(session.post)
        self.delete = self._checked(session.delete)

    @staticmethod
    def _checked(send: Callable[..., requests.Response]) -> Callable[..., requests.Response]:
        def checked(**options: Any) -> requests.Response:
            response = send(**options)
            if response.status_code >= 500:  # noqa: PLR2004  # the server's own errors
                raise requests.HTTPError(response.text)
            return response

        return checked
