"""A first x-harness section for a Compose file: what can be guessed, and what cannot as comments."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from harness.errors import StackModelError
from harness.stack.files import X_HARNESS_FILE, stack_files
from harness.stack.source import read_source

__all__ = ["init_directory", "init_text"]

_NUMBERED = re.compile(r"(?P<group>.*[A-Za-z0-9])[-_](?P<number>\d+)")
_PUBLISHED = re.compile(r"(?:.*:)?(?P<port>\d+)(?:/tcp)?")
_PASSWORD = re.compile(r"\$\{?([A-Za-z_][A-Za-z0-9_]*(?:PASSWORD|SECRET|TOKEN)[A-Za-z0-9_]*)")


def init_text(compose: Mapping[str, Any]) -> str:
    """The section as YAML text, from one Compose file's data. Pure.

    Guessed: groups from names that end in a number, the port that is published, the password
    variables. What takes knowledge of the programs inside (roles, the load, the observer) stands
    there as a comment to fill in.

    Args:
        compose: the Compose file's mapping.
    """
    services = compose.get("services") or {}
    groups = _groups(services)
    parts = [
        "# How the harness sees this stack. docs/bring-your-own-stack.md explains every key.",
        "x-harness:",
        "  schema: 1",
        *_group_lines(groups),
        *_site_lines(groups),
        *_link_lines(services, groups),
        *_load_lines(services),
        *_observer_lines(groups),
        *_secret_lines(services),
    ]
    return "\n".join(parts) + "\n"


def init_directory(directory: Path, *, write: bool) -> str:
    """The first section for the stack in a folder, or where it was written.

    Args:
        directory: the folder of the Compose file.
        write: write ``x-harness.yaml`` beside the Compose file, which the harness reads with it; else
            the text is there to be pasted.

    Raises:
        StackModelError: there is no Compose file, or the stack has a section already.
    """
    sources = [read_source(file) for file in stack_files(directory)]
    for source in sources:
        if "x-harness" in source.data:
            raise source.error(
                ("x-harness",), "the stack has an x-harness section already", "Change that one"
            )
    text = init_text(sources[0].data)
    if not write:
        return text
    target = sources[0].file.parent / X_HARNESS_FILE
    try:
        with target.open("x", encoding="utf-8") as out:
            out.write(text)
    except OSError as error:
        raise StackModelError(f"it cannot be written: {error.strerror}", where=str(target)) from error
    return str(target)


def _groups(services: Iterable[str]) -> dict[str, list[str]]:
    """Services by the name before their number; one that is alone of its name keeps its own."""
    names = list(map(str, services))
    stems: dict[str, list[str]] = {}
    for name in names:
        found = _NUMBERED.fullmatch(name)
        stems.setdefault(found["group"] if found else name, []).append(name)
    # A group may not have the name of a service that is not in it: store, store-1, store-2.
    return {
        stem: nodes
        for stem, nodes in stems.items()
        if len(nodes) > 1 and (stem not in names or stem in nodes) and stem != "site"
    }


def _group_lines(groups: Mapping[str, list[str]]) -> list[str]:
    if not groups:
        return ["  # groups:  # each service is a group by itself until nodes of one kind are named here"]
    lines = ["  groups:  # nodes of one kind; a service that is not named is a group by itself"]
    for name, nodes in groups.items():
        lines += [
            f"    {name}:",
            f"      nodes: [{', '.join(nodes)}]",
            f"      # role: {{patroni: 8008}}  # lets a selector say {name}:primary",
        ]
    return lines


def _site_lines(groups: Mapping[str, list[str]]) -> list[str]:
    firsts = ", ".join(nodes[0] for nodes in groups.values())
    return [f"  # sites: {{a: [{firsts}]}}  # nodes that fail together: lets a selector say site:a"]


def _link_lines(services: Mapping[str, Any], groups: Mapping[str, list[str]]) -> list[str]:
    """One link for each dependency between groups; the port is the reader's to fill in."""
    owner = {node: group for group, nodes in groups.items() for node in nodes}
    links: dict[str, None] = {}
    for name, service in services.items():
        for target in (service or {}).get("depends_on") or ():
            link = f"{owner.get(name, name)}->{owner.get(target, target)}"
            links.setdefault(link)
    lines = ["  # links:  # one TCP hop each, with its port in the target"]
    lines += [f'  #   "{link}": {{port: 5432}}' for link in links]
    return lines if links else [f'{lines[0]}: {{"from->to": {{port: 5432}}}}']


def _load_lines(services: Mapping[str, Any]) -> list[str]:
    for name, service in services.items():
        for entry in (service or {}).get("ports") or ():
            port = _target(entry)
            if port:
                return [
                    "  # load:  # what drives the stack, through this published port",
                    f"  #   {{locustfile: locustfile.py, service: {name}, port: {port}}}",
                ]
    return ['  # load:  # publish a port first: ports: ["127.0.0.1::8080"]',
            "  #   {locustfile: locustfile.py, service: edge, port: 8080}"]  # fmt: skip


def _target(entry: Any) -> int | None:
    if isinstance(entry, dict):
        return int(entry["target"]) if str(entry.get("target", "")).isdigit() else None
    found = _PUBLISHED.fullmatch(str(entry))
    return int(found["port"]) if found else None


def _observer_lines(groups: Mapping[str, list[str]]) -> list[str]:
    group = next(iter(groups), "payments")
    return [
        "  # observer:  # prints the final books as JSON lines; without it no check of the books is possible",
        f"  #   {{group: {group}, command: [print-books], timeout_s: 60}}",
        "  steady_state: {good_within_ms: 1000, good_ratio_min: 0.9, window_s: 1}",
    ]


def _secret_lines(services: Mapping[str, Any]) -> list[str]:
    names = sorted(set(_PASSWORD.findall(str(services))))
    return [f"  secrets: [{', '.join(names)}]  # made when the stack comes up"] if names else []
