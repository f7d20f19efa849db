"""Links through the proxy: who passes it, what each fault does to them, and how it all goes away.

The effects are measured from inside a node, not by the agent.
"""

from __future__ import annotations

from dataclasses import fields

import pytest
from faultlab import until
from test_faults_mutants import Mutant

from harness.faults.catalogue import (
    FAULTS,
    AnswerLost,
    Bandwidth,
    Down,
    LimitData,
    LinkLatency,
    RequestLost,
    ResetPeer,
    Slicer,
    SlowClose,
    Timeout,
)
from harness.faults.injector import NoEvidence

pytestmark = pytest.mark.stack

LINK = "a->b"

CASES = {
    "LinkLatency": LinkLatency(LINK, 200),
    "Down": Down(LINK),
    "Timeout": Timeout(LINK, 300),
    "AnswerLost": AnswerLost(LINK),
    "RequestLost": RequestLost(LINK),
    "ResetPeer": ResetPeer(LINK),
    "Bandwidth": Bandwidth(LINK, 320),
    "SlowClose": SlowClose(LINK, 200),
    "Slicer": Slicer(LINK, 200, 4000),
    "LimitData": LimitData(LINK, 1000),
}


@pytest.fixture(scope="module")
def shared(running_lab, tmp_path_factory):
    """One session with one proxy for the tests of the effects: (lab, agent)."""
    path = tmp_path_factory.mktemp("links") / "journal.jsonl"
    with running_lab.connect() as agent:
        agent.sweep()
        until(running_lab.whole, 30, "a whole lab")
        with running_lab.interposed(agent, path, LINK):
            yield running_lab, agent


@pytest.fixture
def harmed(shared, tmp_path):
    """Injects one fault, lets the load of the test run, heals, and sees that it went and was proven."""
    lab, agent = shared
    injector = lab.injector(agent, tmp_path / "journal.jsonl")

    def during(fault, load):
        injector.inject("i1", fault)
        seen = load()
        injector.heal("i1")
        evidence = lab.evidence()
        assert evidence["verdict"] == "pass", evidence["why"]
        print(*evidence["measured"])
        after = lab.exchange("a", "b")
        assert after["outcome"] == "whole"
        assert after["whole_s"] < 0.1
        return seen

    yield during
    injector.heal_all()


def test_latency_is_what_was_asked_for(shared, harmed):
    """The answer comes 300 ms later, and the way that is not interposed is as fast as ever."""
    lab, _ = shared
    seen, other = harmed(LinkLatency(LINK, 300), lambda: (lab.exchange("a", "b"), lab.exchange("a", "c")))
    assert 0.3 <= seen["whole_s"] < 0.45
    assert other["whole_s"] < 0.1


def test_latency_both_ways_adds_up_and_jitter_spreads(shared, harmed):
    """A request and its answer are late by 100 to 300 ms each."""
    lab, _ = shared
    fault = LinkLatency(LINK, 200, jitter_ms=100, direction="both")
    seen = harmed(fault, lambda: [lab.exchange("a", "b")["whole_s"] for _ in range(4)])
    assert all(0.2 <= one < 0.75 for one in seen)
    assert max(seen) - min(seen) > 0.01


def test_down_refuses(shared, harmed):
    """Nobody listens on the link; the node behind it serves others."""
    lab, _ = shared
    seen, other = harmed(Down(LINK), lambda: (lab.exchange("a", "b"), lab.exchange("c", "b")))
    assert (seen["outcome"], other["outcome"]) == ("refused", "whole")


def test_timeout_swallows_and_closes(shared, harmed):
    """No byte comes, and after 500 ms the connection is closed."""
    lab, _ = shared
    seen = harmed(Timeout(LINK, 500), lambda: lab.exchange("a", "b"))
    assert (seen["outcome"], seen["received"]) == ("closed", 0)


def test_answer_lost_lets_the_request_take_effect(shared, harmed):
    """All of the request arrives at the target, and nothing comes back."""
    lab, agent = shared
    arrived = []

    def load():
        before = lab.received(agent, "b")
        seen = lab.exchange("a", "b", 7000, within_s=0.5)
        arrived.append(lab.received(agent, "b") - before)
        return seen

    assert harmed(AnswerLost(LINK), load)["outcome"] == "silent"
    assert arrived[0] >= 7000


def test_request_lost_does_not(shared, harmed):
    """Nothing of the request arrives, and to the source that looks the same."""
    lab, agent = shared
    arrived = []

    def load():
        before = lab.received(agent, "b")
        seen = lab.exchange("a", "b", 7000, within_s=0.5)
        arrived.append(lab.received(agent, "b") - before)
        return seen

    assert harmed(RequestLost(LINK), load)["outcome"] == "silent"
    assert arrived == [0]


