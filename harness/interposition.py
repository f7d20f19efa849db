"""Links that lead through the proxy for as long as a run lasts; nothing of the stack knows of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from harness.agent.client import Agent
from harness.errors import AgentError, EngineError, HarnessError
from harness.faults.journal import Journal
from harness.faults.link import ends, hop_name
from harness.stack.engine import Engine
from harness.stack.node import Node, Scene
from harness.stack.proxy import VERSION, ready_image, shared_networks, start_proxy
from harness.stack.sections import LinkSection
from harness.toxics import Toxics
from harness.waiting import wait_until

__all__ = ["Interposition", "Proxied"]

_NAME = "links"
_FIRST_PORT = 20001
_ANSWERS_WITHIN_S = 10.0
_OVERHEAD_WITHIN_S = 60.0


@dataclass(frozen=True, slots=True)
class Proxied:
    """What a stack offers to interpose its links.

    Attributes:
        engine: where the proxy's container is started.
        project: whose it is.
        link: a link of x-harness by its name.
        say: told in words what is being done.
    """

    engine: Engine
    project: str
    link: Callable[[str], LinkSection]
    say: Callable[[str], None] = lambda _text: None


@dataclass
class Interposition:
    """The interposed links of one run.

    Its undo stands in the journal and with the agent before anything is done, as a fault's does: whoever dies, traffic
    goes directly again.

    Attributes:
        agent: does it.
        journal: keeps the undo.
        scene: resolves the links' ends.
        stack: what the stack offers.
    """

    agent: Agent
    journal: Journal
    scene: Scene
    stack: Proxied
    _hops: dict[str, tuple[Node, Node]] = field(default_factory=dict, init=False)
    _proxy: str | None = field(default=None, init=False)

    def begin(self, links: Iterable[str], lease_s: float) -> Mapping[str, Any]:
        """Start the proxy, and lead every hop of the links through it. Established connections are ended.

        Args:
            links: ``from->to``, as faults name them.
            lease_s: the agent lets traffic go directly after this long, whatever happens.

        Returns:
            The keys of an ``interposed`` event.

        Raises:
            UnsupportedFault: two ends share no network.
            EngineError: the proxy could not be started.
            AgentError: the agent or the proxy failed; what was done is undone.
        """
        named = tuple(links)
        sections = {
            hop_name(*pair): (pair, self.stack.link(link))
            for link in named
            for pair in ends(link, self.scene)
        }
        self._hops = {hop: pair for hop, (pair, _) in sections.items()}
        containers = {node.container for pair in self._hops.values() for node in pair}
        networks = shared_networks(self._hops.values(), self.stack.engine.networks_of(containers))
        ready_image(self.stack.engine, self.stack.say)
        try:
            self._proxy = start_proxy(self.stack.engine, self.stack.project, networks)
            toxics = self._answering()
            routes = []
            for listen, (hop, ((source, target), section)) in enumerate(sections.items(), _FIRST_PORT):
                # The engine's name server knows a container by the head of its id, wherever its address goes.
                toxics.create(hop, listen, f"{target.container[:12]}:{section.port}")
                routes.append(
                    {
                        "source": source.container, "target": target.container, "port": section.port,
                        "listen": listen, "speaks": section.speaks,
                    }
                )  # fmt: skip
            self._interpose(routes, lease_s)
        except BaseException:
            self.end()
            raise
        return {
            "links": list(named),
            "hops": [_words(pair) for pair in self._hops.values()],
            "proxy": f"Toxiproxy {VERSION}",
        }

    def _answering(self) -> Toxics:
        """The proxy's control, once it answers and has no way out."""
        toxics = Toxics(self.agent)
        said: list[str] = []

        def answers() -> bool:
            try:
                return bool(toxics.version())
            except AgentError as error:
                said.append(str(error))
                return False

        wait_until(
            answers,
            timeout_s=_ANSWERS_WITHIN_S,
            what="Toxiproxy to answer",
            why=lambda: said[-1] if said else "",
        )
        self.agent.contain([self._proxy or ""])
        return toxics

    def _interpose(self, routes: Sequence[Mapping[str, Any]], lease_s: float) -> None:
        undo: list[Mapping[str, Any]] = [
            {"do": "link.release", "routes": list(routes)},
            {"do": "proxy.remove", "proxy": self._proxy},
        ]
        self.journal.enter(_NAME, undo)
        self.agent.call(
            "inject",
            injection=self._injection,
            do=[{"do": "link.interpose", "proxy": self._proxy, "routes": list(routes)}],
            undo=undo,
            lease_s=lease_s,
        )

    @property
    def proxied(self) -> bool:
        """Whether links lead through the proxy."""
        return self._proxy is not None

    def overhead(self) -> list[dict[str, Any]]:
        """What the proxy alone costs each hop: exchanges past it and through it, by turns, medians.

        Raises:
            AgentError: the agent failed.
        """
        pairs = [[source.container, target.container] for source, target in self._hops.values()]
        return list(self.agent.call("overhead", within_s=_OVERHEAD_WITHIN_S, pairs=pairs))

    def check(self) -> Mapping[str, Any]:
        """Whether every link is still interposed; returns the keys of a ``released`` event.

        Raises:
            AgentError: they are not: what the load saw of it is no effect of a fault.
        """
        if self._proxy is None:
            return {}
        state = self.agent.call("links")
        if state["broken"]:
            raise AgentError(str(state["broken"]), mend="Look at the proxy's log, and run it again")
        return {"reapplied": state["reapplied"]}

    def end(self) -> list[str]:
        """Traffic goes directly again, and the proxy is gone; once is enough. Returns what remains, in words."""
        if self._proxy is None:
            return []
        proxy, self._proxy = self._proxy, None
        try:
            remaining = list(
                self.agent.call("heal", within_s=_OVERHEAD_WITHIN_S, injection=self._injection)["remaining"]
            )
        except HarnessError as error:
            return [f"the links: {error}"]
        try:
            self.stack.engine.remove("containers", proxy)
        except EngineError as error:
            remaining.append(str(error))
        if not remaining:
            self.journal.strike(_NAME)
        return remaining

    @property
    def _injection(self) -> str:
        return f"{self.journal.run}/{_NAME}"


def _words(pair: tuple[Node, Node]) -> str:
    return "->".join(node.name for node in pair)
