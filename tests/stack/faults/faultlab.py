"""The lab: small containers, an agent beside them, and eyes that are not the agent's."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from testcontainers.compose import DockerCompose

import harness.agent
from harness.agent.client import Agent
from harness.errors import SelectorError
from harness.faults.injector import Injector
from harness.faults.journal import Journal
from harness.stack import clocks, disks, mirrors, paths
from harness.stack.engine import Engine
from harness.stack.node import Node
from harness.stack.teardown import tear_down

MARK = "HRN-"
HERE = Path(__file__).parent
AGENT = Path(harness.agent.__file__).parent


def docker(*words, within_s=60):
    """What a docker command prints."""
    done = subprocess.run(["docker", *words], capture_output=True, text=True, check=False, timeout=within_s)
    assert done.returncode == 0, f"docker {' '.join(words)}: {done.stderr}"
    return done.stdout.strip()


def until(seen, within_s=10.0, what="it"):
    """Wait until something is so; returns the seconds it took."""
    begun = time.monotonic()
    while time.monotonic() - begun < within_s:
        if seen():
            return time.monotonic() - begun
        time.sleep(0.002)
    raise AssertionError(f"{what} did not come within {within_s:g} s")


@dataclass
class Lab:
    """One project of small nodes; it is a scene, too."""

    project: str
    events: list = field(default_factory=list)

    def __post_init__(self):
        told = docker(
            "ps", "-a", "--no-trunc", "--filter", f"label=com.docker.compose.project={self.project}",
            "--format", '{{.Label "com.docker.compose.service"}} {{.ID}}',
        )  # fmt: skip
        self.ids = dict(sorted(line.split() for line in told.splitlines()))
        self.agent_id = self.ids.pop("harness-agent")
        self.ids.pop("harness-proxy", None)

    @property
    def nodes(self):
        return tuple(
            Node(
                name,
                "lab",
                container,
                controlled=name == "bank",
                skewable=name == "clocked",
                disk="/data" if name.startswith("store") else None,
                mirror="/data" if name == "twin" else None,
                passthrough="/data" if name == "laid" else None,
            )
            for name, container in self.ids.items()
        )

    def resolve(self, selector):
        names = selector.split("+")
        if not set(names) <= set(self.ids):
            raise SelectorError(f"nothing is {selector}")
        return tuple(node for node in self.nodes if node.name in names)

    def state(self, name):
        return json.loads(docker("inspect", self.ids[name]))[0]

    def pid(self, name):
        return self.state(name)["State"]["Pid"]

    def address(self, name):
        return self.state(name)["NetworkSettings"]["Networks"][f"{self.project}_inner"]["IPAddress"]

    def rules(self, name):
        """The lines of faults in a node's packet filter, by the kernel's own word."""
        return rules_of(self.pid(name))

    def group_file(self, name, controller, first, second):
        """A file of a node's control group, by the kernel's own word: of version 1, or of version 2."""
        places = (
            f"/sys/fs/cgroup/{controller}/docker/{self.ids[name]}/{first}",
            f"/sys/fs/cgroup/system.slice/docker-{self.ids[name]}.scope/{second}",
        )
        return next(Path(place) for place in places if Path(place).exists()).read_text().strip()

    def cpus_used(self, name, for_s=1.0):
        """How many CPUs a node used for a while."""

        def used():
            text = self.group_file(name, "cpuacct", "cpuacct.usage", "cpu.stat")
            return int(text) / 1e9 if text.isdigit() else int(text.split()[1]) / 1e6

        begun, before = time.monotonic(), used()
        time.sleep(for_s)
        return (used() - before) / (time.monotonic() - begun)

    def workers(self, name):
        return docker("exec", self.ids[name], "pgrep", "--full", "^lab-worker").split()

    def whole(self):
        """Whether every node runs, unpaused and without a rule."""
        # One question for all: this is asked before each test.
        states = [told["State"] for told in json.loads(docker("inspect", *self.ids.values()))]
        running = all(s["Running"] and not s["Paused"] and not s["Restarting"] for s in states)
        return running and not any(rules_of(s["Pid"]) or queues_of(s["Pid"]) for s in states)

    def queues(self, name):
        """The queues at a node's interfaces, by the kernel's own word; without a fault there is none."""
        return queues_of(self.pid(name))

    @contextmanager
    def talk(self, name, peer):
        """A connection between two nodes, held by a program inside the first."""
        talker = subprocess.Popen(
            ["docker", "exec", "-i", self.ids[name], "python3", "-u", "/talk.py", peer],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert talker.stdout.readline() == "ready\n"

        def ask(what):
            talker.stdin.write(f"{what}\n")
            talker.stdin.flush()
            return talker.stdout.readline().strip()

        try:
            yield ask
        finally:
            talker.stdin.close()
            talker.wait(10)

    def exchange(self, name, peer, size=100, within_s=3.0):
        """One exchange with a peer's echo over a new connection, by a program inside the node."""
        words = ["exec", self.ids[name], "python3", "/exchange.py", peer, str(size), str(within_s)]
        return json.loads(docker(*words))

    def received(self, agent, name):
        """How many bytes came to a node's echo."""
        return int(agent.ask_http(self.ids[name], 8000, "/received")[1])

    def redirects(self, name):
        """The rules that lead a node's links through the proxy, by the kernel's own word."""
        return [line for line in self.rules(name) if "DNAT" in line]

    @contextmanager
    def interposed(self, agent, path: Path, *links):
        """These links through a proxy; each leads to the echo."""
        from harness.interposition import Interposition, Proxied
        from harness.stack.engine import Engine
        from harness.stack.sections import LinkSection

        proxied = Proxied(Engine(), self.project, lambda _link: LinkSection(port=7000))
        interposition = Interposition(agent, Journal(path, "lab"), self, proxied)
        interposition.begin(links, lease_s=300)
        try:
            yield interposition
        finally:
            remaining = interposition.end()
            assert remaining == [], remaining

    def injector(self, agent, path: Path, run="lab"):
        """An injector whose timeline is `events`."""
        self.events = []
        return Injector(
            agent,
            Journal(path, run),
            self,
            lambda kind, *, at=None, **keys: self.events.append((kind, at, keys)),
        )

    def connect(self, on_event=lambda _event: None):
        return Agent.connect(self.agent_id, self.project, on_event)

    def agents_program(self):
        """The agent's program, and no other project's: an agent sees every process of the host."""
        pattern = f"^python3 -u -m program {self.project}$"
        return docker("exec", self.agent_id, "pgrep", "--full", pattern).split()

    def kill_agents_program(self):
        """SIGKILL: it heals nothing."""
        docker("exec", self.agent_id, "kill", "-KILL", *self.agents_program())

    def forget(self):
        """The agent's notes are lost."""
        docker("exec", self.agent_id, "sh", "-c", "rm -f /var/lib/harness-agent/*")

    def evidence(self):
        """The last word on the last injection."""
        return next(keys for kind, _, keys in reversed(self.events) if kind == "evidence")


