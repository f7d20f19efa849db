"""Faults while the nodes under them die, restart and move; and faults over each other."""

from __future__ import annotations

import itertools

import pytest
from faultlab import docker, until

from harness.errors import AgentError
from harness.faults.catalogue import Isolate, Kill, Partition, Pause
from harness.faults.injector import NoEvidence

pytestmark = pytest.mark.stack


def test_a_target_that_restarts_stays_cut_off(lab, injector):
    """Its new namespace has the rules again, nothing passed meanwhile, and the heal leaves nothing."""
    injector.inject("i1", Isolate("a"))
    docker("restart", "--time", "1", lab.ids["a"])
    until(lambda: lab.rules("a"), 5, "the rules in the new namespace")
    with pytest.raises(AssertionError, match="/dev/tcp"):
        docker(
            "exec", lab.ids["b"], "timeout", "0.5", "bash", "-c", f"echo > /dev/tcp/{lab.address('a')}/7000"
        )
    injector.heal("i1")
    assert lab.whole()
    assert lab.evidence()["verdict"] == "pass"
    assert "a" in [again["node"] for again in lab.evidence()["reapplied"]]


def test_a_target_that_dies_does_not_break_the_heal(lab, injector):
    """The cut ends while the node is down; what survives of it is clean, and so is the node afterwards."""
    injector.inject("i1", Isolate("a"))
    docker("kill", lab.ids["a"])
    injector.heal("i1")
    assert lab.evidence()["verdict"] == "pass"
    docker("start", lab.ids["a"])
    until(lab.whole, 10, "a whole lab")


def test_a_target_that_moves_stays_cut_off(lab, injector):
    """Its new address is cut as the old one was, and whoever gets the old one is not."""
    network, before = f"{lab.project}_inner", lab.address("a")
    injector.inject("i1", Isolate("a"))
    docker("network", "disconnect", network, lab.ids["a"])
    squatter = docker("run", "-d", "--rm", "--network", network, "faultlab-node")
    try:
        docker("network", "connect", "--alias", "a", network, lab.ids["a"])
        after = lab.address("a")
        assert after != before
        until(lambda: any(after in line for line in lab.rules("b")), 5, "the rules for the new address")
        assert not any(before in line for line in lab.rules("b"))
    finally:
        docker("rm", "--force", squatter)
    injector.heal("i1")
    assert lab.whole()
    with lab.talk("b", "a") as talk:
        assert talk("fresh") == "ok"


@pytest.mark.parametrize("order", list(itertools.permutations(["i1", "i2"])), ids="-".join)
def test_two_cuts_of_one_node_heal_in_any_order(lab, injector, order):
    """Each takes out its own rules alone."""
    with lab.talk("a", "b") as to_b, lab.talk("a", "c") as to_c:
        injector.inject("i1", Partition.between("a", "b"))
        injector.inject("i2", Partition.between("a", "c"))
        assert [to_b("kept"), to_c("kept")] == ["no", "no"]
        injector.heal(order[0])
        answers = {"i1": to_b("fresh"), "i2": to_c("fresh")}
        assert (answers[order[0]], answers[order[1]]) == ("ok", "no")
        injector.heal(order[1])
        assert [to_b("fresh"), to_c("fresh")] == ["ok", "ok"]
    assert [keys["verdict"] for kind, _, keys in lab.events if kind == "evidence"] == ["pass", "pass"]


def test_a_cut_over_a_cut_is_judged_by_what_it_adds(lab, injector):
    """What the first cut already is no evidence for the second; both heal."""
    injector.inject("i1", Partition.between("a", "b"))
    injector.inject("i2", Isolate("a"))
    injector.heal("i1")
    assert lab.rules("a")
    injector.heal("i2")
    assert [keys["verdict"] for kind, _, keys in lab.events if kind == "evidence"] == ["pass", "pass"]
    assert lab.whole()


def test_cut_off_then_killed(lab, injector):
    """The cut heals while its target is down, then the target comes back: both are proven."""
    injector.inject("i1", Partition.between("a", "b+c"))
    injector.inject("i2", Kill("a"))
    injector.heal("i1")
    injector.heal("i2")
    assert [keys["verdict"] for kind, _, keys in lab.events if kind == "evidence"] == ["pass", "pass"]
    assert lab.whole()


def test_a_gap_in_a_lasting_fault_is_seen(lab, injector):
    """Somebody starts the killed node again: the fault was not there for all of its time."""
    injector.inject("i1", Kill("b"))
    docker("start", lab.ids["b"])
    until(lambda: lab.pid("b"), 5, "the node")
    docker("exec", lab.ids["b"], "sleep", "0.3")
    injector.heal("i1")
    assert lab.evidence()["verdict"] == "inconclusive"
    assert "the effect was not there" in lab.evidence()["why"]


def test_a_gap_in_a_cut_is_seen(lab, injector):
    """Somebody takes the rules out for a moment."""
    injector.inject("i1", Isolate("a"))
    with lab.connect() as other:
        other.sweep()
    docker("exec", lab.ids["b"], "sleep", "0.3")
    injector.heal("i1")
    assert lab.evidence()["verdict"] == "inconclusive"
    assert lab.whole()


def test_a_paused_node_that_restarts_is_paused_again(lab, injector):
    """The fault goes on; that it ran in between may show as a gap, and the heal is whole either way."""
    injector.inject("i1", Pause("b"))
    docker("kill", lab.ids["b"])
    docker("start", lab.ids["b"])
    until(lambda: lab.state("b")["State"]["Paused"], 5, "the pause")
    injector.heal("i1")
    assert lab.whole()


def test_a_node_that_is_down_cannot_be_harmed(lab, injector):
    """What does not work before shows no effect: nothing is injected."""
    docker("kill", lab.ids["b"])
    with pytest.raises(NoEvidence, match="not injected: before the fault: b runs"):
        injector.inject("i1", Kill("b"))
    assert [kind for kind, _, _ in lab.events] == ["resolve", "no_effect"]


def test_a_container_of_another_project_is_out_of_reach(lab, agent):
    """Whatever is asked, it is refused and nothing is done to it."""
    stranger = docker("run", "-d", "--rm", "--network", "none", "faultlab-node")
    try:
        step = {"do": "engine.kill", "container": stranger}
        with pytest.raises(AgentError, match=f"not of the project {lab.project}"):
            agent.call("inject", injection="x", do=[step], undo=[], lease_s=5)
        with pytest.raises(AgentError, match="not of the project"):
            agent.run(stranger, ["true"])
        assert docker("inspect", "--format", "{{.State.Running}}", stranger) == "true"
    finally:
        docker("rm", "--force", stranger)


def test_the_agent_serves_its_own_project_alone(lab):
    """A session for another project does not begin, and says why."""
    from harness.agent.client import Agent

    with pytest.raises(AgentError, match=f"this agent belongs to the project {lab.project}, not to other"):
        Agent.connect(lab.agent_id, "other")
