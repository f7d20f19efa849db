"""Partition: the network falls apart between nodes that all live."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import ClassVar

from harness.errors import ExperimentError, UnsupportedFault
from harness.faults.base import Plan
from harness.faults.network import Pairs, both_ways, one_way, plan_cut
from harness.faults.nodes import names
from harness.stack.node import Node, Scene

__all__ = ["Partition"]

_BRIDGE_NODES_MIN = 3
_RING_NODES_MIN = 5


@dataclass(frozen=True, slots=True)
class Partition:
    """Cuts nodes from each other; each keeps what else it reaches. Made by one of the shapes below.

    Heals: by taking the rules out.

    Recovery: the side with a majority goes on, the other one stops; what each reaches decides, and
    nobody decides alone.

    Attributes:
        shape: ``halves``, ``one``, ``bridge``, ``majority_ring`` or ``between``.
        a: the group; with ``between`` the selector of the one side.
        b: with ``between`` the selector of the other side; a node that both name belongs to ``a``.
        one_way: with ``between``: only what ``a`` sends to ``b`` is dropped.
    """

    instant: ClassVar[bool] = False
    destroys: ClassVar[bool] = False
    by_address: ClassVar[bool] = True
    needs: ClassVar[tuple[str, ...]] = ("iptables",)

    shape: str
    a: str
    b: str | None = None
    one_way: bool = False

    def __post_init__(self) -> None:
        if self.shape not in _SHAPES and self.shape != "between":
            known = ", ".join(["between", *_SHAPES])
            raise ExperimentError(f"Partition has no shape {self.shape!r}", mend=f"There are: {known}")
        if (self.b is not None) != (self.shape == "between"):
            raise ExperimentError(
                f"Partition.{self.shape} takes {'two' if self.b is None else 'one'} selectors"
            )
        if self.one_way and self.shape != "between":
            raise ExperimentError("one_way needs two sides", mend="Use Partition.between(a, b, one_way=True)")
        if self.shape != "between" and ":" in self.a and not self.a.startswith("site:"):
            raise ExperimentError(
                f"Partition.{self.shape} divides a whole group",
                where=repr(self.a),
                mend="Name the group alone, or use Partition.between",
            )

    @classmethod
    def halves(cls, group: str) -> Partition:
        """The minority of a group from its majority; which is which is chosen by the seed."""
        return cls("halves", group)

    @classmethod
    def one(cls, group: str) -> Partition:
        """One node of a group, chosen by the seed, from the rest of it."""
        return cls("one", group)

    @classmethod
    def bridge(cls, group: str) -> Partition:
        """Two halves that only the node between them still reaches, from 3 nodes on."""
        return cls("bridge", group)

    @classmethod
    def majority_ring(cls, group: str) -> Partition:
        """Every node reaches a majority and no two reach the same one, from 5 nodes on."""
        return cls("majority_ring", group)

    @classmethod
    def between(cls, a: str, b: str, *, one_way: bool = False) -> Partition:
        """Two sides; ``one_way`` drops what ``a`` sends to ``b`` and lets through what comes back."""
        return cls("between", a, b, one_way)

    def selectors(self) -> tuple[str, ...]:
        """The group, or both sides."""
        return (self.a,) if self.b is None else (self.a, self.b)

    def plan(self, scene: Scene) -> Plan:
        """Evidence: nothing passes between the sides; with ``one_way`` the way back is seen open."""
        if self.b is None:
            return self._within_group(scene)
        left = scene.resolve(self.a)
        found = scene.resolve(self.b)
        right = tuple(node for node in found if node not in left)
        pairs = one_way(left, right) if self.one_way else both_ways(left, right)
        return plan_cut(pairs, (*left, *right), {self.a: names(left), self.b: names(right)})

    def _within_group(self, scene: Scene) -> Plan:
        nodes = scene.resolve(self.a)
        first = scene.resolve(f"{nodes[0].group}:one") if len({n.group for n in nodes}) == 1 else ()
        # One node leads, by the seed; the others follow in their order.
        start = nodes.index(first[0]) if first and first[0] in nodes else 0
        order = nodes[start:] + nodes[:start]
        return plan_cut(_SHAPES[self.shape](order), nodes, {self.a: names(order)})


def _halves(nodes: tuple[Node, ...]) -> Pairs:
    middle = (len(nodes) - 1) // 2 or 1
    return both_ways(nodes[:middle], nodes[middle:])


def _one(nodes: tuple[Node, ...]) -> Pairs:
    return both_ways(nodes[:1], nodes[1:])


def _bridge(nodes: tuple[Node, ...]) -> Pairs:
    _at_least(_BRIDGE_NODES_MIN, nodes, "a bridge")
    rest = nodes[1:]
    middle = len(rest) // 2
    return both_ways(rest[:middle], rest[middle:])


def _majority_ring(nodes: tuple[Node, ...]) -> Pairs:
    """Each keeps the next ones on both sides of it in the ring, as many as make a majority with it."""
    _at_least(_RING_NODES_MIN, nodes, "a majority ring")
    count = len(nodes)
    reach = (count // 2 + 1) // 2
    return frozenset(
        (node, other)
        for i, node in enumerate(nodes)
        for j, other in enumerate(nodes)
        if min((i - j) % count, (j - i) % count) > reach
    )


def _at_least(count: int, nodes: tuple[Node, ...], what: str) -> None:
    if len(nodes) < count:
        raise UnsupportedFault(
            f"{what} needs at least {count} nodes, and there are {len(nodes)} ({', '.join(names(nodes))})",
            mend="Use Partition.halves or Partition.one",
        )


_SHAPES: Mapping[str, Callable[[tuple[Node, ...]], Pairs]] = {
    "halves": _halves,
    "one": _one,
    "bridge": _bridge,
    "majority_ring": _majority_ring,
}