def test_reset_peer_resets(shared, harmed):
    """The connection stands, and is reset when it is used."""
    lab, _ = shared
    assert harmed(ResetPeer(LINK), lambda: lab.exchange("a", "b"))["outcome"] == "reset"


def test_bandwidth_is_what_was_asked_for(shared, harmed):
    """80 kilobits a second: 8 kB take 0.8 s."""
    lab, _ = shared
    seen = harmed(Bandwidth(LINK, 80), lambda: lab.exchange("a", "b", 8000))
    assert 0.7 <= seen["whole_s"] < 1.1


def test_slow_close_delays_the_end_alone(shared, harmed):
    """The data is as fast as ever; the end comes 400 ms later."""
    lab, _ = shared
    seen = harmed(SlowClose(LINK, 400), lambda: lab.exchange("a", "b"))
    assert seen["whole_s"] < 0.1
    assert 0.4 <= seen["closed_s"] < 0.6


def test_slicer_slices(shared, harmed):
    """Pieces of at most 200 bytes, 2 ms apart: many of them, and slow."""
    lab, _ = shared
    seen = harmed(Slicer(LINK, 200, 2000), lambda: lab.exchange("a", "b", 8000))
    assert seen["pieces"] >= 40
    assert seen["whole_s"] >= 0.08


def test_limit_data_ends_in_mid_word(shared, harmed):
    """1500 of 8000 bytes come, then the end."""
    lab, _ = shared
    seen = harmed(LimitData(LINK, 1500), lambda: lab.exchange("a", "b", 8000))
    assert (seen["outcome"], seen["received"]) == ("closed", 1500)


def test_toxicity_harms_a_share(shared, harmed):
    """Half of the connections are late, half are not; the evidence knows that."""
    lab, _ = shared
    fault = LinkLatency(LINK, 300, toxicity=0.5)
    seen = harmed(fault, lambda: [lab.exchange("a", "b")["whole_s"] > 0.25 for _ in range(12)])
    assert 0 < sum(seen) < 12


def test_without_load_through_the_proxy_there_is_no_evidence(shared, tmp_path):
    """Only the probe passed: whatever the fault did, it did it to nobody."""
    lab, agent = shared
    injector = lab.injector(agent, tmp_path / "journal.jsonl")
    injector.inject("i1", LinkLatency(LINK, 200))
    injector.heal("i1")
    assert lab.evidence()["verdict"] == "inconclusive"
    assert "nothing of the load came to the proxy" in lab.evidence()["why"]


def test_a_link_that_is_not_interposed_cannot_be_harmed(shared, tmp_path):
    """The error says so, and nothing is done."""
    lab, agent = shared
    injector = lab.injector(agent, tmp_path / "journal.jsonl")
    with pytest.raises(NoEvidence, match="the link a->c is not interposed"):
        injector.inject("i1", LinkLatency("a->c", 200))


def test_every_fault_of_a_link_is_tried():
    """A fault that joins the catalogue joins these tests."""
    assert set(CASES) == {name for name, fault in FAULTS.items() if "link" in {f.name for f in fields(fault)}}


@pytest.mark.parametrize("name", CASES)
def test_without_its_inject_there_is_no_evidence(shared, tmp_path, name):
    """Nothing was done, so nothing may be seen; and the run is inconclusive, not passed."""
    lab, agent = shared
    injector = lab.injector(agent, tmp_path / "journal.jsonl")
    with pytest.raises(NoEvidence, match=r"no evidence within 0\.7 s"):
        injector.inject("i1", Mutant(CASES[name], {"inject": ()}), deadline_s=0.7)
    assert injector.heal_all() == []
    assert lab.evidence()["verdict"] == "inconclusive"


@pytest.mark.soak
@pytest.mark.parametrize("name", CASES)
def test_without_its_heal_it_is_not_gone(shared, tmp_path, name):
    """The harm is still there, so the evidence must not say that it is gone."""
    lab, agent = shared
    injector = lab.injector(agent, tmp_path / "journal.jsonl")
    injector.inject("i1", Mutant(CASES[name], {"heal": ()}))
    injector.heal("i1", deadline_s=0.7)
    assert [kind for kind, _, _ in lab.events if kind in ("gone", "not_gone")] == ["not_gone"]
    assert lab.evidence()["verdict"] == "inconclusive"
    steps = [dict(step) for step in CASES[name].plan(lab).heal]
    assert agent.call("undo", within_s=60, injection="lab/i1", steps=steps) == []
    assert lab.exchange("a", "b")["whole_s"] < 0.1
