"""Dns: names are not answered, denied, wrong, or slow."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from typing import ClassVar

from harness.errors import ExperimentError, UnsupportedFault
from harness.faults.base import Plan, Probe
from harness.faults.nodes import plan_nodes
from harness.stack.node import Node, Scene

__all__ = ["Dns"]

_ANSWERS = ("silence", "nxdomain", "wrong", "slow")
_DELAY_MS_MAX = 10_000


@dataclass(frozen=True, slots=True)
class Dns:
    """What a node asks of the engine's name server (127.0.0.11, by UDP) is answered as the shape says.

    Names that are not chosen are answered as ever. A resolver that keeps one socket is lied to as well. What a program
    has resolved already, it knows.

    Heals: by taking the diversion out; the engine's server answers again.

    Recovery: connections that stand go on. Whoever resolves while running keeps the last good address for a while
    and asks again; new connections by name fail until the names are back.

    Attributes:
        answer: ``silence``, ``nxdomain``, ``wrong`` or ``slow``.
        on: selector of the nodes that ask.
        names: the names that are lied about; none is every name.
        delay_ms: with ``slow``: how late the right answer is, in milliseconds.
        address: with ``wrong``: the address that is told; by default one that belongs to nobody (RFC 5737).
    """

    instant: ClassVar[bool] = False
    destroys: ClassVar[bool] = False
    needs: ClassVar[tuple[str, ...]] = ("iptables", "dnat", "zones")

    answer: str
    on: str
    names: tuple[str, ...] = ()
    delay_ms: float = 0.0
    address: str = "192.0.2.1"

    def __post_init__(self) -> None:
        if self.answer not in _ANSWERS:
            raise ExperimentError(
                f"Dns has no answer {self.answer!r}", mend=f"There are: {', '.join(_ANSWERS)}"
            )
        if self.answer == "slow" and not 100 <= self.delay_ms <= _DELAY_MS_MAX:  # noqa: PLR2004  # else nobody notices
            raise ExperimentError(
                f"Dns.slow: delay_ms must be from 100 to {_DELAY_MS_MAX}, not {self.delay_ms}"
            )
        try:
            ipaddress.IPv4Address(self.address)
        except ValueError as error:
            raise ExperimentError(f"Dns: address must be of IP version 4, not {self.address!r}") from error

    @classmethod
    def silence(cls, on: str, *names: str) -> Dns:
        """No answer at all."""
        return cls("silence", on, names)

    @classmethod
    def nxdomain(cls, on: str, *names: str) -> Dns:
        """There is no such name."""
        return cls("nxdomain", on, names)

    @classmethod
    def wrong(cls, on: str, *names: str, address: str = "192.0.2.1") -> Dns:
        """Another address than the right one."""
        return cls("wrong", on, names, address=address)

    @classmethod
    def slow(cls, on: str, *names: str, delay_ms: float) -> Dns:
        """The right answer, late."""
        return cls("slow", on, names, delay_ms)

    def selectors(self) -> tuple[str, ...]:
        """The one."""
        return (self.on,)

    def plan(self, scene: Scene) -> Plan:
        """Evidence: the node's questions are answered as the shape says, on new sockets and on one that was kept."""
        known = [node.name for node in scene.nodes]
        strangers = sorted(set(self.names) - set(known))
        if strangers:
            raise UnsupportedFault(
                f"the stack has no node {', '.join(strangers)} to lie about",
                mend=f"There are: {', '.join(known)}",
            )
        lie = {"answer": self.answer, "delay_ms": self.delay_ms, "address": self.address}

        def probe(node: Node) -> Probe:
            names = list(self.names) or [name for name in known if name != node.name]
            return Probe({"probe": "names", "container": node.container, "names": names, **lie})

        return plan_nodes(
            scene,
            self.on,
            inject=lambda node: {
                "do": "dns.lie",
                "container": node.container,
                "names": list(self.names),
                **lie,
            },
            heal=lambda node: {"do": "dns.unlie", "container": node.container},
            probe=probe,
        )
