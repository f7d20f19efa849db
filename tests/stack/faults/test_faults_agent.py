"""The agent itself: what it costs, what it asks, what it contains."""

from __future__ import annotations

import json
import statistics
import threading
import time
import urllib.request

import pytest
from faultlab import docker, until

from harness.errors import AgentError
from harness.faults.catalogue import Restart

pytestmark = pytest.mark.stack


def test_a_round_trip_takes_less_than_a_hundredth_of_a_second(agent):
    """One pipe that stays open: no process is started for a call."""
    times = []
    for _ in range(100):
        begun = time.perf_counter()
        agent.call("hello")
        times.append(time.perf_counter() - begun)
    print(f"round trip: median {statistics.median(times) * 1000:.2f} ms")
    assert statistics.median(times) < 0.01


def test_the_clocks_are_one(agent):
    """The agent's stamps can be laid beside the harness's."""
    assert abs(agent.offset_s) < 0.005


def test_the_agent_opens_no_port_and_has_no_network(lab):
    """It is reached by the engine's pipe alone."""
    state = json.loads(docker("inspect", lab.agent_id))[0]
    assert state["HostConfig"]["NetworkMode"] == "none"
    assert not state["HostConfig"]["Privileged"]
    assert state["HostConfig"]["CapDrop"] == ["ALL"]
    assert not state["NetworkSettings"]["Ports"]


def test_asking_a_node(lab, agent):
    """Over its own loopback and as its own user; what does not answer is an error that names it."""
    assert agent.ask_http(lab.ids["b"], 8000, "/y") == (200, "hello /y")
    assert agent.run(lab.ids["b"], ["hostname"]) == (0, docker("exec", lab.ids["b"], "hostname") + "\n")
    code, output = agent.run(lab.ids["b"], ["sh", "-c", "echo out; echo err >&2; exit 3"])
    assert (code, output) == (3, "out\nerr\n")
    assert agent.run(lab.ids["b"], ["sh", "-c", "echo $HARNESS_RUN"], env={"HARNESS_RUN": "r1"}) == (
        0,
        "r1\n",
    )
    with pytest.raises(AgentError, match="b: no answer from port 1/"):
        agent.ask_http(lab.ids["b"], 1, "/")
    with pytest.raises(AgentError, match=r"b: sleep did not end within 0\.\d s"):
        agent.run(lab.ids["b"], ["sleep", "30"], timeout_s=0.3)


def test_slow_questions_do_not_hold_up_others(lab, agent):
    """A node that does not answer keeps nobody else waiting."""
    thread = threading.Thread(target=agent.run, args=(lab.ids["b"], ["sleep", "2"]))
    thread.start()
    begun = time.monotonic()
    agent.call("hello")
    assert time.monotonic() - begun < 1
    thread.join()


def test_engine_events_come_by_the_same_pipe(lab, tmp_path):
    """Each with its container and the time it came; the agent's own execs are left out."""
    events = []
    with lab.connect(events.append) as agent:
        injector = lab.injector(agent, tmp_path / "journal.jsonl")
        injector.inject("i1", Restart("b", timeout_s=2))
        until(lambda: [e for e in events if e["action"] == "start"], 5, "the event")
        injector.heal("i1")
    own = [e["action"] for e in events if e["container"] == lab.ids["b"]]
    assert [action for action in own if action in ("die", "start", "restart")] == ["die", "start", "restart"]
    assert all(isinstance(e["at"], float) for e in events)
    assert not [e for e in events if e["action"].startswith("exec")]


def begins(lab, name, gateway):
    """What becomes of a connection that a node begins towards the host."""
    script = f"timeout 1 bash -c 'echo > /dev/tcp/{gateway}/9' 2>&1 || echo $?"
    return docker("exec", lab.ids[name], "bash", "-c", script)


def test_containment_closes_the_way_out_and_keeps_the_published_port(lab, agent):
    """No default route, nothing begun towards the host, also after a restart; and the load still gets in."""
    network = json.loads(docker("network", "inspect", f"{lab.project}_outer"))[0]
    gateway = network["IPAM"]["Config"][0]["Gateway"]
    assert "refused" in begins(lab, "edge", gateway)
    agent.contain([lab.ids["edge"]])
    for moment in ("now", "after a restart"):
        if moment != "now":
            docker("restart", "--time", "1", lab.ids["edge"])
            until(
                lambda: not docker("exec", lab.ids["edge"], "ip", "route", "show", "default"),
                5,
                "containment",
            )
        assert docker("exec", lab.ids["edge"], "ip", "route", "show", "default") == ""
        until(lambda: begins(lab, "edge", gateway) == "124", 5, "the drop")
        port = docker("port", lab.ids["edge"], "8000").rpartition(":")[2]
        url = f"http://127.0.0.1:{port}/in"
        until(lambda url=url: answers(url), 5, "the published port")
    assert agent.leftovers() == []
    agent.sweep()
    assert begins(lab, "edge", gateway) == "124", "containment is no fault: a sweep leaves it"


def answers(url):
    """Whether a GET is answered."""
    try:
        with urllib.request.urlopen(url, timeout=1) as response:
            return response.read() == b"hello /in"
    except OSError:
        return False
