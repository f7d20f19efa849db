"""The effect of what takes a node's means away, seen by the kernel's own files and from inside the nodes."""

from __future__ import annotations

import time

import pytest
from faultlab import docker, until

from harness.errors import AgentError
from harness.faults.catalogue import (
    ConnectionsExhausted,
    CpuBurn,
    CpuQuota,
    FileDescriptors,
    MemoryLimit,
    ProcessStopped,
)

pytestmark = pytest.mark.stack

# What a client of the slots is told: R asks for its password, E sends it away.
KNOCK = """
import socket, sys
own = socket.create_connection((sys.argv[1], 5432), timeout=2); own.settimeout(2)
own.sendall(bytes([0, 0, 0, 8, 0, 3, 0, 0])); print(own.recv(1).decode())
"""


def test_a_cpu_quota_is_all_that_a_node_gets(lab, injector):
    """It wants a whole CPU: it gets its configured tenth, then a fiftieth, then its tenth again."""
    before = lab.cpus_used("busy")
    injector.inject("i1", CpuQuota("busy", 0.02))
    during = lab.cpus_used("busy")
    injector.heal("i1")
    after = lab.cpus_used("busy")
    print(f"CPUs used: {before:.3f}, {during:.3f} under the quota, {after:.3f}")
    assert 0.05 < before < 0.15
    assert during < 0.03
    assert 0.05 < after < 0.15
    assert lab.evidence()["verdict"] == "pass"
    assert "held back" in lab.evidence()["items"][0]["measured"]


def test_a_node_that_wants_nothing_shows_no_quota(lab, injector):
    """Whom a quota never held back, it did nothing to: no evidence."""
    from harness.faults.injector import NoEvidence

    with pytest.raises(NoEvidence, match="no evidence within 1 s"):
        injector.inject("i1", CpuQuota("c", 2), deadline_s=1.0)
    assert injector.heal_all() == []


def test_a_burner_uses_the_nodes_cpu_time(lab, injector):
    """It counts as the node's, and ends with the fault."""
    injector.inject("i1", CpuBurn("b", processes=2))
    during = lab.cpus_used("b")
    injector.heal("i1")
    after = lab.cpus_used("b")
    print(f"CPUs used: {during:.2f} burning, {after:.2f} after")
    assert during > 0.3
    assert after < 0.2
    assert lab.evidence()["verdict"] == "pass"


def test_too_little_memory_gets_a_node_killed_by_the_kernel(lab, tmp_path):
    """The engine says oom and die; it is started again, and is whole after the heal."""
    events, before = [], lab.state("b")["RestartCount"]
    configured = lab.group_file("b", "memory", "memory.limit_in_bytes", "memory.max")
    with lab.connect(events.append) as agent:
        injector = lab.injector(agent, tmp_path / "journal.jsonl")
        injector.inject("i1", MemoryLimit("b", 8))
        until(lambda: lab.state("b")["RestartCount"] > before, 10, "its supervisor")
        injector.heal("i1")
        until(lambda: lab.state("b")["State"]["Running"], 10, "the node")
        assert agent.leftovers() == []
    assert [event for event in events if event["action"] == "oom" and event["container"] == lab.ids["b"]]
    until(lab.whole, 20, "a whole lab")
    assert lab.group_file("b", "memory", "memory.limit_in_bytes", "memory.max") == configured
    assert lab.evidence()["verdict"] == "pass", lab.evidence()


def test_without_descriptors_nobody_is_let_in(lab, injector):
    """A connection that stands goes on; a new one gets no answer, until there are descriptors again."""
    with lab.talk("a", "b") as talk:
        injector.inject("i1", FileDescriptors("b", "node.py"))
        assert [talk("kept"), talk("fresh")] == ["ok", "no"]
        injector.heal("i1")
        until(lambda: talk("fresh") == "ok", 5, "new connections")
    assert lab.evidence()["verdict"] == "pass"


def test_exhausted_slots_let_nobody_in(lab, injector):
    """Every newcomer is one too many, until the heal."""

    def told():
        return docker("exec", lab.ids["a"], "python3", "-c", KNOCK, "b")

    assert told() == "R"
    injector.inject("i1", ConnectionsExhausted("b"))
    assert [told() for _ in range(3)] == ["E"] * 3
    injector.heal("i1")
    until(lambda: told() == "R", 5, "free slots")
    assert lab.evidence()["verdict"] == "pass"


def test_a_stopped_process_does_nothing_and_its_node_goes_on(lab, injector):
    """By the kernel's word, seen from inside; afterwards the same process goes on."""
    (worker,) = lab.workers("b")

    def state():
        return docker("exec", lab.ids["b"], "ps", "-o", "state=", "-p", worker)

    with lab.talk("a", "b") as talk:
        injector.inject("i1", ProcessStopped("b", "lab-worker"))
        assert state() == "T"
        assert talk("fresh") == "ok"
        injector.heal("i1")
        assert state() == "S"
    assert lab.evidence()["verdict"] == "pass"


def test_a_process_that_is_not_there_is_refused(lab, injector):
    """Nothing is stopped, and nothing is injected."""
    from harness.faults.injector import NoEvidence

    with pytest.raises(NoEvidence, match="b: no process matches 'nobody'"):
        injector.inject("i1", ProcessStopped("b", "nobody"))
    assert lab.whole()


def test_what_a_dead_session_left_is_found_by_looking(lab):
    """Without any note: a quota, a memory limit, a stopped process."""
    steps = [
        {"do": "cpu.limit", "container": lab.ids["b"], "cpus": 0.5},
        {"do": "memory.limit", "container": lab.ids["c"], "limit_bytes": 2**30},
        {"do": "process.stop", "container": lab.ids["b"], "pattern": "lab-worker"},
    ]
    with lab.connect() as agent:
        agent.call("inject", injection="x/i1", do=steps, undo=[], lease_s=60)
    with lab.connect() as agent:
        left = agent.leftovers()
        assert "b has 0.5 CPUs instead of all CPUs" in left
        assert "c has 1024 MiB of memory instead of all" in left
        assert any(line.startswith("b has stopped processes") for line in left)
        assert agent.sweep()["remaining"] == []
        assert agent.leftovers() == []


def test_a_restarted_node_is_limited_again(lab, injector):
    """In its new control group."""
    injector.inject("i1", CpuQuota("busy", 0.02))
    docker("restart", "--time", "1", lab.ids["busy"])
    time.sleep(0.5)
    assert lab.cpus_used("busy") < 0.03
    assert injector.heal_all() == []
    assert lab.cpus_used("busy") > 0.05


def test_harm_of_another_project_is_refused(lab, agent):
    """Whatever kind of harm it is."""
    stranger = docker("run", "-d", "--rm", "--network", "none", "faultlab-node")
    try:
        step = {"do": "cpu.limit", "container": stranger, "cpus": 0.5}
        with pytest.raises(AgentError, match=f"not of the project {lab.project}"):
            agent.call("inject", injection="x", do=[step], undo=[], lease_s=5)
    finally:
        docker("rm", "--force", stranger)
