"""What a node is right now: asked of the node itself, over its own loopback."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Protocol

from harness.errors import AgentError
from harness.stack.model import Group
from harness.stack.node import Node
from harness.stack.sections import RoleSource

__all__ = ["Ask", "patroni_role", "plain_role", "role_asker", "role_of", "roles_of"]

_ASK_TIMEOUT_S = 1.0
_OK = 200


class Ask(Protocol):
    """The agent, as far as a role needs it."""

    def ask_http(self, container: str, port: int, path: str, timeout_s: float = ...) -> tuple[int, str]:
        """The status and the body of a GET on the node's own loopback."""
        ...

    def run(self, container: str, argv: list[str], timeout_s: float = ...) -> tuple[int, str]:
        """The exit code and the output of a command inside the node."""
        ...


def role_of(node: Node, source: RoleSource, ask: Ask) -> str | None:
    """The node's role now; None when it does not answer, or answers that it is none yet."""
    try:
        if source.command is not None:
            code, output = ask.run(node.container, list(source.command), timeout_s=_ASK_TIMEOUT_S)
            return plain_role(output) if code == 0 else None
        port, path = (
            (source.patroni, "/patroni") if source.http is None else (source.http.port, source.http.path)
        )
        status, body = ask.ask_http(node.container, int(port or 0), path, timeout_s=_ASK_TIMEOUT_S)
    except AgentError:
        # A dead, paused or restarting node is a role that nobody plays, not a failure of the harness;
        # an agent that is gone shows itself in the next thing it is told to do.
        return None
    if status != _OK:
        return None
    return patroni_role(body) if source.patroni is not None else plain_role(body)


def role_asker(groups: Mapping[str, Group], ask: Ask) -> Callable[[Node], str | None]:
    """A function that gives a node's role now; None too for a group whose role cannot be asked."""

    def asker(node: Node) -> str | None:
        group = groups.get(node.group)
        return role_of(node, group.role, ask) if group and group.role else None

    return asker


def roles_of(nodes: Iterable[Node], groups: Mapping[str, Group], ask: Ask) -> dict[str, str | None]:
    """The role of every node whose group says how to ask, by the node's name; all asked at once."""
    asked = [node for node in nodes if node.group in groups and groups[node.group].role]
    if not asked:
        return {}
    with ThreadPoolExecutor(max_workers=min(len(asked), 8)) as pool:
        answers = list(pool.map(role_asker(groups, ask), asked))
    return dict(zip((node.name for node in asked), answers, strict=True))


def patroni_role(body: str) -> str | None:
    """The role in the answer of Patroni's ``GET /patroni`` (3 and 4).

    A server that is not running plays no role, whatever role Patroni has in mind for it.
    """
    status = patroni_status(body)
    if status.get("state") != "running":
        return None
    role = status.get("role")
    if role in ("primary", "master"):
        return "primary"
    if role == "standby_leader":
        return "standby-leader"
    if role != "replica":
        return None
    return "sync-standby" if status.get("sync_standby") or status.get("quorum_standby") else "replica"


def patroni_status(body: str) -> dict[str, Any]:
    """Patroni's answer as a mapping; empty when it is not one."""
    try:
        status = json.loads(body)
    except ValueError:
        return {}
    return status if isinstance(status, dict) else {}


def plain_role(body: str) -> str | None:
    """The role that a command or a path answers as one word; None when it is not one word."""
    words = body.split()
    return words[0] if len(words) == 1 else None
