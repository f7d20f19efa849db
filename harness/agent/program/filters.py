"""Rules of one node that let some packets pass and others not: by peer, by port, by lot, by connection."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from . import netfilter, rules
from .containers import Container, Containers
from .harm import Kept, Step
from .namespaces import Namespace, identity

__all__ = ["Filters", "HalfOpen", "bodies", "established"]

_VERSIONS = (4, 6)
_ESTABLISHED = "01"

Sides = tuple[list[str], list[str]]
"""The rules for what comes in, and for what goes out."""


@dataclass(slots=True)
class _Made:
    namespace: Namespace
    sides: dict[int, Sides] = field(default_factory=dict)


class Filters(Kept):
    """The step's ``rules`` in the two chains of an injection: see `bodies`."""

    def __init__(self, containers: Containers) -> None:
        super().__init__(containers)
        self._made: dict[tuple[str, str], _Made] = {}

    def make(self, injection: str, container: Container, step: Step) -> None:
        """Each IP version's rules by one transaction; those that stand already are left alone."""
        namespace = identity(container.pid)
        if namespace is None:
            return
        made = self._made.get((injection, container.id))
        if made is None or made.namespace != namespace:
            made = self._made[injection, container.id] = _Made(namespace)
        for version in _VERSIONS:
            sides = self.sides(container, step, version)
            fresh = version not in made.sides
            if made.sides.get(version, ([], [])) != sides:
                netfilter.change(container.pid, rules.fill(injection, *sides, fresh=fresh), version)
                made.sides[version] = sides

    def sides(self, container: Container, step: Step, version: int) -> Sides:  # noqa: ARG002  # a subclass needs it
        """The rules of one IP version."""
        sides: Sides = ([], [])
        for rule in step["rules"]:
            peer = rule.get("peer")
            addresses = None if peer is None else self._containers.addresses(peer)
            sides[rule["way"] == "out"].extend(bodies(rule, addresses, version))
        return sides

    def unmake(self, injection: str, container: Container, step: Step) -> None:  # noqa: ARG002  # the protocol's
        """By looking, so it does not matter who made it."""
        self._made.pop((injection, container.id), None)
        for version in _VERSIONS:
            netfilter.clean(container.pid, version, rules.chain(injection))

    def concerns(self, step: Step, container: str) -> bool:
        """Also a peer: its address stands in the rules."""
        return container in (step["container"], *(rule.get("peer") for rule in step["rules"]))


class HalfOpen(Filters):
    """What is established with the step's ``peers`` at the moment dies silently; what begins later is let alone."""

    def sides(self, container: Container, step: Step, version: int) -> Sides:
        """Two rules a connection, by both addresses and both ports."""
        peers = frozenset(address for peer in step["peers"] for address in self._containers.addresses(peer))
        incoming, outgoing = [], []
        for own, own_port, peer, peer_port in established(container.pid, version, peers):
            incoming.append(
                f"-s {peer} -d {own} -p tcp -m tcp --sport {peer_port} --dport {own_port} -j DROP"
            )
            outgoing.append(
                f"-s {own} -d {peer} -p tcp -m tcp --sport {own_port} --dport {peer_port} -j DROP"
            )
        return incoming, outgoing

    def concerns(self, step: Step, container: str) -> bool:  # noqa: ARG002  # the protocol's
        """Nobody: what was established before a restart is gone with it."""
        return False


def bodies(rule: dict[str, Any], addresses: Iterable[str] | None, version: int) -> list[str]:
    """A rule as the words of ``iptables``, once for each address. Pure.

    Args:
        rule: ``way`` (``in`` or ``out``), and if given ``port`` (of this node), ``share`` (of packets, by lot),
            ``reset`` (say no by a TCP reset; else say nothing).
        addresses: the peer's; None is whoever is not this node itself.
        version: of IP; addresses of the other one are left out.
    """
    incoming = rule["way"] == "in"
    words = (
        [f"-p tcp -m tcp {'--dport' if incoming else '--sport'} {rule['port']:d}"] if rule.get("port") else []
    )
    if rule.get("share") is not None:
        words.append(f"-m statistic --mode random --probability {rule['share']:.9f}")
    words.append("-j REJECT --reject-with tcp-reset" if rule.get("reset") else "-j DROP")
    if addresses is None:
        ends = ["! -i lo" if incoming else "! -o lo"]
    else:
        ends = [
            f"{'-s' if incoming else '-d'} {one}"
            for one in sorted(addresses)
            if (":" in one) == (version == 6)  # noqa: PLR2004
        ]
    return [" ".join([end, *words]) for end in ends]


def established(pid: int, version: int, peers: frozenset[str]) -> list[tuple[str, int, str, int]]:
    """The TCP connections of a process's namespace with these peers: own address and port, the peer's."""
    found = set()
    for table in ("tcp", "tcp6"):
        try:
            lines = Path(f"/proc/{pid}/net/{table}").read_text(encoding="ascii").splitlines()[1:]
        except OSError:
            continue
        for line in lines:
            _, own, peer, state = line.split()[:4]
            ends = (*_end(own), *_end(peer))
            if state == _ESTABLISHED and ends[2] in peers and (":" in ends[2]) == (version == 6):  # noqa: PLR2004
                found.add(ends)
    return sorted(found)


def _end(text: str) -> tuple[str, int]:
    """``0100007F:1F90``: the address in the host's byte order, word by word, and the port."""
    digits, port = text.split(":")
    words = [bytes.fromhex(digits[i : i + 8])[::-1] for i in range(0, len(digits), 8)]
    address = ipaddress.ip_address(b"".join(words))
    mapped = getattr(address, "ipv4_mapped", None)
    return str(mapped or address), int(port, 16)
