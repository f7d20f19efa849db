"""Interposed links: what one container sends to another's port goes through the proxy, wherever they move.

Nothing in the stack knows of it. DNAT rules stand in the source's namespace, one for every address of every target; the
connections that stood before are destroyed when the rules come, and those through the proxy when they go.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from . import netfilter, rules, sockets
from .clock import now
from .containers import Container, Containers
from .namespaces import Namespace, identity
from .refusal import Failed, Gone, Refused
from .rules import Redirect
from .spread import each

__all__ = ["Interpositions", "Route"]

_VERSIONS = (4, 6)


@dataclass(frozen=True, slots=True)
class Route:
    """One hop that leads through the proxy.

    Attributes:
        source, target: containers.
        port: the target's data port; its other ports are left alone.
        listen: the proxy's port for this hop.
        speaks: what the target answers to: ``http`` or ``postgres``.
    """

    source: str
    target: str
    port: int
    listen: int
    speaks: str = "http"

    @classmethod
    def of(cls, route: Mapping[str, Any]) -> Route:
        """From a step. Raises Refused."""
        try:
            return cls(
                str(route["source"]), str(route["target"]), int(route["port"]), int(route["listen"]),
                str(route.get("speaks", "http")),
            )  # fmt: skip
        except (KeyError, ValueError) as error:
            raise Refused(f"this is no route: {route}") from error


@dataclass(slots=True)
class _Applied:
    """What one namespace was given."""

    namespace: Namespace
    redirects: frozenset[Redirect] = frozenset()
    versions: set[int] = field(default_factory=set)


class _Interposition:
    """The routes of one run."""

    def __init__(self, injection: str, proxy: str, routes: Iterable[Route], containers: Containers) -> None:
        self.injection = injection
        self.proxy = proxy
        self.routes = tuple(routes)
        self.broken: str | None = None
        self.reapplied: list[tuple[str, float]] = []
        self.sources = list(dict.fromkeys(route.source for route in self.routes))
        self._containers = containers
        self._applied: dict[str, _Applied] = {}
        self._seen: set[str] = set()
        self._ended = False
        self._lock = threading.Lock()

    def apply(self) -> None:
        """Make the sources' namespaces as they must be now. Raises Failed."""
        with self._lock:
            errors = each(self._apply_to, self.sources)
        if errors:
            raise Failed("; ".join(errors))

    def end(self) -> None:
        """Traffic goes directly again. Goes on past errors, then raises Failed."""
        self._ended = True
        with self._lock:
            errors = each(self._remove_from, self.sources)
        if errors:
            raise Failed("; ".join(errors))

    def _apply_to(self, source: str) -> None:
        found = self._containers.get(source)
        namespace = identity(found.pid) if found.pid else None
        if self._ended or namespace is None:
            return
        before = self._applied.get(source)
        if before is None or before.namespace != namespace:
            before = self._applied[source] = _Applied(namespace)
        wanted = self._redirects(found)
        if before.redirects == wanted:
            return
        for version in _VERSIONS:
            part = frozenset(r for r in wanted if r.version == version)
            if part or version in before.versions:
                fresh = version not in before.versions
                netfilter.change(found.pid, rules.interpose(self.injection, part, fresh=fresh), version)
                before.versions.add(version)
        sockets.destroy(found.pid, {(r.address, r.port) for r in wanted ^ before.redirects})
        before.redirects = wanted
        if source in self._seen:
            self.reapplied.append((source, now()))
        self._seen.add(source)

    def _redirects(self, source: Container) -> frozenset[Redirect]:
        """One for every address of every target, to the proxy's address on a network that the source is on."""
        proxy = self._containers.get(self.proxy)
        shared = [a for net in source.addresses.keys() & proxy.addresses.keys() for a in proxy.addresses[net]]
        found = set()
        for route in self.routes:
            for address in self._containers.addresses(route.target) if route.source == source.id else ():
                near = next((a for a in sorted(shared) if (":" in a) == (":" in address)), None)
                if near is not None:
                    found.add(Redirect(address, route.port, near, route.listen))
        return frozenset(found)

    def _remove_from(self, source: str) -> None:
        applied = self._applied.pop(source, None)
        found = self._containers.get(source)
        if applied is None or not found.pid or identity(found.pid) != applied.namespace:
            return
        for version in sorted(applied.versions):
            try:
                netfilter.change(found.pid, rules.release(self.injection), version)
            except Failed:
                netfilter.clean(found.pid, version, rules.chain(self.injection))
        sockets.destroy(found.pid, {(r.address, r.port) for r in applied.redirects})