def disks_of(project, files):
    """The disks of the lab's stores, and its twin's mirror: the Compose files that put their volumes there."""
    named = [word for file in files for word in ("--file", file)]
    subprocess.run(["docker", "compose", *named, "build", "--quiet"], cwd=HERE, check=True)
    stores = disks.made(Engine(), project, (disks.Disk("store", 300), disks.Disk("store-2", 300)))
    twin = mirrors.made(Engine(), project, (disks.Disk("twin", 300),))
    return [str(written(stores)), str(written(twin))]


def written(override):
    """The path of a Compose file with that in it."""
    file = Path(tempfile.mkdtemp()) / "override.json"
    file.write_text(json.dumps(override))
    return file


WRITES = "mkdir -p /data/log; while sleep 0.02; do echo line >/data/log/file; done 2>/dev/null"
"""A program that makes new calls on a file all the time, and does not care whether they go well."""


def passthrough_of(project):
    """The Compose file that starts a node of the lab with the pass-through."""
    paths.prepare(Engine(), project, print)
    node = {"image": "faultlab-node", "command": ["sh", "-c", WRITES], "volumes": [{"target": "/data"}]}
    start = Engine().image_start
    return written(paths.override(project, {"laid": "/data"}, {"services": {"laid": node}}, start))


@contextmanager
def running_lab():
    """The containers, under a project name of this process; nothing of them stays."""
    project = f"faultlab-{os.getpid()}"
    before = dict(os.environ)
    os.environ.update(COMPOSE_PROJECT_NAME=project, HARNESS_AGENT_DIR=str(AGENT))
    files = ["compose.yaml", str(AGENT / "compose.agent.yaml")]
    try:
        compose = DockerCompose(
            HERE,
            [
                *files,
                *disks_of(project, files),
                str(written(clocks.override(["clocked"]))),
                str(passthrough_of(project)),
            ],
            wait=False,
        )
        with compose:
            lab = Lab(project)
            until(lab.whole, 60, "the lab")
            yield lab
    finally:
        tear_down(Engine(), project)
        os.environ.clear()
        os.environ.update(before)
    assert docker("ps", "-aq", "--filter", f"label=com.docker.compose.project={project}") == ""


def start_victim(lab, journal: Path, *faults: str):
    """A harness in a process of its own that made these faults (rules, pause and start by default), and now waits."""
    process = subprocess.Popen(
        [sys.executable, str(HERE / "victim_of_faults.py"), lab.project, str(journal), *faults],
        stdout=subprocess.PIPE,
        stdin=subprocess.PIPE,
        text=True,
    )
    assert process.stdout.readline() == "injected\n"
    return process


def pipe_of(process):
    """The docker command between a harness's process and its agent."""
    children = ["pgrep", "--parent", str(process.pid), "docker"]
    (pipe,) = subprocess.run(children, capture_output=True, text=True, check=True).stdout.split()
    return int(pipe)


# Eyes that need no engine: while it starts a container it answers late.


def rules_of(pid):
    """The lines of faults in the packet filter of a process; what does not run has none."""
    if pid == 0:
        return []
    told = subprocess.run(
        ["nsenter", "-t", str(pid), "-n", "iptables-save"], capture_output=True, text=True, check=True
    )
    return [line for line in told.stdout.splitlines() if MARK in line]


def queues_of(pid):
    """The queues at the interfaces of a process."""
    told = subprocess.run(
        ["nsenter", "-t", str(pid), "-n", "tc", "qdisc", "show"], capture_output=True, text=True, check=True
    )
    return [line for line in told.stdout.splitlines() if " noqueue " not in line]


def clean(pid):
    """Whether the namespace of a process is without rules of faults."""
    return not rules_of(pid)


def frozen(pid):
    """Whether the kernel keeps a process frozen."""
    state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    return state == "D" or "freez" in Path(f"/proc/{pid}/wchan").read_text()


def populated(container):
    """Whether any process is in a container's cgroup."""
    places = ("freezer/docker/{}", "docker/{}", "system.slice/docker-{}.scope")
    files = [Path("/sys/fs/cgroup", place.format(container), "cgroup.procs") for place in places]
    return any(file.read_text().split() for file in files if file.exists())
