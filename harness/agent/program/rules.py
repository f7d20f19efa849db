"""Rules as text: what ``iptables-restore`` shall be given. Pure.

Each injection has two chains of its own in a namespace, so that injections overlap and heal in any
order. Both are made, filled and jumped to in one transaction: the cut comes whole or not at all. A table is a
transaction of its own.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256

__all__ = [
    "CONTAINMENT",
    "DIRECT_PORTS",
    "FAULT",
    "PROBE_PORTS",
    "Drop",
    "Redirect",
    "chain",
    "clean",
    "containment",
    "counted",
    "fill",
    "install",
    "interpose",
    "marks",
    "of_family",
    "release",
    "remove",
]

FAULT = "HRN-"
"""Every chain of a fault begins so: this is the mark that a sweep looks for."""
CONTAINMENT = "HRNKEEP"
"""The chain that keeps the stack from the world; it is no fault, and no sweep takes it away."""

PROBE_PORTS = (61000, 61999)
"""From these the probes of links connect, above the ports that the kernel gives to others: they are not the load."""
DIRECT_PORTS = (62000, 62999)
"""What comes from these goes directly, past the proxy: so its own overhead can be measured."""

_JUMP = re.compile(rf"^-A (INPUT|OUTPUT) .*-j ({FAULT}\S+)$")
_CHAIN = re.compile(rf"^:({FAULT}\S+) ")
_COMMENT = re.compile(r'--comment "?([^"]+?)"? -j')
_COUNTED = re.compile(rf"^\[\d+:(\d+)\] -A ({FAULT}\S+) ")


@dataclass(frozen=True, slots=True)
class Drop:
    """What one namespace shall not let pass: addresses that it neither hears nor speaks to."""

    incoming: frozenset[str] = frozenset()
    outgoing: frozenset[str] = frozenset()

    def __bool__(self) -> bool:
        return bool(self.incoming or self.outgoing)


@dataclass(frozen=True, slots=True)
class Redirect:
    """What one namespace shall send elsewhere: connections to an address and port, to the proxy's."""

    address: str
    port: int
    proxy: str
    listen: int

    @property
    def version(self) -> int:
        """The IP version."""
        return 6 if ":" in self.address else 4


def chain(injection: str) -> str:
    """The stem of an injection's chains: ids are of any length, names of chains are not."""
    return FAULT + sha256(injection.encode()).hexdigest()[:10]


def of_family(drop: Drop, version: int) -> Drop:
    """The addresses of one IP version."""
    return Drop(_of_version(drop.incoming, version), _of_version(drop.outgoing, version))


def _of_version(addresses: Iterable[str], version: int) -> frozenset[str]:
    return frozenset(address for address in addresses if (":" in address) == (version == 6))  # noqa: PLR2004


def install(injection: str, drop: Drop, *, fresh: bool) -> str:
    """Put the rules in. ``fresh``: this namespace has none of them yet; else only the addresses changed."""
    incoming = [f"-s {address} -j DROP" for address in sorted(drop.incoming)]
    outgoing = [f"-d {address} -j DROP" for address in sorted(drop.outgoing)]
    return fill(injection, incoming, outgoing, fresh=fresh)


def fill(injection: str, incoming: Iterable[str], outgoing: Iterable[str], *, fresh: bool) -> str:
    """Give an injection's two chains these rules, each without its chain. ``fresh``: as for `install`."""
    stem = chain(injection)
    lines = [f":{stem}-I - [0:0]", f":{stem}-O - [0:0]"]
    lines += [f"-A {stem}-I {rule}" for rule in incoming] + [f"-A {stem}-O {rule}" for rule in outgoing]
    if fresh:
        lines += [f"-I {jump}" for jump in _jumps(injection)]
    return _filter(lines)


def remove(injection: str) -> str:
    """Take the rules out."""
    stem = chain(injection)
    lines = [f"-D {jump}" for jump in _jumps(injection)]
    return _filter(lines + [f"-{verb} {stem}-{side}" for verb in "FX" for side in "IO"])


