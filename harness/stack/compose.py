"""The system under test, brought up, looked at and taken away."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from importlib.resources import files as resources
from pathlib import Path
from typing import Any, Self

from harness.errors import AgentError, StackError
from harness.stack import disks, mirrors
from harness.stack.bring_up import bring_up, build_steps
from harness.stack.clocks import override as with_clocks
from harness.stack.compose_project import ComposeProject
from harness.stack.disks import disks_of
from harness.stack.engine import (
    CLOCK_LABEL,
    CONTROL_LABEL,
    PASSTHROUGH_LABEL,
    PROFILES_LABEL,
    VARIANT_LABEL,
    Container,
    Engine,
)
from harness.stack.files import stack_files
from harness.stack.free_ports import keep_ports
from harness.stack.images import build_stamp, images_of
from harness.stack.model import AGENT_SERVICE, StackModel, load_model
from harness.stack.node import Node
from harness.stack.node_logs import write_logs
from harness.stack.observer import Exec, observe, observe_nothing
from harness.stack.parts import PARTS, check_parts, parts_that_are_up
from harness.stack.passwords import keep_passwords, read_passwords
from harness.stack.paths import override as with_paths
from harness.stack.paths import prepare as prepare_paths
from harness.stack.proxy import PROXY_SERVICE
from harness.stack.roles import Ask, roles_of
from harness.stack.selectors import Kind, check_selector, parse_selector
from harness.stack.state import StateDir, project_name
from harness.stack.teardown import Removed, tear_down
from harness.stack.wholeness import containers_amiss, roles_amiss

__all__ = ["ServiceStatus", "Stack", "take_down"]

_BUILD_WITHIN_S = 1800.0
_UP_WITHIN_S = 240.0
_SECRETS, _PORTS = "secrets.env", "ports.json"
_UP, _IMAGES, _IDENTITY = "up.json", "images.json", "identity.json"
_DISKS, _CLOCKS, _PATHS = "disks.json", "clocks.json", "paths.json"
_LABELS = (VARIANT_LABEL, PROFILES_LABEL, *(f"harness.{part}" for part in PARTS))

Say = Callable[[str], None]


def _quiet(_text: str) -> None:
    """Say nothing."""


@dataclass(frozen=True, slots=True)
class ServiceStatus:
    """One container of the stack, for people and for ``--json``.

    Attributes:
        name, group, site: as in :class:`harness.stack.node.Node`; the agent has no group.
        state, health: as the engine says; health is None without a health check.
        role: its role now; None when it was not asked, or cannot be, or gave no answer.
        variant: the variant it was brought up with; None for the base.
    """

    name: str
    group: str | None
    site: str | None
    state: str
    health: str | None
    role: str | None
    variant: str | None


class Stack:
    """One Compose project with its x-harness section. Making one touches nothing: see :meth:`load`.

    Attributes:
        directory: the folder of the Compose files.
        model: what its files say.
        project: the Compose project's name.
        variant: the variant's name; None for the base.
        profiles: Compose's profiles that it runs with.
        parts: what of it can be harmed besides, of :data:`harness.stack.parts.PARTS`.
        files: the Compose files, base first, the variant's last; the agent's is added at :meth:`up`.
        state: what the harness keeps about the project.
    """

    def __init__(
        self,
        directory: Path,
        model: StackModel,
        files: tuple[Path, ...],
        project: str,
        variant: str | None,
        profiles: tuple[str, ...] = (),
        parts: frozenset[str] = frozenset(),
    ) -> None:
        self.directory = directory
        self.model = model
        self.project = project
        self.variant = variant
        self.profiles = profiles
        self.parts = parts
        self.files = files
        self.state = _state_of(project)
        self.engine = Engine()

    @classmethod
    def load(
        cls,
        directory: Path,
        project: str | None = None,
        variant: str | None = None,
        profiles: Iterable[str] = (),
        parts: Iterable[str] = (),
    ) -> Self:
        """Read a stack's files; nothing is touched, and no engine is needed.

        Args:
            directory: the folder of the Compose files, or the first of them.
            project: the Compose project; None takes ``HARNESS_PROJECT``, else a name made of the path.
            variant: the name of a variant in x-harness; None for the base.
            profiles: Compose's profiles; a service that names others does not exist.
            parts: names of :data:`harness.stack.parts.PARTS`: ``disks`` puts the volumes that x-harness names on
                breakable disks, ``mirrors`` on mirrors of two, ``paths`` under a pass-through; ``clocks`` starts the
                groups that it names with wall clocks that can be skewed.

        Raises:
            StackModelError: a file is missing or wrong, there is no such variant, profile or part, or x-harness does
                not say what a part needs.
        """
        base = stack_files(directory)
        folder = base[0].parent
        asked = tuple(sorted(set(profiles)))
        model = load_model(base, asked)
        files = base
        if variant is not None:
            files = (*base, model.need_variant(variant))
            model = load_model(files, asked)
        wanted = check_parts(parts, model)
        return cls(folder, model, files, project_name(folder, project), variant, asked, wanted)

    @classmethod
    def as_it_is_up(cls, directory: Path, project: str | None = None) -> Self:
        """Read a stack's files as it is up: with its variant, profiles and parts; the base when it is down.

        Raises:
            StackModelError: a file is missing or wrong, or what it is up with is in them no more, or it is up with a
                part that this harness does not know.
        """
        up = _state_of(project_name(stack_files(directory)[0].parent, project)).read(_UP)
        return cls.load(directory, project, up.get("variant"), up.get("profiles", ()), parts_that_are_up(up))

    @property
    def state_dir(self) -> Path:
        """``<cwd>/.harness/<project>``, mode 0700."""
        return self.state.path

    def lock(self) -> AbstractContextManager[None]:
        """Hold the project against other harnesses.

        Raises:
            BusyError: another process holds it.
        """
        return self.state.lock()

    def check(self, selector: str) -> None:
        """Refuse a selector that can name nothing in this stack; no engine is needed.

        Raises:
            SelectorError: it is not of the grammar, or names nothing that the stack has.
        """
        parsed = parse_selector(selector)
        if parsed.kind is not Kind.SITE:
            self.model.need_awake(parsed.name)
        check_selector(parsed, self._planned_nodes(), self.model.vocabulary)

    def _planned_nodes(self) -> tuple[Node, ...]:
        return tuple(self._node(name, name) for name in self.model.services)

    def _node(self, name: str, service: str, container: Container | None = None) -> Node:
        disk = self.model.disk_of(service)
        return Node(
            name,
            self.model.group_of(service),
            container.id if container else "",
            self.model.site_of(service),
            controlled=container is not None and CONTROL_LABEL in container.labels,
            skewable=container is not None and CLOCK_LABEL in container.labels,
            disk=disk.volume if disk and "disks" in self.parts else None,
            mirror=disk.volume if disk and "mirrors" in self.parts else None,
            passthrough=container.labels.get(PASSTHROUGH_LABEL) if container else None,
        )

    # ---- up and down

    def up(self, progress: Say = _quiet, *, timeout_s: float = _UP_WITHIN_S) -> None:
        """Bring the stack up, or what of it is down; quick when it is up already.

        1. Passwords are made and free ports picked; those that are there are kept.
        2. A stack that is up with another variant, other profiles or other parts is taken down, volumes and all.
        3. Images are built when their contexts changed or one is missing.
        4. Breakable disks are made, when they are wanted; those that are there are kept.
        5. The pass-through is built, when paths shall fail, and put before what its services start.
        6. Paused containers go on, stopped ones start, missing ones are made.
        7. It is waited until every service runs, and is healthy where it has a health check.

        Args:
            progress: told in words what is being done.
            timeout_s: the deadline of step 7, in seconds.

        Raises:
            StackModelError: Compose does not accept the files.
            StackError: it did not come up; the failing services' last lines are in it.
            EngineError: the engine is not running, or did not do what was asked.
        """
        self.engine.version()
        self.state.make()
        self._keep_variables()
        self._leave_other_identity(progress)
        config = self._compose.config()
        rebuilt = self._build(config, progress)
        if self._breaks_disks:
            config = self._put_on_disks(config, progress)
        if "paths" in self.parts:
            config = self._lay_passthroughs(progress)
        digest = _digest(config)
        if not rebuilt and self.state.read(_UP).get("config") == digest and not self._amiss():
            return
        progress(f"starting {self.project}")
        passwords = read_passwords(self.state_dir / _SECRETS)
        bring_up(
            self.engine,
            self._compose,
            self.project,
            passwords=passwords,
            progress=progress,
            timeout_s=timeout_s,
        )
        up = {
            "config": digest,
            "services": _expected(config),
            "variant": self.variant,
            "profiles": list(self.profiles),
            "parts": sorted(self.parts),
        }
        self.state.write(_UP, up | {"standbys": self.state.read(_UP).get("standbys", {})})

    def down(self, progress: Say = _quiet) -> Removed:
        """Take away every container, network, volume and breakable disk of the project; what was taken.

        Raises:
            StackError: something is left, named.
            EngineError: the engine does not answer.
        """
        stop: Callable[[], None] | None = None
        if (self.state_dir / _SECRETS).exists():
            stop = self._take_all_down
        removed = tear_down(self.engine, self.project, stop)
        self.state.forget(_UP, _SECRETS, _PORTS, _IDENTITY, _DISKS, _CLOCKS, _PATHS)
        self.__dict__.pop("_compose", None)  # it knows the passwords that are gone
        if removed:
            progress(f"took down {len(removed.containers)} containers of {self.project}")
        return removed

    def _take_all_down(self) -> None:
        """Whatever profiles it is up with: Compose leaves a service alone whose profile is not asked for."""
        self._compose.environment["COMPOSE_PROFILES"] = ",".join(self.model.profiles)
        self._compose.take_down()

    @cached_property
    def _compose(self) -> ComposeProject:
        secrets = self.state_dir / _SECRETS
        agent = Path(str(resources("harness.agent")))
        project = ComposeProject(
            self.project,
            self.directory,
            [
                *self.files,
                agent / "compose.agent.yaml",
                self._identity(),
                *self._on_disks(),
                *self._on_clocks(),
                *self._on_paths(),
            ],
            secrets,
            read_passwords(secrets),
        )
        project.environment["HARNESS_AGENT_DIR"] = str(agent)
        project.environment["COMPOSE_PROFILES"] = ",".join(self.profiles)
        project.environment |= {name: str(port) for name, port in self.state.read(_PORTS).items()}
        return project

    def _identity(self) -> Path:
        """A Compose file (JSON is YAML) that marks every container with what the stack is up with."""
        label = dict(zip(_LABELS, self._marks, strict=True))
        self.state.write(_IDENTITY, {"services": {name: {"labels": label} for name in self.model.services}})
        return self.state_dir / _IDENTITY

    def _on_disks(self) -> list[Path]:
        """A Compose file that puts the volumes on their devices; until they are known it says nothing."""
        if not self._breaks_disks:
            return []
        if not self.state.read(_DISKS):
            self.state.write(_DISKS, disks.override({}))
        return [self.state_dir / _DISKS]

    @property
    def _breaks_disks(self) -> bool:
        return not self.parts.isdisjoint({"disks", "mirrors"})

    def _on_clocks(self) -> list[Path]:
        """A Compose file that starts services with clocks that can be skewed."""
        if "clocks" not in self.parts:
            return []
        self.state.write(_CLOCKS, with_clocks(self.model.need_clocks()))
        return [self.state_dir / _CLOCKS]

    def _on_paths(self) -> list[Path]:
        """A Compose file that starts services with the pass-through; until images are there it says nothing."""
        if "paths" not in self.parts:
            return []
        if not self.state.read(_PATHS):
            self.state.write(_PATHS, {"services": {}})
        return [self.state_dir / _PATHS]

    def _lay_passthroughs(self, progress: Say) -> dict[str, Any]:
        """Have the pass-through there, and its services start with it; Compose's merged files with that."""
        prepare_paths(self.engine, self.project, progress)
        self.state.write(_PATHS, {"services": {}})  # what they start without it, as the files are now
        places = self.model.need_paths()
        start = self.engine.image_start
        self.state.write(_PATHS, with_paths(self.project, places, self._compose.config(), start))
        return self._compose.config()

    def _put_on_disks(self, config: Mapping[str, Any], progress: Say) -> dict[str, Any]:
        """Have the devices there, and their volumes on them; Compose's merged files with that."""
        kind = mirrors if "mirrors" in self.parts else disks
        wanted = disks_of(self.model, config)
        known = self.state.read(_DISKS)
        if kind.is_ready(self.project, wanted, known):
            return self._compose.config()
        file = kind.made(self.engine, self.project, wanted)
        if known.get("volumes") and known != file:
            # The host was started anew: the numbers of its devices are others, and a volume keeps the one it had.
            progress(f"the disks of {self.project} have moved: it is taken down and built anew")
            self.down(progress)
            self._keep_variables()
            file = kind.made(self.engine, self.project, wanted)
        self.state.write(_DISKS, file)
        return self._compose.config()

    def _keep_variables(self) -> None:
        keep_passwords(self.state_dir / _SECRETS, self.model.secrets)
        self.state.write(_PORTS, keep_ports(self.state.read(_PORTS), self.model.free_ports))

    @property
    def _marks(self) -> tuple[str, ...]:
        parts = ("yes" if part in self.parts else "" for part in PARTS)
        return (self.variant or "", ",".join(self.profiles), *parts)

    def _leave_other_identity(self, progress: Say) -> None:
        have = {tuple(c.labels.get(label, "") for label in _LABELS) for c in self._containers()}
        other = have - {self._marks}
        if not other:
            return
        names = " and ".join(sorted(map(_identity_words, other)))
        progress(f"{self.project} is up with {names}: it is taken down and built anew")
        self.down(progress)
        self._keep_variables()

    def _build(self, config: Mapping[str, Any], progress: Say) -> bool:
        """Build when the stamp says so; whether it did."""
        stamp = build_stamp(config, self.project, self.engine.image_id)
        if stamp is not None and stamp == self.state.read(_IMAGES):
            return False
        names = sorted(name.removeprefix(f"{self.project}-") for name in images_of(config, self.project))
        if not names:
            return False
        progress(f"building the images {', '.join(names)} (the first time takes minutes)")
        self._compose.build_images(_BUILD_WITHIN_S, build_steps(progress))
        self.state.write(_IMAGES, build_stamp(config, self.project, self.engine.image_id) or {})
        return True

    # ---- what is there

    def _containers(self) -> list[Container]:
        ours = (AGENT_SERVICE, PROXY_SERVICE)
        return [one for one in self.engine.containers(self.project) if one.service not in ours]

    def _named(self) -> list[tuple[str, Container]]:
        """Each container with its node's name: the service's, numbered when it has several containers."""
        containers = self._containers()
        count = {c.service: sum(o.service == c.service for o in containers) for c in containers}
        return [(c.service if count[c.service] == 1 else f"{c.service}-{c.number}", c) for c in containers]

    def nodes(self) -> tuple[Node, ...]:
        """Every node of the stack, running or not; the agent is none. None at all when it is down."""
        return tuple(self._node(name, container.service, container) for name, container in self._named())

    def contained(self) -> list[str]:
        """The ids of the containers that shall have no way out: all but those of ``containment.open``."""
        return [c.id for c in self._containers() if c.service not in self.model.open]

    def agent_container(self) -> str:
        """The id of the agent's container.

        Raises:
            StackError: the stack is not up.
        """
        for container in self.engine.containers(self.project):
            if container.service == AGENT_SERVICE and container.state == "running":
                return container.id
        raise StackError(f"{self.project} has no agent running", mend="Run: harness up")

    def published(self) -> str:
        """Where the load goes: ``http://127.0.0.1:PORT``.

        Raises:
            StackModelError: x-harness has no ``load``.
            StackError: the port is not published, or the stack is not up.
        """
        load = self.model.need_load()
        for container in self._containers():
            for port, _, host_port in container.ports:
                if container.service == load.service and port == load.port:
                    return f"http://127.0.0.1:{host_port}"
        raise StackError(
            f"{load.service} publishes no port {load.port}",
            where=self.project,
            mend=f'Run: harness up. It needs ports: ["127.0.0.1::{load.port}"] and an ordinary network',
        )

    def load_secrets(self) -> dict[str, str]:
        """The passwords that the load is given, by name; they go into no file of a run."""
        known = read_passwords(self.state_dir / _SECRETS)
        return {name: known[name] for name in self.model.need_load().secrets if name in known}

    def status(self, ask: Ask | None = None) -> list[ServiceStatus]:
        """Every container of the stack, the agent last.

        Args:
            ask: the agent; without it no roles are asked.
        """
        roles = roles_of(self.nodes(), self.model.groups, ask) if ask else {}
        found = [self._status(name, container, roles.get(name)) for name, container in self._named()]
        agents = [c for c in self.engine.containers(self.project) if c.service == AGENT_SERVICE]
        return found + [ServiceStatus(c.service, None, None, c.state, c.health, None, None) for c in agents]

    def _status(self, name: str, container: Container, role: str | None) -> ServiceStatus:
        node = self._node(name, container.service, container)
        variant = container.labels.get(VARIANT_LABEL) or None
        return ServiceStatus(name, node.group, node.site, container.state, container.health, role, variant)

    def whole(self, ask: Ask) -> list[str]:
        """Why the stack is not whole now; empty when it is.

        Every service's containers run, and are healthy where they have a health check; every group that
        can be asked has one primary or leader, an answer from each node, and its synchronous standbys;
        the ``whole`` command of x-harness, if there is one, exits with 0.
        """
        amiss = self._amiss()
        up = self.state.read(_UP)
        before = dict(up.get("standbys", {}))
        more, standbys = roles_amiss(self.nodes(), self.model.groups, ask, before)
        most = {group: max(count, before.get(group, 0)) for group, count in standbys.items()}
        if up and most != before:
            self.state.write(_UP, up | {"standbys": most})
        return amiss + more + self._said_amiss(ask)

    def _amiss(self) -> list[str]:
        expected = self.state.read(_UP).get("services") or dict.fromkeys(self.model.services, 1)
        return containers_amiss(expected, self.engine.containers(self.project))

    def _said_amiss(self, ask: Ask) -> list[str]:
        command = self.model.whole
        if command is None:
            return []
        container = self._healthy_in(command.group)
        if container is None:
            return [f"no node of {command.group} is up to run x-harness.whole"]
        try:
            code, output = ask.run(container.id, list(command.command), timeout_s=command.timeout_s)
        except AgentError as error:
            return [f"x-harness.whole could not be asked: {error}"]
        return [f"{command.command[0]} says: {output.strip() or f'code {code}'}"] if code else []

    def _healthy_in(self, group: str) -> Container | None:
        members = (c for c in self._containers() if self.model.group_of(c.service) == group)
        return next((container for container in members if container.up), None)

    # ---- what it says

    def logs(self, into: Path, since: datetime | None = None) -> list[Path]:
        """Write each node's log, and the agent's, to ``<into>/<node>.log``, without passwords.

        Args:
            into: the folder.
            since: leave out what is older (a moment with its time zone).
        """
        agents = [(c.service, c) for c in self.engine.containers(self.project) if c.service == AGENT_SERVICE]
        passwords = read_passwords(self.state_dir / _SECRETS)
        return write_logs(self.engine, [*self._named(), *agents], into, passwords, since)

    def observe(self, run_id: str, into: Path, timeout_s: float | None = None) -> None:
        """Run the observer in one healthy node of its group, and stream its lines into a file.

        A source that could not be read has an ``incomplete`` line with the reason; see
        :mod:`harness.observations`.

        Args:
            run_id: given to the observer as ``HARNESS_RUN``.
            into: the file, made anew.
            timeout_s: the deadline; None takes the section's.

        Raises:
            StackModelError: x-harness has no ``observer``.
            EngineError: the engine does not answer.
        """
        observer = self.model.need_observer()
        container = self._healthy_in(observer.group)
        if container is None:
            observe_nothing(into, f"no node of {observer.group} is up and healthy to run the observer")
            return
        limit = observer.timeout_s if timeout_s is None else timeout_s
        observe(Exec(container.id, container.service, observer.command, limit, {"HARNESS_RUN": run_id}), into)


