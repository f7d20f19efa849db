"""ClockSkew: a node's wall clock is off."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from harness.errors import ExperimentError, UnsupportedFault
from harness.faults.base import Plan, Probe
from harness.faults.nodes import plan_nodes
from harness.stack.node import Node, Scene

__all__ = ["ClockSkew"]

_LEAST_S, _MOST_S = 1, 10 * 365 * 86_400


@dataclass(frozen=True, slots=True)
class ClockSkew:
    """The wall clock of each node jumps by so many seconds, forward or back, and runs on from there.

    Its monotonic clock does not: what measures durations by that is not fooled, and what measures them by the wall
    clock is. All processes of the node have noticed within two seconds. A restart of the node does not end it.
    libfaketime does it, in each process that libc serves (programs in Go ask the kernel themselves, and see the right
    time).

    Heals: the clock jumps back by as much.

    Recovery: leases and time-outs by the wall clock are over too early, or last too long, once at each jump; they are
    renewed by the next round. What is ordered or expires by time stamps of several nodes has them in another order.

    Attributes:
        on: selector of the nodes.
        by_s: seconds that the clock is off, from 1 to ten years; below 0 it is behind.
    """

    instant: ClassVar[bool] = False
    destroys: ClassVar[bool] = False
    parts: ClassVar[frozenset[str]] = frozenset({"clocks"})

    on: str
    by_s: float

    def __post_init__(self) -> None:
        if not _LEAST_S <= abs(self.by_s) <= _MOST_S:
            raise ExperimentError(
                f"ClockSkew: by_s must be from {_LEAST_S} to {_MOST_S} seconds, or as many below 0, not {self.by_s}"
            )

    def selectors(self) -> tuple[str, ...]:
        """The one."""
        return (self.on,)

    def plan(self, scene: Scene) -> Plan:
        """Evidence: a process of the node that runs since before says a time that is off by this, to 0.25 s.

        Afterwards the same process says the agent's time again.
        """
        for node in scene.resolve(self.on):
            _need_clock(node)
        return plan_nodes(
            scene,
            self.on,
            inject=lambda node: {"do": "clock.skew", "container": node.container, "by_s": self.by_s},
            heal=lambda node: {"do": "clock.right", "container": node.container},
            probe=lambda node: Probe({"probe": "clock", "container": node.container, "by_s": self.by_s}),
        )


def _need_clock(node: Node) -> None:
    if not node.skewable:
        raise UnsupportedFault(
            f"ClockSkew: {node.name} has no clock that can be skewed",
            where=node.name,
            mend=f"Name its group in x-harness (clocks: [{node.group}]), with Debian's libfaketime in its image;"
            " by hand: harness up --clocks",
        )
