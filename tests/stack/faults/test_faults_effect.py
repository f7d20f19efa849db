"""The effect of each fault, and its end, seen from inside the nodes: not by the agent that made it."""

from __future__ import annotations

import pytest
from faultlab import until

from harness.faults.catalogue import Crash, Isolate, Kill, KillProcess, Partition, Pause, Restart, Stop

pytestmark = pytest.mark.stack


def test_isolate_cuts_established_and_new_connections(lab, injector):
    """A connection that stood is dead and no new one stands, both ways; all others go on."""
    with lab.talk("a", "b") as out, lab.talk("c", "a") as into, lab.talk("b", "c") as others:
        assert [out("kept"), out("fresh"), into("kept"), into("fresh")] == ["ok"] * 4
        injector.inject("i1", Isolate("a"))
        assert [out("kept"), out("fresh"), into("kept"), into("fresh")] == ["no"] * 4
        assert [others("kept"), others("fresh")] == ["ok"] * 2
        injector.heal("i1")
        assert [out("fresh"), into("fresh")] == ["ok"] * 2
    assert lab.evidence()["verdict"] == "pass"


def test_isolate_leaves_loopback_and_names_alone(lab, injector, agent):
    """The node talks to itself and to the engine's name server as before, and the agent can ask it."""
    injector.inject("i1", Isolate("a"))
    assert agent.ask_http(lab.ids["a"], 8000, "/x") == (200, "hello /x")
    code, output = agent.run(lab.ids["a"], ["getent", "hosts", "b"], timeout_s=10)
    assert (code, output.split()[:1]) == (0, [lab.address("b")])
    injector.heal("i1")


def test_a_partition_cuts_its_sides_and_nothing_else(lab, injector):
    """Between the sides nothing passes; within a side everything does."""
    with lab.talk("a", "b") as within, lab.talk("a", "c") as across, lab.talk("c", "d") as other:
        injector.inject("i1", Partition.between("a+b", "c+d"))
        assert [across("kept"), across("fresh")] == ["no"] * 2
        assert [within("kept"), within("fresh"), other("kept"), other("fresh")] == ["ok"] * 4
        injector.heal("i1")
        assert across("fresh") == "ok"
    assert lab.evidence()["verdict"] == "pass"


def test_one_way_drops_one_way(lab, injector):
    """Connections between the two are dead, and what b sends to a still arrives: the evidence says both."""
    with lab.talk("a", "b") as talk:
        injector.inject("i1", Partition.between("a", "b", one_way=True))
        assert [talk("kept"), talk("fresh")] == ["no"] * 2
        injector.heal("i1")
    items = {item["name"]: item for item in lab.evidence()["items"]}
    assert items["a -> b datagrams"]["effect_at"] is not None
    assert items["b -> a datagrams"]["effect_at"] is None
    assert items["b -> a datagrams"]["looks"] > 0
    assert lab.evidence()["verdict"] == "pass"


def test_pause_stops_the_answers_and_keeps_the_connection(lab, injector):
    """No echo comes while it lasts; afterwards the same connection goes on."""
    with lab.talk("a", "b") as talk:
        injector.inject("i1", Pause("b"))
        assert lab.state("b")["State"]["Paused"]
        assert talk("kept") == "no"
        injector.heal("i1")
        assert talk("kept") == "ok"
    assert lab.evidence()["verdict"] == "pass"


def test_kill_stays_down_until_the_heal(lab, injector):
    """SIGKILL; no restart policy brings it back; the heal does."""
    injector.inject("i1", Kill("b"))
    state = lab.state("b")["State"]
    assert (state["Running"], state["ExitCode"]) == (False, 137)
    injector.heal("i1")
    assert lab.state("b")["State"]["Running"]
    assert lab.evidence()["verdict"] == "pass"


def test_stop_lets_it_end_in_order(lab, injector):
    """The stop signal, not SIGKILL."""
    injector.inject("i1", Stop("b", timeout_s=5))
    state = lab.state("b")["State"]
    assert (state["Running"], state["ExitCode"]) == (False, 143)
    injector.heal("i1")
    assert lab.state("b")["State"]["Running"]
    assert lab.evidence()["verdict"] == "pass"


def test_crash_is_repaired_by_the_supervisor(lab, injector):
    """To the engine it died by itself, so its restart policy counts one more."""
    before = lab.state("b")
    injector.inject("i1", Crash("b"))
    until(lambda: lab.state("b")["RestartCount"] == before["RestartCount"] + 1, 10, "the supervisor")
    injector.heal("i1")
    assert lab.state("b")["State"]["StartedAt"] > before["State"]["StartedAt"]
    assert lab.evidence()["verdict"] == "pass"


def test_crash_without_a_supervisor_is_healed(lab, injector):
    """Where nothing brings it back the heal does."""
    injector.inject("i1", Crash("solo"))
    until(lambda: not lab.state("solo")["State"]["Running"], 10, "its death")
    injector.heal("i1")
    assert lab.state("solo")["State"]["Running"]
    assert lab.evidence()["verdict"] == "pass"


def test_kill_process_spares_the_node(lab, injector):
    """The worker dies and another takes its place; the node itself lives on."""
    before, pid = lab.workers("b"), lab.pid("b")
    injector.inject("i1", KillProcess("b", "^sleep lab-worker|lab-worker"))
    injector.heal("i1")
    assert lab.pid("b") == pid
    assert lab.workers("b") != before
    assert lab.evidence()["verdict"] == "pass"


def test_restart_ends_it_in_order_and_starts_it(lab, injector):
    """Another first process in the same container, without a restart by policy."""
    before = lab.state("b")
    injector.inject("i1", Restart("b", timeout_s=5))
    injector.heal("i1")
    after = lab.state("b")
    assert after["State"]["StartedAt"] > before["State"]["StartedAt"]
    assert after["RestartCount"] == 0
    assert lab.evidence()["verdict"] == "pass"
