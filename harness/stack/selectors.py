"""Selectors: how an experiment names nodes, and which nodes that is now. Pure.

======================  =========================================================================
selector                names
======================  =========================================================================
``ledger``              every node of the group; or the node of this name
``ledger:all``          every node of the group
``ledger:primary``      the nodes of the group that play the role now; ``replica`` is any standby
``ledger:replica:one``  one of those that play the role now, by the seed
``ledger:one``          one node of the group, by the seed
``ledger:minority``     the largest set of its nodes that is less than half, by the seed
``ledger:majority``     the others: within one run it is the complement of the minority
``site:a``              every node of the site
======================  =========================================================================
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from random import Random

from harness.errors import RoleUnknown, SelectorError
from harness.stack.near import did_you_mean
from harness.stack.node import Node

__all__ = ["Kind", "Selector", "check_selector", "parse_selector", "plays", "resolve"]

_WORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")
_GRAMMAR = (
    "Write group, group:role, group:role:one, group:one, group:minority, group:majority, group:all, site:a "
    "or a node's name"
)


class Kind(StrEnum):
    """What a selector's second word asks for."""

    NAME = "name"
    ALL = "all"
    ONE = "one"
    MINORITY = "minority"
    MAJORITY = "majority"
    ROLE = "role"
    SITE = "site"


_SETS = (Kind.ALL, Kind.ONE, Kind.MINORITY, Kind.MAJORITY)
"""What a group can be asked for without asking any node for its role."""


@dataclass(frozen=True, slots=True)
class Selector:
    """A selector, taken apart.

    Attributes:
        kind: what is asked for.
        name: the group, the site or the node.
        role: the role, when one is asked for.
        one: one of those that play the role, not all of them.
    """

    kind: Kind
    name: str
    role: str | None = None
    one: bool = False

    def __str__(self) -> str:
        if self.kind is Kind.NAME:
            return self.name
        if self.kind is Kind.SITE:
            return f"site:{self.name}"
        if self.kind is Kind.ROLE:
            return f"{self.name}:{self.role}" + (f":{Kind.ONE}" if self.one else "")
        return f"{self.name}:{self.kind}"


def parse_selector(text: str) -> Selector:
    """Take a selector apart.

    Raises:
        SelectorError: the text is not of the grammar.
    """
    name, *asked = text.split(":")
    known = all(_WORD.fullmatch(word) for word in (name, *asked))
    match asked if known else None:
        case []:
            return Selector(Kind.NAME, name)
        case [word] if name == "site":
            return Selector(Kind.SITE, word)
        case [word] if word in _SETS:
            return Selector(Kind(word), name)
        case [role]:
            return Selector(Kind.ROLE, name, role)
        case [role, Kind.ONE] if name != "site" and role not in _SETS:
            return Selector(Kind.ROLE, name, role, one=True)
        case _:
            raise SelectorError("this is not a selector", where=repr(text), mend=_GRAMMAR)


def plays(asked: str, role: str | None) -> bool:
    """Whether a node whose role is ``role`` is meant by ``asked``: a sync-standby is a replica too."""
    return role == asked or (asked == "replica" and role == "sync-standby")


def check_selector(selector: Selector, nodes: Sequence[Node], roles: Mapping[str, tuple[str, ...]]) -> None:
    """Refuse a selector that can name nothing in this stack, without asking any node.

    Args:
        selector: what is asked for.
        nodes: every node of the stack.
        roles: for each group the role names it knows, none when its role cannot be asked.

    Raises:
        SelectorError: no such group, site, node or role; a minority of less than three nodes.
    """
    where = repr(str(selector))
    members = _members(selector, nodes)
    if selector.kind is Kind.ROLE:
        _check_role(selector, roles.get(selector.name, ()), where)
    if selector.kind is Kind.MINORITY and not _less_than_half(len(members)):
        raise SelectorError(
            f"{len(members)} nodes have no minority", where=where, mend="It needs at least 3 nodes"
        )