def interpose(injection: str, redirects: Iterable[Redirect], *, fresh: bool) -> str:
    """Send connections to the proxy, and count what passes that is not a probe's.

    ``fresh``: this namespace has none of it yet; else only the addresses changed.
    """
    stem, wanted = chain(injection), sorted(redirects, key=lambda r: (r.address, r.port))
    direct, probes = _range(DIRECT_PORTS), _range((PROBE_PORTS[0], DIRECT_PORTS[1]))
    nat = [f":{stem}-N - [0:0]"]
    nat += [
        f"-A {stem}-N -d {r.address} -p tcp -m tcp --dport {r.port} ! --sport {direct}"
        f" -j DNAT --to-destination {f'[{r.proxy}]' if r.version == 6 else r.proxy}:{r.listen}"  # noqa: PLR2004
        for r in wanted
    ]
    count = [f":{stem}-U - [0:0]", f":{stem}-D - [0:0]"]
    count += [f"-A {stem}-U -d {r.proxy} -p tcp -m tcp --dport {r.listen} ! --sport {probes}" for r in wanted]
    # What comes in bears the proxy's address still: it is given back the target's only behind this table.
    count += [f"-A {stem}-D -s {r.proxy} -p tcp -m tcp --sport {r.listen} ! --dport {probes}" for r in wanted]
    if fresh:
        nat += [f"-I {jump}" for jump in _link_jumps(injection, "nat")]
        count += [f"-I {jump}" for jump in _link_jumps(injection, "filter")]
    return _table("nat", nat) + _filter(count)


def release(injection: str) -> str:
    """Let connections go directly again."""
    stem = chain(injection)
    nat = [f"-D {jump}" for jump in _link_jumps(injection, "nat")]
    count = [f"-D {jump}" for jump in _link_jumps(injection, "filter")]
    nat += [f"-{verb} {stem}-N" for verb in "FX"]
    count += [f"-{verb} {stem}-{side}" for verb in "FX" for side in "UD"]
    return _table("nat", nat) + _filter(count)


def counted(saved: str, injection: str) -> tuple[int, int]:
    """Bytes of packets sent to the proxy and received through it, of an ``iptables-save -c``."""
    stem, found = chain(injection), {"U": 0, "D": 0}
    for line in saved.splitlines():
        rule = _COUNTED.match(line)
        if rule and rule[2][:-2] == stem and rule[2][-1] in found:
            found[rule[2][-1]] += int(rule[1])
    return found["U"], found["D"]


def containment(gateways: Iterable[str], *, fresh: bool) -> str:
    """Answer whoever came in by a published port, and begin nothing towards the host.

    ``fresh``: this namespace has none of it yet; else only the gateways changed.
    """
    lines = [f":{CONTAINMENT} - [0:0]"]
    lines += [
        f"-A {CONTAINMENT} -d {gateway} -m conntrack --ctstate NEW -j DROP" for gateway in sorted(gateways)
    ]
    if fresh:
        lines.append(f"-I OUTPUT -j {CONTAINMENT}")
    return _filter(lines)


def marks(saved: str) -> list[str]:
    """What an ``iptables-save`` shows of faults: the injections' names, or chains without a jump."""
    found = {}
    for line in saved.splitlines():
        if jump := _JUMP.match(line):
            comment = _COMMENT.search(line)
            found[jump[2][:-2]] = comment[1] if comment else jump[2]
        elif made := _CHAIN.match(line):
            found.setdefault(made[1][:-2], made[1])
    return sorted(found.values())


def clean(saved: str, stem: str = FAULT) -> str:
    """A script that takes out what an ``iptables-save`` shows of faults; empty when there is nothing.

    Args:
        saved: the output of ``iptables-save``.
        stem: only chains that begin so; by default every fault's.
    """
    return "".join(_clean_table(name, lines, stem) for name, lines in _tables(saved).items())


def _tables(saved: str) -> dict[str, list[str]]:
    tables: dict[str, list[str]] = {}
    name = "filter"
    for line in saved.splitlines():
        if line.startswith("*"):
            name = line[1:]
        tables.setdefault(name, []).append(line)
    return tables


def _clean_table(name: str, lines: list[str], stem: str) -> str:
    chains = [made[1] for line in lines if (made := _CHAIN.match(line)) and made[1].startswith(stem)]
    jumps = [line for line in lines if (jump := _JUMP.match(line)) and jump[2].startswith(stem)]
    jumps = ["-D" + line.removeprefix("-A") for line in jumps]
    script = jumps + [f"-{verb} {name}" for verb in "FX" for name in chains]
    return _table(name, script) if script else ""


def _jumps(injection: str) -> list[str]:
    comment = f'-m comment --comment "harness:{injection}"'
    stem = chain(injection)
    return [f"INPUT {comment} -j {stem}-I", f"OUTPUT {comment} -j {stem}-O"]


def _link_jumps(injection: str, table: str) -> list[str]:
    comment, stem = f'-p tcp -m comment --comment "harness:{injection}"', chain(injection)
    if table == "nat":
        return [f"OUTPUT {comment} -j {stem}-N"]
    return [f"OUTPUT {comment} -j {stem}-U", f"INPUT {comment} -j {stem}-D"]


def _range(ports: tuple[int, int]) -> str:
    return f"{ports[0]}:{ports[1]}"


def _filter(lines: list[str]) -> str:
    return _table("filter", lines)


def _table(name: str, lines: list[str]) -> str:
    return "\n".join([f"*{name}", *lines, "COMMIT", ""])
