"""The harness dies, hangs or is cut off: the agent heals alone. Judged by looking at the system."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time

import pytest
from faultlab import clean, docker, frozen, pipe_of, populated, start_victim, until

from harness.faults.catalogue import Isolate, Kill, Pause
from harness.faults.journal import heal_from_journal, outstanding

pytestmark = pytest.mark.stack


@pytest.fixture
def victim(lab, tmp_path):
    """A harness in a process of its own that isolated a, paused b and killed c, and now waits."""
    process = start_victim(lab, tmp_path / "journal.jsonl")
    yield process
    process.kill()
    process.wait()


def healed_within_s(lab, harm):
    """The seconds until rules, pause and the killed node are healed, after `harm` was done."""
    a = lab.pid("a")
    b = lab.pid("b")
    assert not clean(a)
    assert frozen(b)
    assert lab.pid("c") == 0
    harm()
    begun = time.monotonic()
    seen = {}
    while len(seen) < 3 and time.monotonic() - begun < 20:
        looks = {
            "rules": lambda: clean(a),
            "pause": lambda: not frozen(b),
            "start": lambda: populated(lab.ids["c"]),
        }
        for name, look in looks.items():
            if name not in seen and look():
                seen[name] = time.monotonic() - begun
    print({name: f"{took * 1000:.0f} ms" for name, took in seen.items()})
    assert seen.keys() == {"rules", "pause", "start"}
    until(lab.whole, 10, "a whole lab")
    return seen


def test_sigkill_of_the_harness_heals_at_once(lab, victim):
    """Its pipe ends with it."""
    seen = healed_within_s(lab, lambda: os.kill(victim.pid, signal.SIGKILL))
    assert seen["rules"] < 2
    assert seen["pause"] < 2
    assert seen["start"] < 5


def test_sigkill_of_the_pipe_heals_at_once(lab, victim):
    """The docker command between the harness and the agent dies; the harness lives and is told."""
    pipe = pipe_of(victim)
    seen = healed_within_s(lab, lambda: os.kill(pipe, signal.SIGKILL))
    assert max(seen.values()) < 5
    victim.stdin.write("ask\n")
    victim.stdin.flush()
    assert "the agent is gone" in victim.stdout.readline()


def test_sigterm_of_the_agents_program_heals_at_once(lab, victim):
    """Whoever ends it in order gets everything healed."""
    pids = lab.agents_program()
    assert len(pids) == 1
    healed_within_s(lab, lambda: docker("exec", lab.agent_id, "kill", "-TERM", *pids))


def test_sigkill_of_the_agents_program_is_healed_by_the_next_session(lab, victim):
    """Its own notes outlive it: the next session heals before it answers anything."""
    lab.kill_agents_program()
    assert lab.rules("a")
    with lab.connect() as agent:
        assert agent.leftovers() == []
        assert len([notice for notice in agent.notices() if "its session died" in notice]) == 3
    until(lab.whole, 10, "a whole lab")


def test_the_journal_heals_what_even_the_agent_forgot(lab, victim, tmp_path):
    """The agent's container is made new with everything still injected: the harness's journal is enough."""
    lab.kill_agents_program()
    lab.forget()
    assert lab.rules("a")
    path = tmp_path / "journal.jsonl"
    assert len(outstanding(path)) == 3
    with lab.connect() as agent:
        assert len(agent.leftovers()) > 2
        assert heal_from_journal(agent, path) == []
        assert agent.leftovers() == []
    assert outstanding(path) == []
    until(lab.whole, 10, "a whole lab")


def test_without_any_note_a_sweep_heals_by_looking(lab, victim):
    """Rules by their mark, whatever is paused, whatever should run and does not."""
    lab.kill_agents_program()
    lab.forget()
    with lab.connect() as agent:
        left = agent.leftovers()
        assert any(line.startswith("a has rules of harness:") for line in left)
        assert "b is paused" in left
        assert any(line.startswith("c is down") for line in left)
        swept = agent.sweep()
        assert sorted(swept["healed"]) == sorted(left)
        assert swept["remaining"] == []
        assert agent.leftovers() == []
    until(lab.whole, 10, "a whole lab")


def test_a_lease_that_is_not_renewed_heals(lab, agent, injector):
    """The harness hangs: the fault ends by itself, and the evidence says that it did."""
    injector.inject("i1", Isolate("a"), lease_s=1.0)
    injector.inject("i2", Pause("b"), lease_s=1.0)
    injector.inject("i3", Kill("c"), lease_s=1.0)
    assert lab.rules("a")
    took = until(lab.whole, 10, "the lease's end")
    assert took < 5
    injector.heal("i1")
    assert lab.evidence()["verdict"] == "inconclusive"
    assert "its lease ran out" in lab.evidence()["why"]


def test_a_session_that_ends_in_order_heals_too(lab, tmp_path):
    """Leaving the with block is as good as any other end."""
    with lab.connect() as agent:
        lab.injector(agent, tmp_path / "journal.jsonl").inject("i1", Isolate("a"))
        assert lab.rules("a")
    assert lab.whole()


HARMS = (
    "loss", "half-open", "port", "rate", "names", "quota", "burn", "memory", "descriptors", "slots", "stopped",
    "clock",
)  # fmt: skip


def test_sigkill_of_the_harness_heals_every_kind_of_harm(lab, tmp_path):
    """All of them at once, on the same nodes; afterwards nothing is left, and everything works."""
    process = start_victim(lab, tmp_path / "journal.jsonl", *HARMS)
    assert lab.rules("a")
    assert not lab.whole()
    process.kill()
    process.wait()
    took = until(lab.whole, 30, "a whole lab")
    print(f"whole after {took:.2f} s")
    with lab.connect() as agent:
        until(lambda: agent.leftovers() == [], 5, "nothing left")
    with lab.talk("a", "b") as to_b, lab.talk("a", "c") as to_c:
        assert [to_b("fresh"), to_c("fresh")] == ["ok", "ok"]
    assert lab.cpus_used("b") < 0.3


def test_sigkill_of_the_agents_program_is_healed_by_the_next_session_for_every_kind(lab, tmp_path):
    """From its own notes, or because the harm died with it."""
    process = start_victim(lab, tmp_path / "journal.jsonl", *HARMS)
    lab.kill_agents_program()
    process.kill()
    process.wait()
    with lab.connect() as agent:
        assert agent.leftovers() == []
    until(lab.whole, 30, "a whole lab")
    assert lab.cpus_used("b") < 0.3


def test_a_client_that_stops_reading_blocks_no_heal(lab):
    """Its pipe is full and then ends: the rules go all the same."""
    process = subprocess.Popen(
        ["docker", "exec", "-i", lab.agent_id, "python3", "-m", "program", lab.project],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    pairs = [[lab.ids["a"], lab.ids["b"]]]
    do, undo = [{"do": "net.cut", "pairs": pairs}], [{"do": "net.uncut", "pairs": pairs}]
    args = {"injection": "deaf", "do": do, "undo": undo, "lease_s": 60}
    process.stdin.write(json.dumps({"id": 1, "op": "inject", "args": args}).encode() + b"\n")
    process.stdin.flush()
    assert b'"id":1' in process.stdout.readline()
    assert lab.rules("a")
    for number in range(4000):
        process.stdin.write(json.dumps({"id": number, "op": "leftover?" + "x" * 500}).encode() + b"\n")
    process.stdin.close()
    until(lambda: not lab.rules("a"), 10, "the heal")
    process.stdout.read()
    process.wait(20)
