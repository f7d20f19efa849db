"""What a fault is: three pure functions from the scene to what the agent shall do, undo and watch.

A fault never acts by itself. It says in plain data which steps inject it, which steps heal it, and
which probes show its effect; :mod:`harness.faults.injector` journals the undo, sends the steps to the
agent and reads the probes. So a fault is tested without an engine, the undo is known before anything
is done, and the agent can heal alone when its pipe ends.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol, runtime_checkable

from harness.stack.node import Node, Scene

__all__ = ["Fault", "Plan", "Probe", "Step", "goes_by_address", "parts_of"]

Step = Mapping[str, Any]
"""One thing for the agent to do: ``{"do": "engine.kill", "container": ID, ...}``. JSON."""


@dataclass(frozen=True, slots=True)
class Probe:
    """Something the agent looks at again and again, and what it must see.

    Attributes:
        watch: what to look at: ``{"probe": "process", "container": ID, ...}``. JSON.
        lasting: whether the effect must be seen without a gap from the injection to the heal.
            An instant fault (a crash that the supervisor repairs) shows its effect once.
    """

    watch: Mapping[str, Any]
    lasting: bool = True


@dataclass(frozen=True, slots=True)
class Plan:
    """A fault with its selectors resolved: everything the agent needs, and nothing undecided.

    Attributes:
        nodes: the nodes harmed, as resolved now (recorded in the timeline).
        inject: steps that make the fault; applied in order.
        heal: steps that undo it; each is idempotent and safe when the injection never happened.
        probes: the evidence; every one must succeed before, show the effect during, succeed after.
        resolved: each selector of the fault with the names of the nodes it resolved to.
    """

    nodes: tuple[Node, ...]
    inject: tuple[Step, ...]
    heal: tuple[Step, ...]
    probes: tuple[Probe, ...]
    resolved: Mapping[str, tuple[str, ...]]


@runtime_checkable
class Fault(Protocol):
    """One kind of harm: a frozen dataclass whose fields carry their units.

    Attributes:
        instant: True when the harm is a moment (a crash, a restart), not a span; such an
            injection has ``for_s = 0``.
        destroys: True when data that exists only on the target may be gone for good while the
            fault lasts; RPO in seconds is counted from the last such injection.
    """

    instant: ClassVar[bool]
    destroys: ClassVar[bool]

    def selectors(self) -> tuple[str, ...]:
        """Every selector in the fault's fields, for validation before anything is touched."""
        ...

    def plan(self, scene: Scene) -> Plan:
        """Resolve the selectors now and say what shall be done, undone and watched."""
        ...


def parts_of(fault: Fault) -> frozenset[str]:
    """What the stack must be brought up with before such a fault can be made there.

    A fault that needs something of it says so in a class attribute ``parts``, by the names of
    :data:`harness.stack.parts.PARTS`: ``disks``, its nodes' volumes on breakable disks; ``mirrors``, on mirrors of
    two; ``clocks``, its nodes with wall clocks that can be skewed; ``paths``, with a pass-through over their volumes.
    Most need nothing and say nothing.
    What a fault needs of the kernel is its ``needs``.
    """
    parts: frozenset[str] = getattr(fault, "parts", frozenset())
    return parts


def goes_by_address(fault: Fault) -> bool:
    """Whether it knows its nodes' packets by their addresses: it says so by ``by_address``.

    What goes through the proxy of links has the proxy's address, so such a fault would miss it.
    """
    return bool(getattr(fault, "by_address", False))
