"""What the keys of x-harness say about each other and about the services, checked with their lines."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable

from harness.stack.near import did_you_mean
from harness.stack.sections import XHarness
from harness.stack.source import Key, Source

__all__ = ["RESERVED_WORDS", "cross_check"]

RESERVED_WORDS = frozenset({"one", "minority", "majority", "all"})
"""What a selector's second word means by itself, so that no role may be called so."""


def cross_check(section: XHarness, services: Collection[str], source: Source) -> None:
    """Refuse a section that contradicts itself or the services.

    Raises:
        StackModelError: the first contradiction, with its file and line.
    """
    _groups(section, services, source)
    names = _group_names(section, services)
    for site, nodes in section.sites.items():
        _known(nodes, services, source, ("sites", site), "service")
    _one_site_each(section, source)
    for link in section.links:
        _known(link.split("->"), names, source, ("links", link), "group")
    for group in section.disks:
        _known([group], names, source, ("disks",), "group")
    for group in section.paths:
        _known([group], names, source, ("paths",), "group")
    _known(section.clocks, names, source, ("clocks",), "group")
    _no_twins(section.clocks, source, ("clocks",))
    _load(section, services, source)
    for key in ("observer", "whole", "alerts"):
        part = getattr(section, key)
        if part is not None:
            _known([part.group], names, source, (key, "group"), "group")
    _known(section.containment.open, services, source, ("containment", "open"), "service")
    for variant, file in section.variants.items():
        _is_file(file, source, ("variants", variant))
    _no_twins(section.secrets, source, ("secrets",))
    _no_twins(section.free_ports, source, ("free_ports",))


def _at(*path: Key) -> tuple[Key, ...]:
    return ("x-harness", *path)


def _group_names(section: XHarness, services: Iterable[str]) -> set[str]:
    named = {node for group in section.groups.values() for node in group.nodes}
    return set(section.groups) | (set(services) - named)


def _groups(section: XHarness, services: Collection[str], source: Source) -> None:
    owner: dict[str, str] = {}
    for name, group in section.groups.items():
        path = _at("groups", name)
        _known(group.nodes, services, source, ("groups", name, "nodes"), "service")
        _no_twins(group.nodes, source, ("groups", name, "nodes"))
        if name == "site":
            raise source.error(
                path, "a group cannot be called 'site': site:a is a selector", "Rename the group"
            )
        if name in services and name not in group.nodes:
            raise source.error(
                path, f"the group {name!r} has the name of a service that is not in it", "Rename it"
            )
        for node in group.nodes:
            if node in owner:
                raise source.error(
                    path, f"{node} is in the groups {owner[node]} and {name}", "A node has one group"
                )
            owner[node] = name
        _roles(name, group.roles, asked=group.role is not None, source=source)


def _roles(name: str, roles: tuple[str, ...] | None, *, asked: bool, source: Source) -> None:
    path = _at("groups", name, "roles")
    if roles and not asked:
        raise source.error(
            path, f"the group {name} names roles but not how to ask for one", "Add the key role"
        )
    for role in RESERVED_WORDS.intersection(roles or ()):
        raise source.error(path, f"a role cannot be called {role!r}: {name}:{role} is a selector of its own")


def _one_site_each(section: XHarness, source: Source) -> None:
    owner: dict[str, str] = {}
    for site, nodes in section.sites.items():
        for node in nodes:
            if owner.setdefault(node, site) != site:
                raise source.error(_at("sites", site), f"{node} is in the sites {owner[node]} and {site}")


def _load(section: XHarness, services: Collection[str], source: Source) -> None:
    if section.load is not None:
        _known([section.load.service], services, source, ("load", "service"), "service")
        _is_file(section.load.locustfile, source, ("load", "locustfile"))
        _known(section.load.secrets, section.secrets, source, ("load", "secrets"), "secret")


def _known(
    names: Iterable[str], known: Collection[str], source: Source, path: tuple[Key, ...], kind: str
) -> None:
    for number, name in enumerate(names):
        if name not in known:
            what = f"x-harness.{'.'.join(map(str, path))}: there is no {kind} {name!r}"
            raise source.error(_at(*path, number), what, did_you_mean(name, known))


def _no_twins(names: Iterable[str], source: Source, path: tuple[Key, ...]) -> None:
    for name, count in Counter(names).items():
        if count > 1:
            raise source.error(_at(*path), f"x-harness.{'.'.join(map(str, path))} names {name} twice")


def _is_file(file: str, source: Source, path: tuple[Key, ...]) -> None:
    place = source.file.parent / file
    if not place.is_file():
        known = [str(found.name) for found in place.parent.glob("*") if found.is_file()]
        raise source.error(
            _at(*path),
            f"x-harness.{'.'.join(map(str, path))}: there is no file {place}",
            did_you_mean(file, known),
        )