def resolve(
    selector: Selector | str,
    nodes: Sequence[Node],
    role_of: Callable[[Node], str | None],
    *,
    rng: Random,
    roles: Mapping[str, tuple[str, ...]],
) -> tuple[Node, ...]:
    """The nodes that a selector names now; never none.

    Args:
        selector: what is asked for.
        nodes: every node of the stack.
        role_of: a node's role now; None when it gives no answer. Asked only for ``group:role`` and its ``:one``.
        rng: decides ``one``, ``minority`` and ``majority``. Equal states give a minority and a
            majority that complement each other.
        roles: for each group the role names it knows.

    Raises:
        SelectorError: the selector names nothing that the stack has.
        RoleUnknown: no node plays the role now.
    """
    chosen = parse_selector(selector) if isinstance(selector, str) else selector
    check_selector(chosen, nodes, roles)
    members = _members(chosen, nodes)
    if chosen.kind is Kind.ROLE:
        players = _by_role(chosen, members, role_of)
        return _by_seed(Kind.ONE, players, rng) if chosen.one else players
    if chosen.kind in (Kind.ONE, Kind.MINORITY, Kind.MAJORITY):
        return _by_seed(chosen.kind, members, rng)
    return members


def _members(selector: Selector, nodes: Sequence[Node]) -> tuple[Node, ...]:
    if selector.kind is Kind.SITE:
        return _named(
            selector, [n for n in nodes if n.site == selector.name], "site", (n.site for n in nodes)
        )
    groups = {node.group for node in nodes}
    found = [node for node in nodes if node.group == selector.name]
    if not found and selector.kind is Kind.NAME:
        found = [node for node in nodes if node.name == selector.name]
        return _named(selector, found, "group or node", groups | {node.name for node in nodes})
    return _named(selector, found, "group", groups)


def _named(
    selector: Selector, found: Iterable[Node], kind: str, known: Iterable[str | None]
) -> tuple[Node, ...]:
    members = tuple(found)
    if not members:
        near = did_you_mean(selector.name, (name for name in known if name))
        raise SelectorError(
            f"the stack has no {kind} {selector.name!r}", where=repr(str(selector)), mend=near
        )
    return members


def _check_role(selector: Selector, known: tuple[str, ...], where: str) -> None:
    if not known:
        raise SelectorError(
            f"the roles of {selector.name} cannot be asked",
            where=where,
            mend=f"Add the key x-harness.groups.{selector.name}.role, e.g. role: {{patroni: 8008}}",
        )
    if selector.role not in known:
        near = did_you_mean(
            selector.role or "", (*known, *(k for k in Kind if k not in (Kind.ROLE, Kind.NAME, Kind.SITE)))
        )
        raise SelectorError(
            f"the group {selector.name} has no role {selector.role!r}", where=where, mend=near
        )


def _by_role(
    selector: Selector, members: tuple[Node, ...], role_of: Callable[[Node], str | None]
) -> tuple[Node, ...]:
    answers = {node: role_of(node) for node in members}
    found = tuple(node for node, role in answers.items() if plays(selector.role or "", role))
    if not found:
        said = ", ".join(f"{node.name}: {role or 'no answer'}" for node, role in answers.items())
        raise RoleUnknown(f"no node is {selector.role} now ({said})", where=repr(str(selector)))
    return found


def _less_than_half(count: int) -> int:
    return (count - 1) // 2


def _by_seed(kind: Kind, members: tuple[Node, ...], rng: Random) -> tuple[Node, ...]:
    """One order of the group answers all three, so that one is in the minority and both halves fit."""
    order = rng.sample(sorted(members, key=lambda node: node.name), len(members))
    few = _less_than_half(len(order))
    picked = {Kind.ONE: order[:1], Kind.MINORITY: order[:few], Kind.MAJORITY: order[few:]}[kind]
    return tuple(node for node in members if node in picked)
