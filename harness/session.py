"""A stack that is up, locked, contained and watched by one agent: experiments follow one another on it."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from harness.agent.client import Agent
from harness.errors import AgentError, StackError
from harness.faults.journal import Journal, heal_from_journal, outstanding
from harness.interposition import Interposition, Proxied
from harness.needs import Needs
from harness.stack.compose import Stack
from harness.stack.scene import LiveScene
from harness.waiting import wait_until

__all__ = ["Session"]

_WHOLE_WITHIN_S = 60.0


@dataclass
class Session:
    """The warm stack of one or more runs.

    Entering takes the project's lock, heals what an earlier harness left behind, brings the stack up,
    connects the agent, closes every node's way out, and waits until the stack is whole. Leaving closes the
    agent's pipe, which heals whatever is still injected, and gives the lock back; the stack stays up.

    Attributes:
        stack: the stack.
        say: told in words what is being done.
        on_event: told of every event of the engine; a run sets it for as long as it lasts.
        needs: what faults need of the host; each is tried once.
    """

    stack: Stack
    say: Callable[[str], None] = lambda _text: None
    on_event: Callable[[Mapping[str, Any]], None] = lambda _event: None
    needs: Needs = field(default_factory=Needs)
    _exits: contextlib.ExitStack = field(default_factory=contextlib.ExitStack, init=False)
    _agent: Agent | None = field(default=None, init=False)
    _names: dict[str, str] = field(default_factory=dict, init=False)

    def __enter__(self) -> Self:
        with contextlib.ExitStack() as exits:
            exits.enter_context(self.stack.lock())
            self._heal_what_was_left()
            self.stack.up(self.say)
            self._agent = exits.enter_context(self._connect())
            self._contain()
            self.make_whole()
            self._exits = exits.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._exits.close()

    @property
    def agent(self) -> Agent:
        """The agent's client; only inside the ``with`` block."""
        if self._agent is None:
            message = "the session was not entered"
            raise RuntimeError(message)
        return self._agent

    @property
    def journal(self) -> Path:
        """The path of the undo journal."""
        return self.stack.state_dir / "journal.jsonl"

    def scene(self, seed: int) -> LiveScene:
        """The stack as a fault sees it; ``seed`` decides every choice of ``one`` and of halves."""
        return LiveScene(self.stack, self.agent, seed)

    def interposition(self, run: str, seed: int) -> Interposition:
        """The links of one run, not interposed yet."""
        proxied = Proxied(self.stack.engine, self.stack.project, self.stack.model.need_link, self.say)
        return Interposition(self.agent, Journal(self.journal, run), self.scene(seed), proxied)

    def roles(self) -> dict[str, str | None]:
        """The role of every node that can be asked, now; None for one that does not answer."""
        return self.scene(0).roles()

    def alerts(self) -> tuple[int, str]:
        """Status and body of the alerts that the stack's Prometheus has, asked now.

        Raises:
            AgentError: nobody answered.
        """
        section = self.stack.model.alerts
        node = next((n for n in self.stack.nodes() if section and n.group == section.group), None)
        if section is None or node is None:
            raise AgentError("the stack has no node to ask for alerts")
        return self.agent.ask_http(node.container, section.port, "/api/v1/alerts")

    def node_name(self, container: str) -> str:
        """The node of a container, by its id; the id itself when it is none of the stack's."""
        if container not in self._names:
            self._names = {node.container: node.name for node in self.stack.nodes()}
        return self._names.get(container, container[:12])

    def why_not_whole(self) -> list[str]:
        """What is missing of the stack, asked now; empty when it is whole."""
        return self.stack.whole(self.agent)

    def make_whole(self) -> None:
        """Wait until the stack is whole; rebuild it when it does not become so by itself.

        Raises:
            StackError: it is not whole after a rebuild either.
        """
        if wait_until(lambda: not self.why_not_whole(), timeout_s=_WHOLE_WITHIN_S):
            return
        self.say(f"the stack is not whole ({'; '.join(self.why_not_whole())}): it is built anew")
        self.rebuild()

    def rebuild(self) -> None:
        """Take the stack down and bring it up again, with a new agent."""
        self.agent.close()
        self.stack.down()
        self.stack.up(self.say)
        self._agent = self._exits.enter_context(self._connect())
        self._contain()
        wait_until(
            lambda: not self.why_not_whole(),
            timeout_s=_WHOLE_WITHIN_S,
            what="the new stack to be whole",
            why=lambda: "; ".join(self.why_not_whole()),
        )

    def _connect(self) -> Agent:
        return Agent.connect(
            self.stack.agent_container(),
            self.stack.project,
            lambda event: self.on_event(event),  # noqa: PLW0108  # on_event changes with each run
        )

    def _heal_what_was_left(self) -> None:
        """Before the stack is asked to come up: an isolated node would never be healthy."""
        if not (outstanding(self.journal) and self.stack.nodes()):
            return
        self.say("an earlier run left faults behind: healing them")
        with (
            contextlib.suppress(StackError),
            self._connect() as agent,
        ):  # no agent: its container is made anew
            heal_from_journal(agent, self.journal)
            agent.sweep()

    def _contain(self) -> None:
        left_open = self.stack.model.open
        if left_open:
            self.say(f"not contained, by x-harness.containment.open: {', '.join(left_open)}")
        self.agent.contain(self.stack.contained())
