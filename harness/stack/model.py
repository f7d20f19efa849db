"""The model of the system under test: what a Compose file's ``x-harness`` section means."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from harness.errors import SelectorError, StackModelError
from harness.stack.cross_check import cross_check
from harness.stack.hops import path
from harness.stack.near import did_you_mean
from harness.stack.sections import (
    AlertsSection,
    DiskSection,
    LinkSection,
    LoadSection,
    ObserverSection,
    RoleSource,
    WholeSection,
    XHarness,
)
from harness.stack.source import Source, read_source
from harness.steady import SteadyState

__all__ = ["AGENT_SERVICE", "Group", "StackModel", "load_model"]

AGENT_SERVICE = "harness-agent"
"""The service that the harness adds to every stack; it is not a node."""

_PATRONI_ROLES = ("primary", "sync-standby", "replica", "standby-leader")
_USUAL_ROLES = ("primary", "sync-standby", "replica", "leader", "follower")


@dataclass(frozen=True, slots=True)
class Group:
    """Nodes of one kind.

    Attributes:
        name: what selectors call it.
        nodes: names of its services.
        role: how a node is asked for its role; None when the section does not say.
        roles: the role names that a selector may ask for; empty when roles cannot be asked.
    """

    name: str
    nodes: tuple[str, ...]
    role: RoleSource | None = None
    roles: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class StackModel:
    """A stack as its files describe it.

    Attributes:
        file: the Compose file that holds (or would hold) the x-harness section.
        services: every service of the files, the agent not among them.
        groups: by name; each service that no group names is a group by itself.
        sites: by name, the services that fail together.
        links: ``"from->to"`` with the port.
        disks: by group, where its nodes have a volume that can be put on a breakable disk.
        clocks: groups whose nodes can be started with a wall clock that can be skewed.
        paths: by group, where its nodes see a volume whose paths can be made to fail.
        load, observer, whole, alerts: None when the section does not say.
        steady_state: what counts as good.
        open: services that are not contained: they keep their way out.
        variants: name -> Compose override file (absolute).
        profiles: every profile that a service of the files names.
        dormant: groups and services that exist only with a profile that was not asked for, with their profiles.
        secrets: names of variables to generate.
        free_ports: names of variables that get a free port.
    """

    file: Path
    services: tuple[str, ...]
    groups: Mapping[str, Group]
    sites: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    links: Mapping[str, LinkSection] = field(default_factory=dict)
    disks: Mapping[str, DiskSection] = field(default_factory=dict)
    clocks: tuple[str, ...] = ()
    paths: Mapping[str, str] = field(default_factory=dict)
    load: LoadSection | None = None
    observer: ObserverSection | None = None
    whole: WholeSection | None = None
    alerts: AlertsSection | None = None
    steady_state: SteadyState = field(default_factory=SteadyState)
    open: tuple[str, ...] = ()
    variants: Mapping[str, Path] = field(default_factory=dict)
    profiles: tuple[str, ...] = ()
    dormant: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    secrets: tuple[str, ...] = ()
    free_ports: tuple[str, ...] = ()

    def group_of(self, service: str) -> str:
        """The group that a service belongs to."""
        return next((g.name for g in self.groups.values() if service in g.nodes), service)

    def site_of(self, service: str) -> str | None:
        """The site whose nodes fail together with this one; None when no site names it."""
        return next((name for name, nodes in self.sites.items() if service in nodes), None)

    def disk_of(self, service: str) -> DiskSection | None:
        """Where a service has a volume that can be put on a breakable disk; None when it has none."""
        return self.disks.get(self.group_of(service))

    @property
    def vocabulary(self) -> dict[str, tuple[str, ...]]:
        """The role names that each group knows."""
        return {group.name: group.roles for group in self.groups.values()}

    @property
    def locustfile(self) -> Path:
        """The locustfile, absolute.

        Raises:
            StackModelError: the section has no ``load``.
        """
        return self.file.parent / self.need_load().locustfile

    def need_load(self) -> LoadSection:
        """What drives the stack.

        Raises:
            StackModelError: the section has no ``load``.
        """
        if self.load is None:
            raise self._missing("load", "{locustfile: locustfile.py, service: edge, port: 8080}")
        return self.load

    def need_observer(self) -> ObserverSection:
        """The command that prints the final books.

        Raises:
            StackModelError: the section has no ``observer``.
        """
        if self.observer is None:
            raise self._missing("observer", "{group: payments, command: [payments-observer]}")
        return self.observer

    def need_disks(self) -> Mapping[str, DiskSection]:
        """The volumes that can be put on breakable disks.

        Raises:
            StackModelError: the section names none.
        """
        if not self.disks:
            raise self._missing("disks", "{ledger: {volume: /var/lib/ledger}}")
        return self.disks

    def need_clocks(self) -> tuple[str, ...]:
        """The services whose wall clocks can be skewed.

        Raises:
            StackModelError: the section names none.
        """
        if not self.clocks:
            raise self._missing("clocks", "[ledger]")
        return tuple(service for service in self.services if self.group_of(service) in self.clocks)

    def need_paths(self) -> dict[str, str]:
        """The services with a volume whose paths can be made to fail, and where they see it.

        Raises:
            StackModelError: the section names none.
        """
        if not self.paths:
            raise self._missing("paths", "{ledger: /var/lib/ledger}")
        groups = {service: self.group_of(service) for service in self.services}
        return {service: self.paths[group] for service, group in groups.items() if group in self.paths}

    def need_link(self, name: str) -> LinkSection:
        """The link of this name, ``"from->to"``; each end is a group or one of its nodes.

        Raises:
            SelectorError: the name is not of that form, or an end exists only with a profile that was not asked for.
            StackModelError: the section has no such link; where other links lead there, they are named.
        """
        ends = self._ends(name)
        found = self.links.get("->".join(ends))
        if found is not None:
            return found
        hops = path(ends[0], ends[1], self.links)
        if len(hops) > 1:
            raise StackModelError(
                f"{name} is not one TCP hop but {len(hops)}: {', '.join(hops)}",
                where=repr(name),
                mend="Name the hop that shall be harmed",
            )
        hint = f" {did_you_mean(name, self.links)}" if self.links else ""
        raise self._missing(f"links.{'->'.join(ends)}", f"{{port: 5432}}.{hint}")

    def _ends(self, name: str) -> tuple[str, ...]:
        """The groups of a link's two ends."""
        ends = name.split("->")
        if len(ends) != 2:  # noqa: PLR2004  # from->to
            raise SelectorError(
                "this is no link", where=repr(name), mend="Write from->to, e.g. payments->ledger-router"
            )
        for end in ends:
            self.need_awake(end)
        return tuple(end if end in self.groups else self.group_of(end) for end in ends)

    def need_variant(self, name: str) -> Path:
        """The override file of a variant.

        Raises:
            StackModelError: the section has no such variant.
        """
        if name not in self.variants:
            raise StackModelError(
                f"there is no variant {name!r}", where=str(self.file), mend=did_you_mean(name, self.variants)
            )
        return self.variants[name]

    def need_awake(self, name: str) -> None:
        """Refuse the name of a group or a service that exists only with a profile that was not asked for.

        Raises:
            SelectorError: it is dormant.
        """
        if name in self.dormant:
            needed = " or ".join(self.dormant[name])
            raise SelectorError(
                f"{name} exists only with the profile {needed}",
                where=repr(name),
                mend=f"Write Experiment(profile={self.dormant[name][0]!r}), or give --profile {self.dormant[name][0]}",
            )

    def need_profiles(self, names: Iterable[str]) -> None:
        """Refuse profiles that no service names.

        Raises:
            StackModelError: the first such name.
        """
        for name in names:
            if name not in self.profiles:
                raise StackModelError(
                    f"no service has the profile {name!r}",
                    where=str(self.file),
                    mend=did_you_mean(name, self.profiles),
                )

    def _missing(self, key: str, example: str) -> StackModelError:
        return StackModelError(
            f"this needs the key x-harness.{key}, which the stack does not have",
            where=str(self.file),
            mend=f"Add {key.rsplit('.', maxsplit=1)[-1]}: {example}",
        )


