"""Looks at the system, never at a journal: what is harmed in a project right now."""

from __future__ import annotations

import os
import subprocess
import time
from pathlib import Path

from harness.stack.disks import attached


def containers(project: str) -> list[dict[str, str]]:
    """Each container of the project: name, state (running, paused, exited...) and process number."""
    ids = _docker("ps", "-aq", "--filter", f"label=com.docker.compose.project={project}").split()
    if not ids:
        return []
    told = _docker("inspect", "--format", "{{.Name}} {{.State.Status}} {{.State.Pid}}", *ids)
    rows = [line.split() for line in told.splitlines()]
    return [{"name": name.strip("/"), "state": state, "pid": pid} for name, state, pid in rows]


def harm(project: str) -> list[str]:
    """Every container that does not run, every rule of a fault in any namespace, every disk that is not whole."""
    found = []
    for one in containers(project):
        if one["state"] != "running":
            found.append(f"{one['name']} is {one['state']}")
        elif "harness-agent" not in one["name"]:
            found += [f"{one['name']} has {rule}" for rule in rules(one["pid"])]
            found += [f"{one['name']}'s disk {what}" for what in _disks(one["pid"])]
            found += [f"{one['name']}'s volume {what}" for what in _paths(one["pid"])]
    return found + _legs(project)


def _legs(project: str) -> list[str]:
    """The legs of mirrors that have no block, and what is kept of those that are not whole."""
    sizes = {device: Path(f"/sys/block/{device[5:]}/size") for device in attached(project)}
    cut = [f"{device} has no block" for device, size in sizes.items() if int(size.read_text()) <= 8]
    places = _docker("volume", "ls", "-q", "--filter", f"name=^{project}_harness-disks$").split()
    stores = [
        Path(_docker("volume", "inspect", "--format", "{{.Mountpoint}}", place).strip()) for place in places
    ]
    return cut + [
        f"{kept.name} is there" for store in stores for kept in store.glob("harness-disks/*/*.kept")
    ]


def rules(pid: int | str) -> list[str]:
    """Rules of our mark, in each of the kernel's tables; a namespace that has just gone has none."""
    found = []
    for program in ("iptables-save", "iptables-legacy-save", "ip6tables-save"):
        done = subprocess.run(
            ["nsenter", "-t", str(pid), "-n", program], capture_output=True, text=True, check=False
        )
        found += [line for line in done.stdout.splitlines() if "HRN-" in line]
    return found


def _paths(pid: str) -> list[str]:
    """What is wrong with the pass-throughs that a process has mounted: a write that fails, or is late."""
    try:
        mounts = [line.split() for line in Path(f"/proc/{pid}/mountinfo").read_text().splitlines()]
    except OSError:
        return ["is away: its node has just ended"]
    found = []
    for folder in (f"/proc/{pid}/root{words[4]}" for words in mounts if "fuse.harness" in words):
        begun = time.monotonic()
        try:
            Path(folder, ".looked").write_bytes(b"x")
            Path(folder, ".looked").unlink()
        except OSError as error:
            found.append(f"says {error.strerror}")
        if time.monotonic() - begun > 0.15:
            found.append("is late")
    return found


def _disks(pid: str) -> list[str]:
    """What is wrong with the loop devices that a process has mounted: a write, a ballast, a limit of its group."""
    try:
        mounts = [line.split() for line in Path(f"/proc/{pid}/mountinfo").read_text().splitlines()]
        groups = [line.split(":", 2) for line in Path(f"/proc/{pid}/cgroup").read_text().splitlines()]
    except OSError:
        return ["is away: its node has just ended"]
    disks = {words[2]: f"/proc/{pid}/root{words[4]}" for words in mounts if words[2].startswith("7:")}
    found = []
    for folder in disks.values():
        try:
            file = os.open(folder, os.O_TMPFILE | os.O_RDWR)
            os.write(file, b"x" * 4096)
            os.fsync(file)
            os.close(file)
        except OSError as error:
            found.append(f"says {error.strerror}")
        # By `lexists`, which takes every error for a no: a dead disk has said so above.
        if os.path.lexists(f"{folder}/.harness-ballast"):
            found.append("holds a ballast")
    for _, controllers, path in groups:
        if "blkio" in controllers.split(",") or not controllers:
            place = Path(f"/sys/fs/cgroup/{'blkio' if controllers else ''}{path}")
            limits = [limit for file in place.glob("*bps_device") for limit in file.read_text().splitlines()]
            limits += [limit for file in place.glob("io.max") for limit in file.read_text().splitlines()]
            found += [f"has the limit {limit}" for limit in limits if limit.split()[0] in disks]
    return found


def left(project: str) -> list[str]:
    """Every container, network and volume of the project."""
    label = f"label=com.docker.compose.project={project}"
    return [
        *_docker("ps", "-aq", "--filter", label).split(),
        *_docker("network", "ls", "-q", "--filter", label).split(),
        *_docker("volume", "ls", "-q", "--filter", label).split(),
        *attached(project),
    ]


def _docker(*words: str) -> str:
    return subprocess.run(["docker", *words], capture_output=True, text=True, check=True).stdout
