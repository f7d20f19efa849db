"""Scenes without an engine: nodes with groups, sites and roles that a test decides."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from harness.errors import SelectorError
from harness.stack.node import Node


class MadeScene:
    """A scene that resolves a node's name, a group, ``group:one`` and ``group:role`` from a table.

    The nodes of the group ``acquirer`` have a control API, those of ``ledger`` clocks that can be skewed.
    """

    def __init__(self, groups: Mapping[str, int], roles: Mapping[str, Sequence[str]] | None = None) -> None:
        self.nodes = tuple(
            Node(
                f"{group}-{number}",
                group,
                f"id-{group}-{number}",
                controlled=group == "acquirer",
                skewable=group == "ledger",
                disk=f"/var/lib/{group}",
                mirror=f"/var/lib/{group}",
                passthrough="/var/lib/ledger" if group == "ledger" else None,
            )
            for group, count in groups.items()
            for number in range(1, count + 1)
        )
        self.roles = roles or {}

    def resolve(self, selector: str) -> tuple[Node, ...]:
        group, _, word = selector.partition(":")
        named = tuple(n for n in self.nodes if group in (n.group, n.name))
        if word == "one":
            named = named[-1:]
        elif word:
            named = tuple(n for n in named if n.name in self.roles.get(selector, ()))
        if not named:
            raise SelectorError(f"nothing is {selector}")
        return named