class Interpositions:
    """The interposed links of this session: one run's at a time."""

    def __init__(self, containers: Containers) -> None:
        self._containers = containers
        self._active: _Interposition | None = None

    def begin(self, injection: str, proxy: str, routes: Iterable[Mapping[str, Any]]) -> None:
        """Interpose. Raises Failed, Refused."""
        if self._active is not None:
            raise Refused(f"the links of {self._active.injection} are interposed already")
        if not self._containers.refresh(proxy).proxy:
            raise Refused(f"container {proxy[:12]} is no proxy of the harness")
        self._active = _Interposition(injection, proxy, map(Route.of, routes), self._containers)
        self._active.apply()

    def end(self, injection: str, routes: Iterable[Mapping[str, Any]]) -> None:
        """Let traffic go directly; what another session left is found by looking. Raises Failed."""
        active = self._active
        if active is not None and active.injection == injection:
            active.end()
            self._active = None
            return
        for source, endpoints in self._endpoints(map(Route.of, routes)).items():
            with contextlib.suppress(Gone):
                pid = self._containers.refresh(source).pid
                if pid:
                    for version in _VERSIONS:
                        netfilter.clean(pid, version, rules.chain(injection))
                    sockets.destroy(pid, endpoints)

    def _endpoints(self, routes: Iterable[Route]) -> dict[str, set[tuple[str, int]]]:
        found: dict[str, set[tuple[str, int]]] = {}
        for route in routes:
            endpoints = found.setdefault(route.source, set())
            with contextlib.suppress(Gone):
                endpoints |= {(address, route.port) for address in self._containers.addresses(route.target)}
        return found

    def again(self) -> list[str]:
        """A container came, or has another address. Returns what went wrong."""
        try:
            if self._active is not None and self._active.broken is None:
                self._active.apply()
        except Failed as error:
            return [str(error)]
        return []

    def went(self, container: str) -> str | None:
        """A container died; when it is the proxy, its links lead nowhere and go direct. Returns the trouble."""
        active = self._active
        if active is None or container != active.proxy or active.broken is not None:
            return None
        active.broken = "the proxy of the links died, so they go directly"
        with contextlib.suppress(Failed):
            active.end()
        return active.broken

    @property
    def broken(self) -> str | None:
        """Why the links are not interposed any more though they should be."""
        return self._active.broken if self._active is not None else None

    def proxy(self) -> Container:
        """The proxy as it is now. Raises Refused when there is none."""
        if self._active is None:
            raise Refused("no link is interposed")
        return self._containers.get(self._active.proxy)

    def route(self, source: str, target: str) -> Route:
        """The interposed hop between two containers. Raises Refused."""
        found = self._active.routes if self._active is not None else ()
        for route in found:
            if (route.source, route.target) == (source, target):
                return route
        names = "->".join(self._containers.get(end).name for end in (source, target))
        raise Refused(f"the link {names} is not interposed")

    def reapplied(self) -> list[tuple[str, float]]:
        """Sources, with the time, whose rules were put in again."""
        return list(self._active.reapplied) if self._active is not None else []

    def load_bytes(self, source: str) -> tuple[int, int]:
        """What the load sent to the proxy from this source and got through it, in bytes of packets. Raises Failed."""
        if self._active is None:
            return (0, 0)
        pid = self._containers.get(source).pid
        return netfilter.counted(pid, self._active.injection) if pid else (0, 0)
