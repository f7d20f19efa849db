"""A name server of our own in a node's namespace: it lies about some names, and passes the others on.

The engine answers names at 127.0.0.11, inside each container's namespace. Questions to it are turned aside to
the liar; what the liar itself asks goes through. They are turned aside in a conntrack zone of their own: a
resolver that keeps one socket (HAProxy) would otherwise stay on the way that its first question took.
"""

from __future__ import annotations

import heapq
import ipaddress
import re
import select
import socket
import threading
from collections.abc import Iterator
from typing import Any

from . import dns, netfilter, rules
from .clock import now
from .containers import Container, Containers
from .harm import Kept, Left, Step
from .namespaces import Namespace, identity, sockets_in

__all__ = ["SERVER", "Lying", "diversion", "withdrawal"]

SERVER = ("127.0.0.11", 53)
_ZONES = 60_000
_NO_SUCH_NAME = 3
_FORGET_S = 30.0


class _Liar:
    """The server of one injection in one namespace, in a thread of its own."""

    def __init__(self, pid: int, namespace: Namespace, step: Step) -> None:
        self.namespace = namespace
        self._step = step
        self._names = frozenset(str(name).lower() for name in step["names"])
        datagrams = (socket.AF_INET, socket.SOCK_DGRAM)
        self._served, self._asking = sockets_in(pid, [datagrams, datagrams])
        self._served.bind(("127.0.0.1", 0))
        self._asking.bind(("127.0.0.1", 0))
        self._passed: dict[int, tuple[float, bytes, Any]] = {}
        self._later: list[tuple[float, bytes, Any]] = []
        self._ended = False
        threading.Thread(target=self._serve, name="liar", daemon=True).start()

    @property
    def ports(self) -> tuple[int, int]:
        """Where it is asked, and where it asks from."""
        return self._served.getsockname()[1], self._asking.getsockname()[1]

    def close(self) -> None:
        """Answer no more."""
        self._ended = True

    def _serve(self) -> None:
        with self._served, self._asking:
            while not self._ended:
                ready, _, _ = select.select([self._served, self._asking], [], [], self._rest_s())
                for own in ready:
                    try:
                        message, whom = own.recvfrom(4096)
                        (self._asked if own is self._served else self._told)(message, whom)
                    except OSError:
                        continue
                while self._later and self._later[0][0] <= now():
                    _, message, whom = heapq.heappop(self._later)
                    self._send(message, whom)

    def _rest_s(self) -> float:
        return min(0.1, max(0.0, self._later[0][0] - now())) if self._later else 0.1

    def _asked(self, message: bytes, whom: Any) -> None:
        asked = dns.question(message)
        lie = asked is not None and (not self._names or asked.name in self._names)
        kind = self._step["answer"]
        if asked is None or not lie or kind == "slow":
            self._pass_on(message, whom, late=lie)
        elif kind == "nxdomain":
            self._send(dns.answer(message, asked, error=_NO_SUCH_NAME), whom)
        elif kind == "wrong":
            address = ipaddress.IPv4Address(self._step["address"]).packed
            self._send(dns.answer(message, asked, address=address), whom)

    def _pass_on(self, message: bytes, whom: Any, *, late: bool) -> None:
        begun = now() + (float(self._step.get("delay_ms", 0.0)) / 1000 if late else 0.0)
        free = next(number for number in range(65536) if number not in self._passed)
        self._passed = {n: kept for n, kept in self._passed.items() if now() - kept[0] < _FORGET_S}
        self._passed[free] = begun, message[:2], whom
        self._asking.sendto(free.to_bytes(2, "big") + message[2:], SERVER)

    def _told(self, message: bytes, _whom: Any) -> None:
        kept = self._passed.pop(int.from_bytes(message[:2], "big"), None)
        if kept is not None:
            due, number, whom = kept
            heapq.heappush(self._later, (due, number + message[2:], whom))

    def _send(self, message: bytes, whom: Any) -> None:
        try:
            self._served.sendto(message, whom)
        except OSError:
            return  # whoever asked is gone


class Lying(Kept):
    """The step's ``names`` (none: all) get its ``answer``: silence, nxdomain, wrong (an ``address``) or slow."""

    alone = "diverted names"

    def __init__(self, containers: Containers) -> None:
        super().__init__(containers)
        self._liars: dict[tuple[str, str], _Liar] = {}

    def make(self, injection: str, container: Container, step: Step) -> None:
        """A server in the namespace, and the way to it. What an earlier one stood for is taken away first."""
        namespace = identity(container.pid)
        before = self._liars.get((injection, container.id))
        if namespace is None or (before is not None and before.namespace == namespace):
            return
        if before is not None:
            before.close()
        liar = self._liars[injection, container.id] = _Liar(container.pid, namespace, step)
        netfilter.change(container.pid, diversion(injection, *liar.ports))

    def unmake(self, injection: str, container: Container, step: Step) -> None:  # noqa: ARG002  # the protocol's
        """The way first, then the server."""
        _straighten(container.pid, rules.chain(injection))
        if liar := self._liars.pop((injection, container.id), None):
            liar.close()

    def left(self, container: Container) -> Iterator[Left]:
        """Ways of ours that lead somewhere else than to the engine's server."""
        saved = netfilter.saved(container.pid, table="nat")
        if withdrawal(saved):
            what = f"{container.name} has its names diverted"
            yield Left(what, lambda: _straighten(container.pid, rules.FAULT))


def _straighten(pid: int, stem: str) -> None:
    for table in ("nat", "raw"):
        script = withdrawal(netfilter.saved(pid, table=table), stem)
        if script:
            netfilter.change(pid, script)


def diversion(injection: str, served: int, asking: int) -> str:
    """Turn questions to the engine's server aside, except the liar's own. Pure.

    Args:
        injection: the id, which names the chains and picks the zone.
        served: the liar's port.
        asking: the port that the liar asks from.
    """
    own = f"{rules.chain(injection)}-D"
    zone = 1 + int(own[-12:-2], 16) % _ZONES
    jump = f'-I OUTPUT -p udp -m comment --comment "harness:{injection}" -j {own}'
    question = f"-A {own} -d {SERVER[0]} -p udp -m udp --dport {SERVER[1]} ! --sport {asking}"
    return "\n".join(
        [
            "*raw",
            f":{own} - [0:0]",
            f"{question} -j CT --zone {zone}",
            f"-A {own} -s 127.0.0.1 -p udp -m udp --sport {served} -j CT --zone {zone}",
            jump,
            "COMMIT",
            "*nat",
            f":{own} - [0:0]",
            f"{question} -j DNAT --to-destination 127.0.0.1:{served}",
            jump,
            "COMMIT",
            "",
        ]
    )


def withdrawal(saved: str, stem: str = rules.FAULT) -> str:
    """What takes the chains out that `iptables-save` shows of one table; empty when there is none. Pure."""
    chains = re.findall(rf"^:({re.escape(stem)}\S*-D) ", saved, re.MULTILINE)
    jumps = [
        line for line in saved.splitlines() if line.startswith("-A OUTPUT ") and line.split()[-1] in chains
    ]
    if not chains:
        return ""
    table = re.findall(r"^\*(\w+)$", saved, re.MULTILINE)[0]
    lines = ["-D" + line.removeprefix("-A") for line in jumps]
    lines += [f"-{verb} {name}" for verb in "FX" for name in chains]
    return "\n".join([f"*{table}", *lines, "COMMIT", ""])
