"""Looks at the system, never at a journal: what is harmed in a project right now."""

from __future__ import annotations

import subprocess


def containers(project: str) -> list[dict[str, str]]:
    """Each container of the project: name, state (running, paused, exited...) and process number."""
    ids = _docker("ps", "-aq", "--filter", f"label=com.docker.compose.project={project}").split()
    if not ids:
        return []
    told = _docker("inspect", "--format", "{{.Name}} {{.State.Status}} {{.State.Pid}}", *ids)
    rows = [line.split() for line in told.splitlines()]
    return [{"name": name.strip("/"), "state": state, "pid": pid} for name, state, pid in rows]


def harm(project: str) -> list[str]:
    """Every container that does not run, and every rule of a fault in any namespace."""
    found = []
    for one in containers(project):
        if one["state"] != "running":
            found.append(f"{one['name']} is {one['state']}")
        elif "harness-agent" not in one["name"]:
            found += [f"{one['name']} has {rule}" for rule in _rules(one["pid"])]
    return found


def _rules(pid: str) -> list[str]:
    """Rules of our mark, in both of the kernel's tables; a namespace that has just gone has none."""
    rules = []
    for program in ("iptables-save", "iptables-legacy-save"):
        done = subprocess.run(
            ["nsenter", "-t", pid, "-n", program], capture_output=True, text=True, check=False
        )
        rules += [line for line in done.stdout.splitlines() if "HRN-" in line]
    return rules


def left(project: str) -> list[str]:
    """Every container, network and volume of the project."""
    label = f"label=com.docker.compose.project={project}"
    return [
        *_docker("ps", "-aq", "--filter", label).split(),
        *_docker("network", "ls", "-q", "--filter", label).split(),
        *_docker("volume", "ls", "-q", "--filter", label).split(),
    ]


def _docker(*words: str) -> str:
    return subprocess.run(["docker", *words], capture_output=True, text=True, check=True).stdout
