"""The project's containers as the engine last described them. Nothing else can be named to the agent."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from .engine import Engine
from .refusal import Gone, Refused

__all__ = ["Container", "Containers", "describe", "of_project"]

PROJECT_LABEL = "com.docker.compose.project"
SERVICE_LABEL = "com.docker.compose.service"
NUMBER_LABEL = "com.docker.compose.container-number"
AGENT_LABEL = "harness.agent"
PROXY_LABEL = "harness.proxy"


@dataclass(frozen=True, slots=True)
class Container:
    """One container at one moment.

    Attributes:
        id: the engine's full id.
        name: the Compose service's name, for people.
        pid: of its first process, as the host counts; 0 when it does not run.
        paused, restarting: by the engine's word.
        exit_code: of its last run; 0 while it runs.
        restart: the name of its restart policy (``no``, ``always``, ``unless-stopped``...).
        proxy: whether it is the harness's own proxy of links, and no node.
        cpus: how many it may use, as it is configured; None is all.
        memory_bytes: how much it may use, as it is configured; None is all.
        addresses: by network id; kept from the last run while it is down.
        labels: every label.
        volumes: where it has a volume -> the volume's name.
    """

    id: str
    name: str
    pid: int = 0
    paused: bool = False
    restarting: bool = False
    exit_code: int = 0
    restart: str = "no"
    proxy: bool = False
    cpus: float | None = None
    memory_bytes: int | None = None
    addresses: dict[str, tuple[str, ...]] = field(default_factory=dict)
    labels: dict[str, str] = field(default_factory=dict)
    volumes: dict[str, str] = field(default_factory=dict)

    @property
    def every_address(self) -> frozenset[str]:
        """On every network that it is on."""
        return frozenset(address for per_network in self.addresses.values() for address in per_network)

    @property
    def should_run(self) -> bool:
        """Whether it is meant to run on, by its policy and by how it ended."""
        return self.restart not in ("", "no") or self.exit_code != 0


def describe(inspected: dict[str, Any]) -> Container:
    """A container from the engine's long description."""
    state, labels = inspected["State"], inspected["Config"]["Labels"] or {}
    networks = inspected["NetworkSettings"]["Networks"] or {}
    running = bool(state["Running"]) and not state.get("Restarting")
    return Container(
        id=inspected["Id"],
        name=labels.get(SERVICE_LABEL) or inspected["Name"].lstrip("/"),
        pid=int(state["Pid"]) if running else 0,
        paused=bool(state["Paused"]),
        restarting=bool(state["Restarting"]),
        exit_code=int(state.get("ExitCode") or 0),
        restart=(inspected["HostConfig"].get("RestartPolicy") or {}).get("Name", "no"),
        proxy=PROXY_LABEL in labels,
        cpus=_cpus(inspected["HostConfig"]),
        memory_bytes=inspected["HostConfig"].get("Memory") or None,
        addresses={
            net["NetworkID"]: _filled(net["IPAddress"], net["GlobalIPv6Address"]) for net in networks.values()
        },
        labels=dict(labels),
        volumes={
            mount["Destination"]: mount["Name"]
            for mount in inspected.get("Mounts") or []
            if mount.get("Type") == "volume"
        },
    )


def _cpus(configured: dict[str, Any]) -> float | None:
    if configured.get("NanoCpus"):
        return float(configured["NanoCpus"] / 1e9)
    if configured.get("CpuQuota"):
        return float(configured["CpuQuota"] / (configured.get("CpuPeriod") or 100_000))
    return None


def _filled(*values: str) -> tuple[str, ...]:
    return tuple(value for value in values if value)


def of_project(labels: Mapping[str, str], project: str) -> bool:
    """Whether a container with these labels is a node of the project.

    Compose labels the images that it builds with the project, too, and whoever runs such an image by hand
    gets a container with that label: only those that Compose made have a number.
    """
    return labels.get(PROJECT_LABEL) == project and NUMBER_LABEL in labels and AGENT_LABEL not in labels


class Containers:
    """The containers of one project.

    Args:
        engine: whom to ask.
        project: the Compose project; a container without its label is refused.
    """

    def __init__(self, engine: Engine, project: str) -> None:
        self._engine = engine
        self._project = project
        self._known: dict[str, Container] = {}
        self._oom_at: dict[str, float] = {}
        self._lock = threading.Lock()

    def get(self, container: str) -> Container:
        """What is known of it. Raises Refused when it is not the project's, Failed without the engine."""
        known = self._known.get(container)
        return known if known is not None else self.refresh(container)

    def refresh(self, container: str) -> Container:
        """Ask the engine again. Raises as `get` does."""
        inspected = self._engine.inspect(container)
        labels = inspected["Config"]["Labels"] or {}
        if not of_project(labels, self._project):
            agent = ": the agent does not touch itself" if AGENT_LABEL in labels else ""
            raise Refused(f"container {container[:12]} is not of the project {self._project}{agent}")
        fresh = describe(inspected)
        with self._lock:
            before = self._known.get(fresh.id)
            if before is not None and not fresh.every_address:
                fresh = replace(fresh, addresses=before.addresses)
            self._known[fresh.id] = fresh
        return fresh

    def refresh_all(self) -> list[Container]:
        """Every container of the project but the agent, asked for now. Raises Failed."""
        found = []
        for container in self._engine.project(self._project):
            try:
                found.append(self.refresh(container))
            except (Gone, Refused):
                continue
        return found

    def knows(self, container: str) -> bool:
        """Whether it is one of these."""
        return container in self._known

    def all(self) -> list[Container]:
        """What is known of each, without asking."""
        return list(self._known.values())

    def the_proxy(self) -> Container | None:
        """The harness's own proxy of links, when the project has one running; asked for only if none is known."""
        known = next((c for c in self.all() if c.proxy), None)
        found = self.refresh(known.id) if known else next((c for c in self.refresh_all() if c.proxy), None)
        return found if found is not None and found.pid else None

    def down(self, container: str) -> None:
        """The engine said that it ended: what is known is corrected before anybody asks again."""
        with self._lock:
            known = self._known.get(container)
            if known is not None:
                self._known[container] = replace(known, pid=0, paused=False)

    def oom(self, container: str, at: float) -> None:
        """The engine said that the kernel killed a process of it, for want of memory."""
        self._oom_at[container] = at

    def oom_at(self, container: str) -> float | None:
        """When the engine said so last; None when it never did."""
        return self._oom_at.get(container)

    def forget(self, container: str) -> None:
        """It was removed."""
        with self._lock:
            self._known.pop(container, None)

    def addresses(self, container: str) -> frozenset[str]:
        """Its addresses; while it is down those of its last run, less what others have taken since."""
        own = self.get(container)
        if own.pid:
            return own.every_address
        with self._lock:
            others = [known for known in self._known.values() if known.pid and known.id != container]
        return own.every_address.difference(*(other.every_address for other in others))
