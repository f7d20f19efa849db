"""Cuts: ordered pairs of containers between which nothing passes, wherever their addresses go."""

from __future__ import annotations

import contextlib
import threading
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from . import netfilter, rules
from .clock import now
from .containers import Container, Containers
from .namespaces import Namespace, identity
from .refusal import Failed, Gone
from .rules import Drop
from .spread import each

__all__ = ["Cut", "Cuts", "Pair"]

Pair = tuple[str, str]
"""Containers (from, to)."""
_VERSIONS = (4, 6)


@dataclass(slots=True)
class _Applied:
    """What one namespace was given."""

    namespace: Namespace
    drop: Drop
    versions: set[int] = field(default_factory=set)


class Cut:
    """One injection's cut.

    Both ends of a pair drop, so a node that restarts into a clean namespace is still shut out by its
    peers until its own rules are back. A few nodes that have a part in every pair come first: in most cuts
    that is one, and its one change makes the whole cut, in one moment.

    Args:
        injection: the id, which names the chains.
        pairs: who shall not reach whom.
        containers: where the addresses come from.
    """

    def __init__(self, injection: str, pairs: Iterable[Pair], containers: Containers) -> None:
        self.injection = injection
        self.pairs = frozenset(pairs)
        self.reapplied: list[tuple[str, float]] = []
        self._containers = containers
        self._applied: dict[str, _Applied] = {}
        self._seen: set[str] = set()
        self._lock = threading.Lock()
        self._ended = False
        self._first, self._others = _cover(self.pairs)

    def apply(self) -> None:
        """Make the namespaces as they must be now; what is so already is left alone. Raises Failed."""
        with self._lock:
            errors = each(self._apply_to, self._first) + each(self._apply_to, self._others)
        if errors:
            raise Failed("; ".join(errors))

    def end(self) -> None:
        """Take the rules out, the first ones last. Goes on past errors, then raises Failed."""
        self._ended = True
        with self._lock:
            errors = each(self._remove_from, self._others) + each(self._remove_from, self._first)
        if errors:
            raise Failed("; ".join(errors))

    def _apply_to(self, container: str) -> None:
        if self._ended:
            return
        pid = self._containers.get(container).pid
        namespace = identity(pid) if pid else None
        if namespace is None:
            self._applied.pop(container, None)
            return
        wanted = self._drop(container)
        before = self._applied.get(container)
        if before is None or before.namespace != namespace:
            before = self._applied[container] = _Applied(namespace, Drop())
        if before.drop != wanted:
            self._change(pid, before, wanted)
            if container in self._seen:
                self.reapplied.append((container, now()))
            self._seen.add(container)

    def _change(self, pid: int, applied: _Applied, wanted: Drop) -> None:
        for version in _VERSIONS:
            part = rules.of_family(wanted, version)
            if part or version in applied.versions:
                fresh = version not in applied.versions
                netfilter.change(pid, rules.install(self.injection, part, fresh=fresh), version)
                applied.versions.add(version)
        applied.drop = wanted

    def _remove_from(self, container: str) -> None:
        """Out with them: by the known way, and if that is not how it is, by looking."""
        applied = self._applied.get(container)
        pid = self._containers.get(container).pid
        if applied is not None and pid and identity(pid) == applied.namespace:
            for version in sorted(applied.versions):
                _remove(pid, self.injection, version)
                applied.versions.discard(version)
        self._applied.pop(container, None)

    def _drop(self, container: str) -> Drop:
        return Drop(
            frozenset(
                a for src, dst in self.pairs if dst == container for a in self._containers.addresses(src)
            ),
            frozenset(
                a for src, dst in self.pairs if src == container for a in self._containers.addresses(dst)
            ),
        )


def _cover(pairs: frozenset[Pair]) -> tuple[list[str], list[str]]:
    """The nodes of most pairs, as many as have a part in every pair, and the others."""
    counts = Counter(end for pair in sorted(pairs) for end in pair)
    left, first = set(pairs), []
    for container, _ in counts.most_common():
        covered = {pair for pair in left if container in pair}
        if covered:
            first.append(container)
            left -= covered
    return first, [container for container in counts if container not in first]


def _remove(pid: int, injection: str, version: int) -> None:
    try:
        netfilter.change(pid, rules.remove(injection), version)
    except Failed:
        netfilter.clean(pid, version, rules.chain(injection))


def remove_by_looking(injection: str, container: Container) -> None:
    """Take one injection's rules out of a container that this session knows nothing of. Raises Failed."""
    for version in _VERSIONS:
        if container.pid:
            netfilter.clean(container.pid, version, rules.chain(injection))


class Cuts:
    """The cuts of this session that are in force."""

    def __init__(self, containers: Containers) -> None:
        self._containers = containers
        self._active: dict[str, Cut] = {}
        self._lock = threading.Lock()

    def begin(self, injection: str, pairs: Iterable[Pair]) -> None:
        """Cut. Raises Failed, Refused."""
        cut = Cut(injection, pairs, self._containers)
        with self._lock:
            self._active[injection] = cut
        cut.apply()

    def end(self, injection: str, containers: Iterable[str]) -> None:
        """Let pass again; a cut that another session left is found by looking. Raises Failed."""
        cut = self._active.get(injection)
        if cut is None:
            for container in containers:
                with contextlib.suppress(Gone):
                    remove_by_looking(injection, self._containers.refresh(container))
            return
        cut.end()
        with self._lock:
            self._active.pop(injection, None)

    def again(self) -> list[str]:
        """A container came, or has another address: make every cut whole. Returns what went wrong."""
        errors = []
        for cut in list(self._active.values()):
            try:
                cut.apply()
            except Failed as error:
                errors.append(str(error))
        return errors

    def others(self, injection: str) -> frozenset[Pair]:
        """The pairs that injections other than this one cut."""
        cuts = list(self._active.values())
        return frozenset(pair for cut in cuts if cut.injection != injection for pair in cut.pairs)

    def reapplied(self, injection: str) -> list[tuple[str, float]]:
        """Containers, with the time, whose rules were put in again because they or a peer restarted."""
        cut = self._active.get(injection)
        return list(cut.reapplied) if cut else []
