"""The Docker engine, wrapped once: what of one Compose project is there, and how it is taken away.

Everything here filters by the label ``com.docker.compose.project``; nothing without it is in reach.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

import docker
import requests
from docker.context import ContextAPI
from docker.errors import DockerException, ImageNotFound, NotFound

from harness.errors import EngineError

__all__ = [
    "CLOCK_LABEL",
    "CONTROL_LABEL",
    "PASSTHROUGH_LABEL",
    "PROFILES_LABEL",
    "PROJECT_LABEL",
    "VARIANT_LABEL",
    "Container",
    "Engine",
    "Errand",
    "engine_errors",
    "engine_host",
]

PROJECT_LABEL = "com.docker.compose.project"
VARIANT_LABEL = "harness.variant"
PROFILES_LABEL = "harness.profiles"
CONTROL_LABEL = "harness.control"
"""Where a service says how it can be told to behave otherwise: docs/bring-your-own-stack.md."""
CLOCK_LABEL = "harness.clock"
"""Where a service has the file that skews its wall clock; :mod:`harness.stack.clocks` writes it."""
PASSTHROUGH_LABEL = "harness.passthrough"
"""Where a service has a pass-through over its volume; :mod:`harness.stack.paths` writes it."""
_SERVICE_LABEL = "com.docker.compose.service"
_NUMBER_LABEL = "com.docker.compose.container-number"
_ONEOFF_LABEL = "com.docker.compose.oneoff"
_ANSWER_WITHIN_S = 60


@dataclass(frozen=True, slots=True)
class Container:
    """One container of a project as the engine sees it now.

    Attributes:
        id: the full id.
        name: the engine's name for it.
        service: the Compose service.
        number: which of the service's containers, from 1.
        state: ``created``, ``running``, ``paused``, ``restarting``, ``removing``, ``exited``, ``dead``.
        health: ``healthy``, ``unhealthy``, ``starting``; None without a health check.
        exit_code: of the last end; 0 for one that never ended.
        labels: every label.
        ports: published ports: (port in the container, host address, host port).
    """

    id: str
    name: str
    service: str
    number: int
    state: str
    health: str | None
    exit_code: int
    labels: Mapping[str, str]
    ports: tuple[tuple[int, str, int], ...]

    @property
    def up(self) -> bool:
        """Whether it runs, and is healthy where it has a health check."""
        return self.state == "running" and self.health in (None, "healthy")

    @property
    def condition(self) -> str:
        """Its state in words."""
        if self.state == "running":
            return self.health or "running"
        return f"{self.state} with code {self.exit_code}" if self.state == "exited" else self.state


@dataclass(frozen=True, slots=True, kw_only=True)
class Errand:
    """One program run to its end in a throw-away container of a project.

    Attributes:
        project: the container bears its label, so whoever takes the project away ends the errand too.
        image: a local image.
        command: what to run.
        binds: volumes and folders of the host -> where they are seen.
        capabilities: all that it has; named, because some hosts cannot grant every one.
        devices: the device cgroup's rules (``b 7:* rwm``) that it needs beside the usual ones.
        timeout_s: the deadline, in seconds.
    """

    project: str
    image: str
    command: Sequence[str]
    binds: Mapping[str, str]
    capabilities: Sequence[str]
    devices: Sequence[str]
    timeout_s: float


class Engine:
    """The engine that the environment names (``DOCKER_HOST``, else the CLI's current context)."""

    @cached_property
    def _client(self) -> Any:
        with engine_errors("the Docker engine could not be reached"):
            return docker.DockerClient(base_url=engine_host(), version="auto", timeout=_ANSWER_WITHIN_S)

    def version(self) -> str:
        """The engine's version; asking for it shows that the engine runs.

        Raises:
            EngineError: it does not run, or is out of reach.
        """
        with engine_errors("the Docker engine does not answer"):
            return str(self._client.version()["Version"])

    def host_facts(self) -> dict[str, Any]:
        """The host, for ``run.json``: ``kernel``, ``cpus``, ``memory_mb``, ``cgroup``, ``docker``."""
        with engine_errors("the Docker engine does not answer"):
            info = self._client.info()
        return {
            "kernel": str(info["KernelVersion"]),
            "cpus": int(info["NCPU"]),
            "memory_mb": int(info["MemTotal"]) // 2**20,
            "cgroup": int(info.get("CgroupVersion") or 1),
            "docker": str(info["ServerVersion"]),
        }

    def containers(self, project: str) -> list[Container]:
        """Every container of the project, running or not, by service and number; none of ``compose run``."""
        found = [_container(raw) for raw in self._inspected(project)]
        return sorted(
            (c for c in found if c.labels.get(_ONEOFF_LABEL) != "True"), key=lambda c: (c.service, c.number)
        )

    def _inspected(self, project: str) -> Iterator[Mapping[str, Any]]:
        with engine_errors(f"the containers of {project} could not be listed"):
            for one in self._client.api.containers(all=True, filters=_of(project)):
                with contextlib.suppress(NotFound):  # it went away between the two questions
                    yield self._client.api.inspect_container(one["Id"])

    def leftovers(self, project: str) -> dict[str, dict[str, str]]:
        """What of the project exists: ``containers``, ``networks`` and ``volumes``, id -> name."""
        with engine_errors(f"what {project} has could not be listed"):
            api = self._client.api
            containers = api.containers(all=True, filters=_of(project))
            networks = api.networks(filters=_of(project))
            volumes = api.volumes(filters=_of(project)).get("Volumes") or []
        return {
            "containers": {one["Id"]: _name(one) for one in containers},
            "networks": {one["Id"]: one["Name"] for one in networks},
            "volumes": {one["Name"]: one["Name"] for one in volumes},
        }

    def remove(self, kind: str, ident: str) -> None:
        """Remove one thing that :meth:`leftovers` named; one that is gone already is no error."""
        api = self._client.api
        what = f"the {kind.removesuffix('s')} {ident} could not be removed"
        with engine_errors(what), contextlib.suppress(NotFound):
            if kind == "containers":
                api.remove_container(ident, v=True, force=True)
            elif kind == "networks":
                api.remove_network(ident)
            else:
                api.remove_volume(ident, force=True)

    def networks_of(self, containers: Iterable[str]) -> dict[str, frozenset[str]]:
        """The networks that each container is on, by its id."""
        with engine_errors("the networks of the containers could not be listed"):
            return {
                one: frozenset(
                    net["NetworkID"]
                    for net in (
                        self._client.api.inspect_container(one)["NetworkSettings"]["Networks"] or {}
                    ).values()
                )
                for one in dict.fromkeys(containers)
            }

    def start_helper(
        self,
        name: str,
        image: str,
        command: Sequence[str],
        networks: Sequence[str],
        labels: Mapping[str, str],
    ) -> str:
        """Start a container of the harness beside the stack. It is removed as soon as it ends. Returns its id."""
        api = self._client.api
        with engine_errors(f"the container {name} could not be started"):
            host = api.create_host_config(
                auto_remove=True, network_mode=networks[0], cap_drop=["ALL"], read_only=True,
                security_opt=["no-new-privileges"], dns=["127.0.0.1"], dns_opt=["timeout:1", "attempts:1"],
                log_config={"type": "json-file", "config": {"max-size": "5m"}},
            )  # fmt: skip
            made = api.create_container(
                image, list(command), name=name, labels=dict(labels), host_config=host, user="65534:65534"
            )["Id"]
            try:
                for network in networks[1:]:
                    api.connect_container_to_network(made, network)
                api.start(made)
            except BaseException:
                with contextlib.suppress(DockerException):
                    api.remove_container(made, force=True)
                raise
        return str(made)

    def make_volume(self, project: str, name: str) -> None:
        """Make a volume that goes with the project; one that is there is kept."""
        with engine_errors(f"the volume {name} could not be made"):
            self._client.api.create_volume(name, labels={PROJECT_LABEL: project})

    def run_errand(self, errand: Errand) -> str:
        """Run a program in a container of its own, without a network; what it printed.

        Raises:
            EngineError: it did not end with 0 in time; with what it said.
        """
        api = self._client.api
        with engine_errors(f"{' '.join(errand.command[:4])} could not be run in {errand.image}"):
            made = api.create_container(
                errand.image,
                list(errand.command),
                # Compose's mark of what is no service of the stack.
                labels={PROJECT_LABEL: errand.project, _ONEOFF_LABEL: "True"},
                host_config=api.create_host_config(
                    binds=[f"{source}:{target}" for source, target in errand.binds.items()],
                    network_mode="none",
                    cap_drop=["ALL"],
                    cap_add=list(errand.capabilities),
                    device_cgroup_rules=list(errand.devices),
                    security_opt=["apparmor:unconfined"],
                ),
            )
            try:
                api.start(made["Id"])
                code = api.wait(made["Id"], timeout=errand.timeout_s)["StatusCode"]
                output = api.logs(made["Id"], stdout=True, stderr=False).decode(errors="replace")
                errors = api.logs(made["Id"], stdout=False, stderr=True).decode(errors="replace")
            finally:
                api.remove_container(made["Id"], force=True)
        if code:
            raise EngineError(f"{' '.join(errand.command[:4])}: {errors.strip() or f'code {code}'}")
        return str(output)

    def unpause(self, container: str) -> None:
        """Let a paused container go on."""
        with engine_errors(f"the container {container[:12]} could not be unpaused"):
            self._client.api.unpause(container)

    def image_id(self, name: str) -> str | None:
        """The id of a local image; None when there is none of this name."""
        with engine_errors(f"the image {name} could not be looked up"):
            try:
                return str(self._client.api.inspect_image(name)["Id"])
            except ImageNotFound:
                return None

    def image_start(self, name: str) -> tuple[list[str], list[str], str]:
        """What a local image starts: its entry point, its command, and as which user (empty: root)."""
        with engine_errors(f"the image {name} could not be looked up"):
            config = self._client.api.inspect_image(name)["Config"]
        return list(config.get("Entrypoint") or []), list(config.get("Cmd") or []), config.get("User") or ""

    def log(
        self, container: str, *, since: datetime | None = None, tail: int | None = None
    ) -> Iterator[bytes]:
        """What a container printed, line by line with the time, both streams.

        Args:
            container: its id.
            since: from this moment on (with its time zone); None from the start.
            tail: only the last lines; None for all.
        """
        with engine_errors(f"the log of {container[:12]} could not be read"):
            stream = self._client.api.logs(
                container,
                stream=True,
                follow=False,  # the client follows by itself when it streams
                timestamps=tail is None,
                since=since.timestamp() if since else None,
                tail="all" if tail is None else tail,
            )
            yield from _lines(stream)


def _lines(stream: Iterator[bytes]) -> Iterator[bytes]:
    """Whole lines of a stream whose pieces end anywhere."""
    rest = b""
    for piece in stream:
        *whole, rest = (rest + piece).split(b"\n")
        yield from (line + b"\n" for line in whole)
    if rest:
        yield rest + b"\n"


def engine_host() -> str:
    """Where the engine listens, as the docker command line would find it."""
    given = os.environ.get("DOCKER_HOST")
    if given:
        return given
    with engine_errors("the docker command line's context could not be read"):
        context = ContextAPI.get_current_context()
    return str(context.Host) if context and context.Host else "unix:///var/run/docker.sock"


@contextlib.contextmanager
def engine_errors(what: str) -> Iterator[None]:
    """Turn whatever docker-py raises into an :class:`EngineError`."""
    try:
        yield
    except (DockerException, requests.exceptions.RequestException, OSError) as error:
        if _unreachable(error):
            raise EngineError(
                f"{what}: no engine answers", mend="Run: harness doctor --fix (it starts or installs one)"
            ) from error
        raise EngineError(f"{what}: {_reason(error)}") from error


def _unreachable(error: Exception) -> bool:
    refused = (
        requests.exceptions.ConnectionError | ConnectionRefusedError | FileNotFoundError | PermissionError
    )
    if isinstance(error, refused):
        return True
    return "Error while fetching server API version" in str(error)


def _reason(error: Exception) -> str:
    return str(getattr(error, "explanation", None) or error) or type(error).__name__


def _of(project: str) -> dict[str, str]:
    return {"label": f"{PROJECT_LABEL}={project}"}


def _name(raw: Mapping[str, Any]) -> str:
    names = raw.get("Names") or [raw["Id"][:12]]
    return str(names[0]).removeprefix("/")


def _container(raw: Mapping[str, Any]) -> Container:
    labels = raw["Config"].get("Labels") or {}
    state = raw["State"]
    return Container(
        id=raw["Id"],
        name=raw["Name"].removeprefix("/"),
        service=labels.get(_SERVICE_LABEL, raw["Name"].removeprefix("/")),
        number=int(labels.get(_NUMBER_LABEL, 1)),
        state=state["Status"],
        health=_health(state),
        exit_code=int(state.get("ExitCode") or 0),
        labels=labels,
        ports=_ports(raw["NetworkSettings"].get("Ports") or {}),
    )


def _health(state: Mapping[str, Any]) -> str | None:
    status = (state.get("Health") or {}).get("Status")
    return None if status in (None, "none", "") else str(status)


def _ports(raw: Mapping[str, Any]) -> tuple[tuple[int, str, int], ...]:
    return tuple(
        (int(port.split("/")[0]), bound["HostIp"], int(bound["HostPort"]))
        for port, bounds in raw.items()
        for bound in bounds or []
        if bound.get("HostPort")
    )