def load_model(files: Sequence[Path], profiles: Sequence[str] = ()) -> StackModel:
    """Read the x-harness section of a stack's Compose files.

    Args:
        files: in Compose's order: the base file first, then what overrides it. Services of all of
            them count; x-harness stands in one of them.
        profiles: Compose's profiles that are asked for; a service that names others does not exist.

    Raises:
        StackModelError: a file cannot be read, or the section is wrong: one error with file and line;
            or no service has one of the profiles.
    """
    sources = [read_source(file.resolve()) for file in files]
    services = _services(sources)
    holder = _holder(sources)
    section = _parse(holder)
    cross_check(section, tuple(services), holder)
    model = _resolve(section, services, frozenset(profiles), holder)
    model.need_profiles(profiles)
    return model


def _services(sources: Iterable[Source]) -> dict[str, tuple[str, ...]]:
    """Every service of the files with the profiles that it names; none: it always exists."""
    found: dict[str, tuple[str, ...]] = {}
    for source in sources:
        services = source.data.get("services") or {}
        if not isinstance(services, dict):
            raise source.error(("services",), "services must be a mapping of names")
        for name, service in services.items():
            named = (service or {}).get("profiles") if isinstance(service, dict | None) else None
            found[str(name)] = tuple(map(str, named or found.get(str(name), ())))
        for included in _included(source):
            found = _services([read_source(included)]) | found
    found.pop(AGENT_SERVICE, None)
    return found


