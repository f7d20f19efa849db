"""What a lab looks like by the kernel's and the engine's own word; what differs is left behind."""

from __future__ import annotations

import json
import os
import subprocess
import time
from hashlib import sha256
from pathlib import Path

from faultlab import Lab, docker
from looking import rules

from harness.stack.disks import attached

_GROUP_FILES = (
    ("cpu", "cpu.cfs_quota_us", "cpu.max"),
    ("memory", "memory.limit_in_bytes", "memory.max"),
    ("freezer", "freezer.state", "cgroup.freeze"),
    ("blkio", "blkio.throttle.read_bps_device", "io.max"),
    ("blkio", "blkio.throttle.write_bps_device", "io.max"),
)
_PASSING = ("sleep 0.2", "sleep 0.02", "/bin/bash /usr/local/bin/psql")
"""What a node runs now and then; the last is its start's."""
_SLOT = """
import socket
own = socket.create_connection(("127.0.0.1", 5432), 2)
own.sendall(b"hello")
print(own.recv(1) == b"R")
"""
_MODE = "import urllib.request; print(urllib.request.urlopen('http://127.0.0.1:9000/mode', timeout=2).read().decode())"


def portrait(lab: Lab) -> dict[str, object]:
    """Every container with its state, and all that a fault could have changed about it."""
    shown: dict[str, object] = {"containers": _containers(lab.project), "disks": attached(lab.project)}
    for name in lab.ids:
        state = lab.state(name)["State"]
        shown[name] = _node(lab, name, state["Pid"]) if state["Status"] == "running" else state["Status"]
    return shown


def differences(before: dict[str, object], after: dict[str, object]) -> list[str]:
    """What the second portrait shows otherwise, in words."""
    return [
        f"{name}: {before.get(name)} -> {after.get(name)}"
        for name in before.keys() | after.keys()
        if before.get(name) != after.get(name)
    ]


def _containers(project: str) -> list[str]:
    told = docker(
        "ps", "-a", "--filter", f"label=com.docker.compose.project={project}", "--format", "{{.Names}}"
    )
    return sorted(told.split())


def _node(lab: Lab, name: str, pid: int) -> dict[str, object]:
    try:
        shown: dict[str, object] = {
            "rules": rules(pid),
            "queues": lab.queues(name),
            "group": [lab.group_file(name, *files) for files in _GROUP_FILES],
            "processes": _processes(lab, name),
            "disk": _disk(pid),
        }
    except (OSError, subprocess.CalledProcessError) as error:  # it has just ended
        return {"gone": str(error)}
    if name == "b":
        shown["a slot is free"] = _inside(lab, name, "python3", "-c", _SLOT)
    if name == "bank":
        shown["mode"] = _inside(lab, name, "python3", "-c", _MODE)
    if name == "clocked":
        said = _inside(lab, name, "date", "+%s")
        shown["clock is right"] = said.isdigit() and abs(int(said) - time.time()) < 5
    return shown


def _inside(lab: Lab, name: str, *words: str) -> str:
    done = subprocess.run(
        ["docker", "exec", lab.ids[name], *words], capture_output=True, text=True, check=False, timeout=20
    )
    return done.stdout.strip() or done.stderr.strip()[-200:]


def _processes(lab: Lab, name: str) -> list[str]:
    """Each process of the node: its command, whether it is stopped, how many files it may open."""
    found = set()
    for line in docker("top", lab.ids[name], "-eo", "pid").splitlines()[1:]:
        place = Path("/proc", line.strip())
        try:
            command = place.joinpath("cmdline").read_bytes().replace(b"\0", b" ").decode().strip()
            stopped = place.joinpath("stat").read_text().rpartition(")")[2].split()[0] == "T"
            limits = place.joinpath("limits").read_text().splitlines()
        except OSError:
            continue
        files = next(line.split()[3] for line in limits if line.startswith("Max open files"))
        # A worker has its name only some time after its start: it is the same process.
        command = command.replace("/bin/bash /worker.sh", "lab-worker 1000000")
        if command and not command.startswith(_PASSING):
            found.add(f"{command}{' STOPPED' if stopped else ''}, {files} files")
    return sorted(found)


def _disk(pid: int) -> object:
    """The node's own volume: how it is mounted, whether it takes a write, its relation, and what a fault put there."""
    lines = [line.split() for line in Path(f"/proc/{pid}/mountinfo").read_text().splitlines()]
    mounts = [(words[4], words[5].split(",")[0]) for words in lines if words[4] == "/data"]
    if not mounts:
        return None
    folder = Path(f"/proc/{pid}/root/data")
    try:
        file = os.open(folder, os.O_TMPFILE | os.O_RDWR)
        try:
            os.write(file, b"x" * 4096)
            os.fsync(file)
        finally:
            os.close(file)
        # Files of other tests go with a disk that is emptied and filled anew.
        names = [
            path for path in folder.iterdir() if path.name == "relation" or path.name.startswith(".harness")
        ]
        contents = {path.name: sha256(path.read_bytes()).hexdigest()[:8] for path in names}
    except OSError as error:
        return [mounts, error.strerror]
    return [mounts, json.dumps(contents, sort_keys=True)]
