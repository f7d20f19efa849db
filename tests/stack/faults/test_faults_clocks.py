"""The effect of a skewed clock, by the word of programs that run in the node since before."""

from __future__ import annotations

import subprocess
import time
from contextlib import contextmanager

import pytest
from faultlab import docker, start_victim, until

from harness.errors import AgentError
from harness.faults.catalogue import ClockSkew, Kill

pytestmark = pytest.mark.stack

CLOCKS = "import sys, time\nfor _ in sys.stdin: print(time.time(), time.monotonic())"
NOTICED_WITHIN_S = 2.5


@contextmanager
def clocks_of(lab, name):
    """How far the two clocks of a program in a node are ahead of this one's; the program runs all the while."""
    words = ["docker", "exec", "-i", lab.ids[name], "python3", "-u", "-c", CLOCKS]
    program = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def ask():
        program.stdin.write("\n")
        program.stdin.flush()
        wall, monotonic = map(float, program.stdout.readline().split())
        return wall - time.time(), monotonic - time.monotonic()

    try:
        yield ask
    finally:
        program.stdin.close()
        program.wait(10)


def fresh(lab, name):
    """How far a program that has just started is ahead."""
    return float(docker("exec", lab.ids[name], "date", "+%s.%N")) - time.time()


@pytest.mark.parametrize("by_s", [300, -90.5])
def test_a_skewed_clock_is_off_by_so_much(lab, injector, by_s):
    """For who runs already and for who starts; durations are right all the time, and afterwards all is."""
    with clocks_of(lab, "clocked") as ask:
        before = ask()
        injector.inject("i1", ClockSkew("clocked", by_s))
        during = ask()
        assert during[0] == pytest.approx(by_s, abs=0.2)
        assert fresh(lab, "clocked") == pytest.approx(by_s, abs=0.5)
        assert abs(fresh(lab, "b")) < 0.5
        injector.heal("i1")
        took = until(lambda: abs(ask()[0]) < 0.2, NOTICED_WITHIN_S, "the right time")
        after = ask()
    print(
        f"wall clock: {before[0]:+.3f}, {during[0]:+.3f}, {after[0]:+.3f} s; right again {took:.1f} s after the heal"
    )
    assert max(abs(before[1]), abs(during[1]), abs(after[1])) < 0.2
    assert abs(fresh(lab, "clocked")) < 0.5
    evidence = lab.evidence()
    assert evidence["verdict"] == "pass", evidence
    measured = evidence["items"][0]["measured"]
    assert float(measured.split()[5]) == pytest.approx(by_s, abs=0.25), measured
    assert measured.endswith("processes have libfaketime")


def test_a_restart_does_not_put_it_right(lab, injector):
    """Whoever starts anew begins with the skewed clock, and the heal finds it."""
    injector.inject("i1", ClockSkew("clocked", 300))
    docker("restart", "--time", "1", lab.ids["clocked"])
    assert fresh(lab, "clocked") == pytest.approx(300, abs=0.5)
    injector.heal("i1")
    assert abs(fresh(lab, "clocked")) < 0.5
    assert lab.evidence()["verdict"] == "pass", lab.evidence()


def test_a_node_that_is_down_at_the_heal_is_put_right_when_it_runs(lab, agent, injector):
    """The file that skews it is still there, and goes as soon as it can be reached."""
    injector.inject("i1", ClockSkew("clocked", 300))
    injector.inject("i2", Kill("clocked"))
    injector.heal("i1")
    injector.heal("i2")
    until(lambda: abs(fresh(lab, "clocked")) < 0.5, 5, "the right time")
    assert agent.leftovers() == []


def test_what_a_dead_session_left_is_found_by_looking(lab):
    """Without any note."""
    step = {"do": "clock.skew", "container": lab.ids["clocked"], "by_s": -5}
    with lab.connect() as agent:
        agent.call("inject", injection="x/i1", do=[step], undo=[], lease_s=60)
    with lab.connect() as agent:
        assert agent.leftovers() == ["clocked has its clock off by -5.000 s"]
        assert agent.sweep()["remaining"] == []
        assert agent.leftovers() == []


def test_a_node_without_such_a_clock_is_refused(lab, agent):
    """By the agent too, whoever asks; and two skews of one clock have no room."""
    step = {"do": "clock.skew", "container": lab.ids["b"], "by_s": 5}
    with pytest.raises(
        AgentError, match=r"b has no clock that can be skewed: its service has no label harness\.clock"
    ):
        agent.call("inject", injection="x", do=[step], undo=[], lease_s=5)


def test_the_harness_dies_and_the_clock_is_right(lab, tmp_path):
    """Its pipe ends, and the agent heals alone."""
    process = start_victim(lab, tmp_path / "journal.jsonl", "clock")
    assert fresh(lab, "clocked") == pytest.approx(300, abs=0.5)
    process.kill()
    process.wait()
    until(lambda: abs(fresh(lab, "clocked")) < 0.5, 5, "the right time")
