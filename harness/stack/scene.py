"""The stack as a fault sees it: live, with roles asked at the moment a selector is resolved."""

from __future__ import annotations

from random import Random

from harness.stack.compose import Stack
from harness.stack.node import Node
from harness.stack.roles import Ask, role_asker, roles_of
from harness.stack.selectors import parse_selector, resolve

__all__ = ["LiveScene"]


class LiveScene:
    """Implements :class:`harness.stack.node.Scene` over the running stack.

    Args:
        stack: the stack.
        ask: the agent.
        seed: decides ``one``, ``minority`` and ``majority``. Within one run each group has one order,
            so the answers depend neither on how often nor on when they are asked for, ``group:one`` is
            the same node each time, and a minority and a majority complement each other.
    """

    def __init__(self, stack: Stack, ask: Ask, seed: int) -> None:
        self._stack = stack
        self._ask = ask
        self._seed = seed

    @property
    def nodes(self) -> tuple[Node, ...]:
        """Every node of the stack, running or not."""
        return self._stack.nodes()

    def resolve(self, selector: str) -> tuple[Node, ...]:
        """The nodes that a selector names now.

        Raises:
            SelectorError: the selector names nothing that the stack has.
            RoleUnknown: no node plays the role now.
        """
        parsed = parse_selector(selector)
        model = self._stack.model
        return resolve(
            parsed,
            self.nodes,
            role_asker(model.groups, self._ask),
            rng=Random(f"{self._seed}/{parsed.name}"),  # noqa: S311  # it must repeat, not be secret
            roles=model.vocabulary,
        )

    def roles(self) -> dict[str, str | None]:
        """The role of every node that can be asked, by its name; None for one that gives no answer."""
        return roles_of(self.nodes, self._stack.model.groups, self._ask)