def _state_of(project: str) -> StateDir:
    return StateDir(Path.cwd() / ".harness" / project)


def _identity_words(marks: tuple[str, ...]) -> str:
    variant, profiles, *have = marks
    words = [
        f"variant {variant}" if variant else "no variant",
        f"profile {profiles}" if profiles else "no profile",
    ]
    parts = [part.words for part, mark in zip(PARTS.values(), have, strict=True) if mark]
    return ", ".join([*words, *parts])


def take_down(project: str, progress: Say = _quiet) -> Removed:
    """Take a project away without its files: they changed, are wrong, or are gone.

    Raises:
        StackError: something is left, named.
        EngineError: the engine does not answer.
    """
    removed = tear_down(Engine(), project)
    _state_of(project).forget(_UP, _SECRETS, _PORTS, _IDENTITY, _DISKS, _CLOCKS, _PATHS)
    if removed:
        progress(f"took down {len(removed.containers)} containers of {project}")
    return removed


def _digest(config: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(config, sort_keys=True).encode()).hexdigest()


def _expected(config: Mapping[str, Any]) -> dict[str, int]:
    """How many containers each service has."""
    return {name: _replicas(service) for name, service in config["services"].items()}


def _replicas(service: Mapping[str, Any]) -> int:
    given = service.get("scale", (service.get("deploy") or {}).get("replicas"))
    return 1 if given is None else int(given)
