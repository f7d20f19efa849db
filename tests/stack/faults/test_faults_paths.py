"""The effect of calls that fail on some paths, by the word of programs that run in the node."""

from __future__ import annotations

import time

import pytest
from faultlab import docker, start_victim, until

from harness.errors import AgentError, HarnessError
from harness.faults.catalogue import ErrorOnPath, Pause

pytestmark = pytest.mark.stack

CALLS = """
import errno, os, sys, time
path, count = sys.argv[1], int(sys.argv[2])
failed = late = 0
for _ in range(count):
    begun = time.monotonic()
    try:
        with open(path, "wb", buffering=0) as file:
            file.write(b"x")
    except OSError as error:
        assert errno.errorcode[error.errno] == sys.argv[3], error
        failed += 1
    late += time.monotonic() - begun > 0.15
print(failed, late)
"""


def calls(lab, path, count=1, error="none"):
    """How many of so many writes in the node failed with this error, and how many took more than 150 ms."""
    words = docker("exec", lab.ids["laid"], "python3", "-c", CALLS, path, str(count), error)
    return tuple(map(int, words.split()))


def is_well(lab):
    return calls(lab, "/data/log/mine", 20) == (0, 0)


@pytest.mark.parametrize("error", ["ENOSPC", "EIO"])
def test_calls_on_the_paths_fail_and_others_do_not(lab, injector, error):
    """Every write below the folder, with this very error; and the file that was there is as it was."""
    docker("exec", lab.ids["laid"], "sh", "-c", "echo before >/data/log/kept")
    injector.inject("i1", ErrorOnPath("laid", "log/**", error=error))
    assert calls(lab, "/data/log/mine", 20, error) == (20, 0)
    assert calls(lab, "/data/log/kept", 20, error) == (20, 0)
    assert calls(lab, "/data/other", 20) == (0, 0)
    time.sleep(0.5)
    begun = time.monotonic()
    injector.heal("i1")
    print(f"healed in {time.monotonic() - begun:.3f} s")
    assert is_well(lab)
    evidence = lab.evidence()
    assert evidence["verdict"] == "pass", evidence
    (item,) = (i for i in evidence["items"] if i["measured"])
    print(item["measured"])
    harmed, _, seen = item["measured"].split()[:3]
    assert 10 < int(harmed) == int(seen)
    assert ".harness-probe" not in docker("exec", lab.ids["laid"], "find", "/data")


def test_a_share_of_the_calls(lab, injector):
    """About so many of the writes fail: a binomial's mean, to five of its deviations."""
    injector.inject("i1", ErrorOnPath("laid", "log/**", error="EIO", calls=["write"], share=0.3, seed=7))
    failed, _ = calls(lab, "/data/log/mine", 1000, "EIO")
    injector.heal("i1")
    print(f"{failed} of 1000 failed")
    assert 227 < failed < 373


def test_calls_are_late(lab, injector):
    """By that delay, and then they are done."""
    injector.inject("i1", ErrorOnPath("laid", "log/*", delay_ms=200, calls=["write"]))
    assert calls(lab, "/data/log/mine", 5) == (0, 5)
    assert calls(lab, "/data/other", 5) == (0, 0)
    injector.heal("i1")
    assert is_well(lab)
    assert lab.evidence()["verdict"] == "pass", lab.evidence()


def test_the_pass_through_dies_and_the_node_comes_back_with_a_new_one(lab, injector):
    """Nobody is left with a folder that nobody serves; the rule is put in again, and the heal takes it out."""
    injector.inject("i1", ErrorOnPath("laid", "log/**", error="EIO"))
    first = lab.pid("laid")
    docker("exec", lab.ids["laid"], "sh", "-c", "kill -9 $(pidof passthrough)")
    until(lambda: lab.pid("laid") not in (0, first), 10, "a new first process")
    until(lambda: calls(lab, "/data/log/mine", 1, "EIO") == (1, 0), 5, "the rule")
    injector.heal("i1")
    assert is_well(lab)


@pytest.mark.soak
def test_a_rule_of_a_paused_node_is_off_when_it_goes_on(lab, injector):
    """Healed first, while nobody there could answer."""
    injector.inject("i1", ErrorOnPath("laid", "log/**", error="EIO"))
    for attempt in range(20):  # the engine cannot freeze it while one of its calls is under way
        try:
            injector.inject(f"p{attempt}", Pause("laid"))
            break
        except HarnessError:
            time.sleep(0.05)
    else:
        pytest.fail("it could never be paused")
    injector.heal("i1", deadline_s=0.5)
    assert injector.heal_all() == []
    assert is_well(lab)


def test_the_harness_dies_and_the_paths_work(lab, tmp_path):
    """Its pipe ends, and the agent heals alone."""
    process = start_victim(lab, tmp_path / "journal.jsonl", "path")
    assert calls(lab, "/data/log/mine", 3, "EIO") == (3, 0)
    process.kill()
    process.wait()
    print(f"works again after {until(lambda: is_well(lab), 5, 'the path'):.2f} s")


def test_rules_that_are_on_are_found_by_looking(lab):
    """Without any note."""
    rule = {"path": "log/**", "calls": ["write"], "error": "EIO", "share": 1.0, "seed": 0}
    step = {"do": "path.fail", "container": lab.ids["laid"], **rule}
    with lab.connect() as agent:
        agent.call("inject", injection="x/i1", do=[step], undo=[], lease_s=60)
    with lab.connect() as agent:
        assert agent.leftovers() == ["laid has calls fail on log/**"]
        assert agent.sweep()["remaining"] == []
        assert agent.leftovers() == []
        assert is_well(lab)
        with pytest.raises(AgentError, match=r"b has no pass-through over a volume"):
            agent.call("inject", injection="x", do=[step | {"container": lab.ids["b"]}], undo=[], lease_s=5)


def test_the_node_has_no_more_rights_than_without(lab):
    """What the mount needs is not handed on, and the node has no say in the rules."""
    status = docker("exec", lab.ids["laid"], "sh", "-c", "cat /proc/$(pidof -s sleep)/status")
    bounds = {line.split()[0]: int(line.split()[1], 16) for line in status.splitlines() if "Cap" in line}
    assert not any(mask & 1 << 21 for mask in bounds.values()), "CAP_SYS_ADMIN"
    knock = (
        "import socket as s; c = s.socket(s.AF_UNIX); c.connect('\\0harness-passthrough'); print(c.recv(9))"
    )
    assert docker("exec", lab.ids["laid"], "python3", "-c", knock) == "b''"
