"""The program's parts that need no container: lines, cgroups, descriptions, processes, the ledger."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.agent.program import cgroups, processes, wire
from harness.agent.program.containers import Containers, describe
from harness.agent.program.cuts import _cover
from harness.agent.program.ledger import Ledger
from harness.agent.program.namespaces import _run
from harness.agent.program.refusal import Failed, Refused


@given(
    st.lists(st.binary(max_size=50).filter(lambda line: b"\n" not in line), max_size=10),
    st.binary(max_size=9),
)
def test_lines_come_whole(sent, rest):
    """However the pipe cuts them; a last one without its end is left out."""
    reading, writing = os.pipe()
    rest = rest.replace(b"\n", b"")
    os.write(writing, b"".join(line + b"\n" for line in sent) + rest)
    os.close(writing)
    with os.fdopen(reading, "rb"):
        assert list(wire.lines(reading)) == sent


def test_a_reader_that_stopped_blocks_no_sender():
    """A client that reads no more must not hold up the healing: sends never wait."""
    reading, writing = os.pipe()
    broken = threading.Event()
    writer = wire.Writer(writing, broken.set)
    sender = threading.Thread(
        target=lambda: [writer.send({"n": "x" * 1000}) for _ in range(2000)], daemon=True
    )
    sender.start()
    sender.join(5)
    assert not sender.is_alive()
    os.close(reading)
    assert broken.wait(5)


def test_cgroups_of_version_1(tmp_path):
    """Each controller has a group of its own; both spellings of a joint mount are found."""
    (tmp_path / "cpu,cpuacct").mkdir()
    found = cgroups.parse(["4:freezer:/docker/abc", "3:cpu,cpuacct:/docker/abc", "0::/"], tmp_path)
    assert found == cgroups.Cgroups(tmp_path / "freezer/docker/abc", tmp_path / "cpu,cpuacct/docker/abc", 1)
    (tmp_path / "cpu,cpuacct").rmdir()
    found = cgroups.parse(["4:freezer:/docker/abc", "3:cpu,cpuacct:/docker/abc"], tmp_path)
    assert found is not None
    assert found.cpu == tmp_path / "cpuacct/docker/abc"


def test_cgroups_of_version_2(tmp_path):
    """One group for everything; frozen and CPU time are read from its files."""
    found = cgroups.parse(["0::/system.slice/docker-abc.scope"], tmp_path)
    assert found is not None
    assert (found.version, found.frozen(), found.cpu_used_us(), found.pids()) == (2, False, None, [])
    found.freezer.mkdir(parents=True)
    (found.freezer / "cgroup.events").write_text("populated 1\nfrozen 1\n")
    (found.freezer / "cpu.stat").write_text("usage_usec 1234\nuser_usec 1000\n")
    (found.freezer / "cgroup.procs").write_text("17\n18\n")
    assert (found.frozen(), found.cpu_used_us(), found.pids()) == (True, 1234, [17, 18])


def test_frozen_of_version_1_is_the_kernels_word(tmp_path):
    """FREEZING is not FROZEN: some process still runs."""
    found = cgroups.Cgroups(tmp_path, tmp_path, 1)
    (tmp_path / "cpuacct.usage").write_text("5000000\n")
    for state, frozen in (("THAWED", False), ("FREEZING", False), ("FROZEN", True)):
        (tmp_path / "freezer.state").write_text(f"{state}\n")
        assert found.frozen() is frozen
    assert found.cpu_used_us() == 5000


def test_a_process_is_its_pid_and_its_start():
    """Alive while it runs, gone as soon as it is dead, also before anybody waited for it."""
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    process = processes.identify(child.pid)
    assert process is not None
    assert processes.alive(process)
    assert not processes.alive(processes.Process(process.pid, process.start + 1))
    processes.kill(processes.Process(process.pid, process.start + 1))
    assert processes.alive(process), "another process's pid was signalled"
    processes.kill(process)
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
    assert not processes.alive(process), "its remains are not alive"
    child.communicate()
    processes.kill(process)


def test_a_pattern_finds_processes_by_their_command_line():
    """And by their name; only within the namespace that was asked about."""
    words = [sys.executable, "-c", "print(flush=True); input() #fault-lab-mark"]
    child = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        child.stdout.readline()  # a process has its command line only some time after exec began
        found = processes.matching(os.getpid(), "fault-lab-mark$")
        assert child.pid in [process.pid for process in found]
        assert processes.matching(os.getpid(), "^no such process at all$") == []
    finally:
        child.kill()
        child.communicate()


def inspected(labels, **state):
    """What the engine says of a container."""
    base = {"Running": True, "Paused": False, "Restarting": False, "Pid": 4321, "ExitCode": 0}
    net = {
        "NetworkID": "n1",
        "IPAddress": "10.0.0.2",
        "GlobalIPv6Address": "",
        "Gateway": "10.0.0.1",
        "IPv6Gateway": "",
    }
    return {
        "Id": "c1",
        "Name": "/p-a-1",
        "State": base | state,
        "Config": {"Labels": labels},
        "HostConfig": {"RestartPolicy": {"Name": "unless-stopped"}},
        "NetworkSettings": {"Networks": {"p_inner": net}},
    }


OWN = {
    "com.docker.compose.project": "p",
    "com.docker.compose.service": "a",
    "com.docker.compose.container-number": "1",
}


class MadeEngine:
    """An engine with one container."""

    def __init__(self, container):
        self.container = container

    def inspect(self, _):
        return self.container


def test_a_container_is_described():
    """Name, process and addresses; one that restarts has no process."""
    found = describe(inspected(OWN))
    assert (found.name, found.pid, found.every_address) == ("a", 4321, {"10.0.0.2"})
    assert describe(inspected(OWN, Restarting=True)).pid == 0


@pytest.mark.parametrize(
    ("labels", "why"),
    [
        ({**OWN, "com.docker.compose.project": "other"}, "not of the project p"),
        ({"com.docker.compose.project": "p", "com.docker.compose.service": "a"}, "not of the project p"),
        (None, "not of the project p"),
        ({**OWN, "harness.agent": "1"}, "does not touch itself"),
    ],
)
def test_a_container_of_another_project_is_refused(labels, why):
    """Only what Compose made for the project is in reach: not what somebody ran of its images, not the agent."""
    with pytest.raises(Refused, match=why):
        Containers(MadeEngine(inspected(labels)), "p").get("c1")


def test_a_container_that_is_down_keeps_its_address_until_another_has_it():
    """A cut must hold when it comes back, and must never fall on somebody else."""
    engine = MadeEngine(inspected(OWN))
    containers = Containers(engine, "p")
    containers.get("c1")
    containers.down("c1")
    assert containers.addresses("c1") == {"10.0.0.2"}
    other = inspected(OWN) | {"Id": "c2"}
    engine.container = other
    containers.get("c2")
    assert containers.addresses("c1") == frozenset()


def test_the_ledger_gives_orphans_of_dead_sessions_alone(tmp_path):
    """What a living session injected is its own business."""
    Ledger(tmp_path).enter("r1/i1", [{"do": "x"}])
    assert list(Ledger(tmp_path).orphans()) == []
    (path,) = tmp_path.glob("*.json")
    entry = json.loads(path.read_text())
    path.write_text(json.dumps(entry | {"owner": [entry["owner"][0], entry["owner"][1] - 1]}))
    assert [orphan["id"] for orphan in Ledger(tmp_path).orphans()] == ["r1/i1"]
    Ledger(tmp_path).strike("r1/i1")
    assert list(tmp_path.iterdir()) == []


CONTAINERS = st.sampled_from("abcdef")
PAIRS = st.frozensets(st.tuples(CONTAINERS, CONTAINERS).filter(lambda pair: pair[0] != pair[1]), min_size=1)


@given(PAIRS)
def test_the_first_namespaces_make_the_whole_cut(pairs):
    """Every pair has an end among the nodes that are changed first, and no node is left out or done twice."""
    first, others = _cover(pairs)
    assert all(set(pair) & set(first) for pair in pairs)
    assert sorted([*first, *others]) == sorted({end for pair in pairs for end in pair})


def test_one_node_from_all_others_is_one_change():
    """Isolating one node needs one namespace to be in effect, however many peers it has."""
    pairs = frozenset(pair for peer in "bcdef" for pair in (("a", peer), (peer, "a")))
    assert _cover(pairs)[0] == ["a"]


def test_a_program_runs_on_files_in_memory():
    """Its input, both its outputs and its exit code; one that does not end in time is ended."""
    assert _run(["sh", "-c", "cat; echo err >&2; exit 3"], "in", 10) == (3, "in", "err\n")
    with pytest.raises(Failed, match=r"sleep did not end within 0\.1 s"):
        _run(["sleep", "30"], "", 0.1)
