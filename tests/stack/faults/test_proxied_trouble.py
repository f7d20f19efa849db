"""Links through the proxy while nodes restart and move, and while whoever interposed them dies."""

from __future__ import annotations

import os
import signal
import subprocess
import time

import pytest
from faultlab import docker, start_victim, until

from harness.errors import AgentError, UnsupportedFault
from harness.faults.catalogue import LinkLatency

pytestmark = pytest.mark.stack

LINK = "a->b"


def test_established_connections_are_led_through_the_proxy_and_back(lab, agent, tmp_path):
    """What stood before is ended when the proxy comes and when it goes; what is begun anew works each time."""
    proxies = f"label=com.docker.compose.project={lab.project}"
    with lab.talk("a", "b") as direct:
        assert direct("kept") == "ok"
        with lab.interposed(agent, tmp_path / "journal.jsonl", LINK) as interposition:
            assert lab.redirects("a")
            assert not lab.redirects("b")
            assert [direct("kept"), direct("fresh")] == ["no", "ok"]
            (figures,) = interposition.overhead()
            print(figures)
            assert figures["exchanges"] == 15
            assert figures["through_ms"] > figures["direct_ms"] > 0
            with lab.talk("a", "b") as through:
                assert through("kept") == "ok"
                assert interposition.end() == []
                assert [through("kept"), through("fresh")] == ["no", "ok"]
    assert lab.rules("a") == []
    assert docker("ps", "-aq", "--filter", proxies, "--filter", "label=harness.proxy") == ""
    assert agent.leftovers() == []


def test_a_source_that_restarts_passes_the_proxy_again(lab, agent, tmp_path):
    """Its new namespace has the rules again."""
    with lab.interposed(agent, tmp_path / "journal.jsonl", LINK) as interposition:
        docker("restart", "--time", "1", lab.ids["a"])
        until(lambda: lab.redirects("a"), 5, "the rules in the new namespace")
        injector = lab.injector(agent, tmp_path / "journal.jsonl")
        injector.inject("i1", LinkLatency(LINK, 300))
        assert lab.exchange("a", "b")["whole_s"] >= 0.3
        injector.heal("i1")
        assert [again["node"] for again in interposition.check()["reapplied"]] == ["a"]


def test_a_target_that_moves_is_followed(lab, agent, tmp_path):
    """Its new address leads through the proxy, and the proxy finds it there."""
    network, before = f"{lab.project}_inner", lab.address("b")
    with lab.interposed(agent, tmp_path / "journal.jsonl", LINK):
        docker("network", "disconnect", network, lab.ids["b"])
        squatter = docker("run", "-d", "--rm", "--network", network, "faultlab-node")
        try:
            docker("network", "connect", "--alias", "b", network, lab.ids["b"])
            after = lab.address("b")
            assert after != before
            until(lambda: any(after in line for line in lab.redirects("a")), 5, "the new address")
            assert not any(before in line for line in lab.redirects("a"))
        finally:
            docker("rm", "--force", squatter)
        injector = lab.injector(agent, tmp_path / "journal.jsonl")
        injector.inject("i1", LinkLatency(LINK, 300))
        assert lab.exchange("a", "b")["whole_s"] >= 0.3
        injector.heal("i1")


def test_sigkill_of_the_harness_lets_traffic_go_directly_at_once(lab, tmp_path):
    """Within 100 ms the rules are out; the connections through the proxy are ended, and the proxy goes too."""
    victim = start_victim(lab, tmp_path / "journal.jsonl", "link")
    try:
        pid = lab.pid("a")
        assert lab.redirects("a")
        with lab.talk("a", "b") as through:
            os.kill(victim.pid, signal.SIGKILL)
            begun = time.monotonic()
            until(lambda: not redirected(pid), 5, "direct traffic")
            took = time.monotonic() - begun
            print(f"direct after {took * 1000:.0f} ms")
            assert through("fresh") == "ok"
            until(lambda: through("kept") == "no", 2, "the end of the connections through the proxy")
    finally:
        victim.kill()
        victim.wait()
    assert took < 0.1
    assert lab.exchange("a", "b")["whole_s"] < 0.1
    proxies = ("ps", "-aq", "--filter", f"label=com.docker.compose.project={lab.project}")
    until(lambda: docker(*proxies, "--filter", "label=harness.proxy") == "", 5, "the end of the proxy")
    assert lab.whole()


def redirected(pid):
    """Whether the kernel sends anything of a namespace to the proxy; asked without the engine."""
    words = ["nsenter", "-t", str(pid), "-n", "iptables", "-t", "nat", "-S", "OUTPUT"]
    return b"HRN-" in subprocess.run(words, capture_output=True, check=True).stdout


def test_the_death_of_the_proxy_is_no_fault_of_the_stack(lab, agent, tmp_path):
    """Traffic goes directly at once, and the run is told that it proves nothing."""
    with lab.interposed(agent, tmp_path / "journal.jsonl", LINK) as interposition:
        docker("kill", f"{lab.project}-harness-proxy")
        until(lambda: not lab.redirects("a"), 5, "direct traffic")
        assert lab.exchange("a", "b")["outcome"] == "whole"
        with pytest.raises(AgentError, match="the proxy of the links died"):
            interposition.check()


def test_what_a_dead_session_left_is_found_by_looking(lab, tmp_path):
    """The agent's program and its notes are gone: rules by their mark, the proxy by its label."""
    victim = start_victim(lab, tmp_path / "journal.jsonl", "link")
    try:
        lab.kill_agents_program()
        lab.forget()
        with lab.connect() as agent:
            left = agent.leftovers()
            assert any(line.startswith("a has rules of harness:lab/links") for line in left)
            assert any(line.startswith("the proxy of links") for line in left)
            assert agent.sweep()["remaining"] == []
            assert agent.leftovers() == []
    finally:
        victim.kill()
        victim.wait()


def test_ends_that_share_no_network_are_refused(lab, agent, tmp_path):
    """No link can lead from one to the other, and the error names both."""
    docker("network", "disconnect", f"{lab.project}_inner", lab.ids["edge"])
    try:
        with (
            pytest.raises(UnsupportedFault, match="a and edge share no network"),
            lab.interposed(agent, tmp_path / "journal.jsonl", "a->edge"),
        ):
            pass
    finally:
        docker("network", "connect", "--alias", "edge", f"{lab.project}_inner", lab.ids["edge"])


def test_a_sweep_takes_them_away_under_a_session_that_lives(lab, agent, tmp_path):
    """Whoever interposed them is told, and its own end finds nothing more to do."""
    with lab.interposed(agent, tmp_path / "journal.jsonl", LINK) as interposition:
        with lab.connect() as other:
            assert other.sweep()["remaining"] == []
            assert other.leftovers() == []
        with pytest.raises(AgentError, match="the proxy of the links died"):
            interposition.check()
    assert agent.leftovers() == []