def _included(source: Source) -> list[Path]:
    entries = source.data.get("include") or []
    found: list[Path] = []
    for entry in entries:
        paths = entry.get("path", []) if isinstance(entry, dict) else entry
        found += [source.file.parent / path for path in ([paths] if isinstance(paths, str) else paths)]
    return found


def _holder(sources: Sequence[Source]) -> Source:
    holders = [source for source in sources if "x-harness" in source.data]
    for extra in holders[1:]:
        raise extra.error(
            ("x-harness",),
            f"x-harness stands here and in {holders[0].file} too, and only one of them can count",
            mend="Keep the one of the base file; a variant changes services alone",
        )
    return holders[0] if holders else sources[0]


def _parse(source: Source) -> XHarness:
    data = source.data.get("x-harness")
    if data is None:
        return XHarness()
    try:
        return XHarness.model_validate(data)
    except ValidationError as error:
        raise _translate(source, error) from error


def _translate(source: Source, error: ValidationError) -> StackModelError:
    """One error, the first by line, and how many more there are."""
    found = sorted((_place(source, item) for item in error.errors()), key=lambda item: item[0])
    _, path, what, mend = found[0]
    more = f" (and {len(found) - 1} more)" if len(found) > 1 else ""
    return source.error(path, what + more, mend)


def _place(source: Source, item: Any) -> tuple[int, tuple[str | int, ...], str, str | None]:
    path: tuple[str | int, ...] = ("x-harness", *(part for part in item["loc"] if part != "[key]"))
    name = ".".join(map(str, path))
    context = item.get("ctx") or {}
    if item["type"] == "unknown_key":
        path = (*path, context["key"])
        what = f"there is no key {context['key']!r} in {name}"
        return source.line(path), path, what, did_you_mean(context["key"], context["known"])
    if item["type"] == "missing":
        what = f"{'.'.join(map(str, path[:-1]))} lacks the key {path[-1]!r}"
        return source.line(path), path, what, None
    got = item.get("input")
    shown = f", not {got!r}" if isinstance(got, str | int | float | bool) else ""
    return source.line(path), path, f"{name}: {_lower(item['msg'])}{shown}", None


def _lower(message: str) -> str:
    return message[:1].lower() + message[1:]


def _resolve(
    section: XHarness, every: Mapping[str, tuple[str, ...]], asked: frozenset[str], source: Source
) -> StackModel:
    steady = section.steady_state
    services = tuple(name for name, named in every.items() if not named or asked & set(named))
    groups = _groups(section, services)
    dormant = {
        name: every[group.nodes[0]] for name, group in _groups(section, every).items() if name not in groups
    } | {name: named for name, named in every.items() if name not in services}
    return StackModel(
        file=source.file,
        services=services,
        groups=groups,
        sites={site: tuple(n for n in nodes if n in services) for site, nodes in section.sites.items()},
        links={name: link for name, link in section.links.items() if groups.keys() >= set(name.split("->"))},
        disks={group: disk for group, disk in section.disks.items() if group in groups},
        clocks=tuple(group for group in section.clocks if group in groups),
        paths={group: place for group, place in section.paths.items() if group in groups},
        load=section.load,
        observer=section.observer,
        whole=section.whole,
        alerts=section.alerts if section.alerts and section.alerts.group in groups else None,
        steady_state=SteadyState(
            good_within_ms=steady.good_within_ms,
            good_ratio_min=steady.good_ratio_min,
            window_s=steady.window_s,
        ),
        open=section.containment.open,
        variants={name: source.file.parent / file for name, file in section.variants.items()},
        profiles=tuple(sorted({name for named in every.values() for name in named})),
        dormant=dormant,
        secrets=section.secrets,
        free_ports=section.free_ports,
    )


def _groups(section: XHarness, services: Collection[str]) -> dict[str, Group]:
    groups = {
        name: Group(name, nodes, given.role, _vocabulary(given.role, given.roles))
        for name, given in section.groups.items()
        if (nodes := tuple(node for node in given.nodes if node in services))
    }
    named = {node for group in groups.values() for node in group.nodes}
    alone = {service: Group(service, (service,)) for service in services if service not in named}
    return groups | alone


def _vocabulary(source: RoleSource | None, given: tuple[str, ...] | None) -> tuple[str, ...]:
    if source is None:
        return ()
    if source.patroni is not None:
        return _PATRONI_ROLES
    return given or _USUAL_ROLES
