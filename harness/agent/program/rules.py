"""Rules as text: what ``iptables-restore`` shall be given. Pure.

Each injection has two chains of its own in a namespace, so that injections overlap and heal in any
order. Both are made, filled and jumped to in one transaction: the cut comes whole or not at all.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256

__all__ = [
    "CONTAINMENT",
    "FAULT",
    "Drop",
    "chain",
    "clean",
    "containment",
    "fill",
    "install",
    "marks",
    "of_family",
    "remove",
]

FAULT = "HRN-"
"""Every chain of a fault begins so: this is the mark that a sweep looks for."""
CONTAINMENT = "HRNKEEP"
"""The chain that keeps the stack from the world; it is no fault, and no sweep takes it away."""

_JUMP = re.compile(rf"^-A (INPUT|OUTPUT) .*-j ({FAULT}\S+)$")
_CHAIN = re.compile(rf"^:({FAULT}\S+) ")
_COMMENT = re.compile(r'--comment "?([^"]+?)"? -j')


@dataclass(frozen=True, slots=True)
class Drop:
    """What one namespace shall not let pass: addresses that it neither hears nor speaks to."""

    incoming: frozenset[str] = frozenset()
    outgoing: frozenset[str] = frozenset()

    def __bool__(self) -> bool:
        return bool(self.incoming or self.outgoing)


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
    lines = saved.splitlines()
    chains = [made[1] for line in lines if (made := _CHAIN.match(line)) and made[1].startswith(stem)]
    jumps = [line for line in lines if (jump := _JUMP.match(line)) and jump[2].startswith(stem)]
    jumps = ["-D" + line.removeprefix("-A") for line in jumps]
    script = jumps + [f"-{verb} {name}" for verb in "FX" for name in chains]
    return _filter(script) if script else ""


def _jumps(injection: str) -> list[str]:
    comment = f'-m comment --comment "harness:{injection}"'
    stem = chain(injection)
    return [f"INPUT {comment} -j {stem}-I", f"OUTPUT {comment} -j {stem}-O"]


def _filter(lines: list[str]) -> str:
    return "\n".join(["*filter", *lines, "COMMIT", ""])
