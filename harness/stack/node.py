"""One container of the stack, and the view of the stack that a fault is given."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

__all__ = ["Node", "Scene"]


@dataclass(frozen=True, slots=True)
class Node:
    """One container of the stack.

    Attributes:
        name: the Compose service's name (``ledger-1``).
        group: the group it belongs to (``ledger``).
        container: the engine's full container id.
        site: the site whose nodes fail together, when the stack names sites.
        controlled: its service names a control API in the label ``harness.control``.
        skewable: its service says in the label ``harness.clock`` how its wall clock can be skewed.
        disk: where in the node its breakable disk is mounted; None when it has none.
        mirror: where in the node its mirror of two disks is mounted; None when it has none.
        passthrough: where in the node a pass-through lies over its volume; None when none does.
    """

    name: str
    group: str
    container: str
    site: str | None = None
    controlled: bool = False
    skewable: bool = False
    disk: str | None = None
    mirror: str | None = None
    passthrough: str | None = None


class Scene(Protocol):
    """The stack at the moment of an injection: roles are asked when a selector is resolved."""

    @property
    def nodes(self) -> tuple[Node, ...]:
        """Every node of the stack."""
        ...

    def resolve(self, selector: str) -> tuple[Node, ...]:
        """The nodes that a selector names now.

        Raises:
            SelectorError: the selector names nothing that the stack has.
            RoleUnknown: no node plays the role now.
        """
        ...
