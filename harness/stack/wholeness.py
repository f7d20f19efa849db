"""Whether a stack is whole: every node up, every group with the members and roles it should have."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from harness.errors import AgentError
from harness.stack.engine import Container
from harness.stack.model import Group
from harness.stack.node import Node
from harness.stack.roles import Ask, patroni_status, roles_of

__all__ = ["containers_amiss", "roles_amiss", "sync_standbys_wanted"]

_HEADS = ("primary", "leader", "standby-leader")
_ASK_TIMEOUT_S = 1.0
_OK = 200


def containers_amiss(expected: Mapping[str, int], containers: Iterable[Container]) -> list[str]:
    """What is wrong with the containers.

    Args:
        expected: how many containers each service has.
        containers: those that there are.
    """
    found = list(containers)
    count = Counter(container.service for container in found)
    missing = [f"{name} has no container" for name in expected if not count[name]]
    fewer = [
        f"{name} has {count[name]} of {n} containers" for name, n in expected.items() if 0 < count[name] < n
    ]
    down = [f"{one.service} is {one.condition}" for one in found if one.service in expected and not one.up]
    return missing + fewer + down


def roles_amiss(
    nodes: Sequence[Node], groups: Mapping[str, Group], ask: Ask, at_start: Mapping[str, int]
) -> tuple[list[str], dict[str, int]]:
    """What is wrong with the roles, and how many synchronous standbys each group has.

    Each group that can be asked has exactly one primary (or leader), every node of it answers, and it
    has as many synchronous standbys as its own configuration wants, or as it had before.

    Args:
        nodes: every node.
        groups: every group.
        ask: the agent.
        at_start: the most synchronous standbys that each group was seen to have since it came up.
    """
    answers = roles_of(nodes, groups, ask)
    amiss: list[str] = []
    standbys: dict[str, int] = {}
    for name, group in groups.items():
        members = [node for node in nodes if node.group == name and node.name in answers]
        if group.role is None or not members:
            continue
        roles = {node.name: answers[node.name] for node in members}
        standbys[name] = sum(role == "sync-standby" for role in roles.values())
        wanted = max(at_start.get(name, 0), sync_standbys_wanted(group, members, ask))
        amiss += _group_amiss(name, roles, wanted)
        if group.role.patroni is not None:
            amiss += _not_replicating(members, roles, group.role.patroni, ask)
    return amiss, standbys


def _group_amiss(group: str, roles: Mapping[str, str | None], sync_standbys: int) -> list[str]:
    heads = [node for node, role in roles.items() if role in _HEADS]
    amiss = [f"{node} has no role yet" for node, role in roles.items() if role is None]
    if len(heads) != 1:
        said = ", ".join(f"{node}: {role or 'no answer'}" for node, role in roles.items())
        amiss.append(f"{group} has {len(heads)} primaries or leaders instead of 1 ({said})")
    have = sum(role == "sync-standby" for role in roles.values())
    if have < sync_standbys:
        amiss.append(f"{group} has {have} synchronous standbys instead of {sync_standbys}")
    return amiss


def sync_standbys_wanted(group: Group, members: Sequence[Node], ask: Ask) -> int:
    """How many synchronous standbys the group's own Patroni configuration asks for; 0 when it has none."""
    if group.role is None or group.role.patroni is None:
        return 0
    for node in members:
        config = _patroni(node, group.role.patroni, "/config", ask)
        if config:
            wanted = config.get("synchronous_node_count") or 1
            return min(int(wanted), len(members) - 1) if config.get("synchronous_mode") else 0
    return 0


def _not_replicating(
    members: Iterable[Node], roles: Mapping[str, str | None], port: int, ask: Ask
) -> list[str]:
    amiss = []
    for node in members:
        if roles[node.name] in ("replica", "sync-standby"):
            state = _patroni(node, port, "/patroni", ask).get("replication_state", "streaming")
            if state != "streaming":
                amiss.append(f"{node.name} does not stream from the primary but is {state}")
    return amiss


def _patroni(node: Node, port: int, path: str, ask: Ask) -> dict[str, Any]:
    try:
        status, body = ask.ask_http(node.container, port, path, timeout_s=_ASK_TIMEOUT_S)
    except AgentError:
        return {}
    return patroni_status(body) if status == _OK else {}
