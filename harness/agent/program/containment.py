"""Keeps the stack from the world: no default route, and nothing begun towards the host."""

from __future__ import annotations

import threading
from collections.abc import Iterable

from . import netfilter, rules
from .containers import Container, Containers
from .engine import Engine
from .namespaces import Namespace, identity, run_in
from .refusal import Failed

__all__ = ["Containment"]

_VERSIONS = (4, 6)

_State = tuple[Namespace, frozenset[str]]
"""A namespace and the networks in it: the engine sets a default route with each network that it connects."""


class Containment:
    """The containers that are contained, also after they restart. It is no fault, so no heal ends it.

    An ``internal`` network does not suffice: the host's own end of it, the gateway, can be reached, and some
    engines (20.10) give its members a default route through it.
    """

    def __init__(self, engine: Engine, containers: Containers) -> None:
        self._engine = engine
        self._containers = containers
        self._wanted: set[str] = set()
        self._done: dict[str, _State] = {}
        self._gateways: dict[str, tuple[str, ...]] = {}
        self._lock = threading.Lock()

    def add(self, containers: Iterable[str]) -> None:
        """Contain these from now on. Raises Failed."""
        for container in containers:
            found = self._containers.refresh(container)
            self._wanted.add(found.id)
            self._contain(found)

    def again(self, container: str) -> None:
        """It came back, or is on another network: contain it again, if it shall be. Raises Failed."""
        if container in self._wanted:
            self._contain(self._containers.get(container))

    def _contain(self, container: Container) -> None:
        with self._lock:
            namespace = identity(container.pid) if container.pid else None
            if namespace is None or self._done.get(container.id) == (
                namespace,
                frozenset(container.addresses),
            ):
                return
            for version in _VERSIONS:
                _contain(container, version, self._gateways_of(container, version))
            self._done[container.id] = (namespace, frozenset(container.addresses))

    def _gateways_of(self, container: Container, version: int) -> set[str]:
        found: set[str] = set()
        for network in container.addresses:
            if network not in self._gateways:
                self._gateways[network] = self._engine.gateways(network)
            found |= {g for g in self._gateways[network] if (":" in g) == (version == 6)}  # noqa: PLR2004
        return found


def _contain(container: Container, version: int, gateways: set[str]) -> None:
    code, routes, errors = run_in(container.pid, ["ip", f"-{version}", "route", "show", "default"])
    if code:
        raise Failed(f"{container.name}: its routes cannot be read: {errors.strip()}")
    for route in routes.splitlines():
        run_in(container.pid, ["ip", f"-{version}", "route", "del", *route.split()])
    gateways |= {word for route in routes.splitlines() for word in _via(route)}
    if gateways:
        jumped = rules.CONTAINMENT in netfilter.saved(container.pid, version)
        netfilter.change(container.pid, rules.containment(gateways, fresh=not jumped), version)


def _via(route: str) -> list[str]:
    words = route.split()
    return [words[words.index("via") + 1]] if "via" in words else []
