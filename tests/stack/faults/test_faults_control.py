"""Faults through a node's control API: their effect on whoever asks the node, and how they end."""

from __future__ import annotations

import json
import os
import signal
import time

import pytest
from faultlab import docker, start_victim, until

from harness.faults.catalogue import AcquirerAnswerLost, AcquirerNeverAnswers, AcquirerRefuses, AcquirerSlow

pytestmark = pytest.mark.stack

NORMAL = {"mode": "normal", "delay_ms": 0}
PATIENCE_S = 0.8
# What a settlement worker would see: the status, or the kind of the failure, and how long it took.
_SETTLE = f"""
import http.client, json, sys, time
order = {{"payment_id": sys.argv[1], "amount": 5, "currency": "EUR", "creditor": "c"}}
began = time.monotonic()
connection = http.client.HTTPConnection("bank", 8000, timeout={PATIENCE_S})
try:
    connection.request("POST", "/settlements", json.dumps(order), {{"Idempotency-Key": sys.argv[1]}})
    said = connection.getresponse().status
except OSError as error:
    said = type(error).__name__
print(json.dumps([said, time.monotonic() - began]))
"""
_MODE = (
    "import urllib.request as r; print(r.urlopen('http://127.0.0.1:9000/mode', timeout=2).read().decode())"
)


def settle(lab, key):
    """Asked from another node."""
    return json.loads(docker("exec", lab.ids["a"], "python3", "-c", _SETTLE, key))


def mode(lab):
    """Asked in the node itself, not by the agent."""
    return json.loads(docker("exec", lab.ids["bank"], "python3", "-c", _MODE))


@pytest.mark.parametrize(
    ("fault", "said", "at_least_s", "at_most_s", "afterwards"),
    [
        (AcquirerSlow("bank", delay_ms=400), 201, 0.4, 0.7, 200),
        (AcquirerRefuses("bank"), 402, 0.0, 0.3, 402),
        (AcquirerNeverAnswers("bank"), "TimeoutError", PATIENCE_S, PATIENCE_S + 0.3, 200),
        (AcquirerAnswerLost("bank"), "RemoteDisconnected", 0.0, 0.3, 200),
    ],
    ids=["slow", "refuses", "never-answers", "answer-lost"],
)
def test_the_acquirer_behaves_as_it_was_told_and_then_no_more(
    lab, injector, fault, said, at_least_s, at_most_s, afterwards
):
    """What it did with a key meanwhile it stands by: the same key gets its saved answer."""
    key = f"{type(fault).__name__}-{time.monotonic_ns()}"
    assert settle(lab, f"{key}-before")[0] == 201
    injector.inject("i1", fault)
    answer, took_s = settle(lab, key)
    assert answer == said
    assert at_least_s <= took_s < at_most_s
    injector.heal("i1")
    assert [settle(lab, name)[0] for name in (key, f"{key}-after")] == [afterwards, 201]
    assert mode(lab) == NORMAL
    assert lab.evidence()["verdict"] == "pass"
    assert lab.evidence()["samples"] > 1


def test_an_acquirer_that_restarts_is_told_again(lab, injector):
    """Until then it is its usual self: a look that falls there shows as a gap. The heal is whole either way."""
    injector.inject("i1", AcquirerRefuses("bank"))
    docker("restart", "--time", "1", lab.ids["bank"])
    until(lambda: lab.pid("bank") and settle(lab, f"r-{time.monotonic_ns()}")[0] == 402, 10, "the refusal")
    time.sleep(0.2)
    injector.heal("i1")
    assert mode(lab) == NORMAL
    evidence = lab.evidence()
    assert [again["node"] for again in evidence["reapplied"]] == ["bank"]
    assert evidence["verdict"] == "pass" or "the effect was not there" in evidence["why"]


def test_an_acquirer_that_dies_does_not_break_the_heal(lab, injector):
    """It is down when the fault ends, and begins anew as usual."""
    injector.inject("i1", AcquirerRefuses("bank"))
    docker("kill", lab.ids["bank"])
    injector.heal("i1")
    assert lab.evidence()["verdict"] == "pass"
    docker("start", lab.ids["bank"])
    until(lambda: settle(lab, f"d-{time.monotonic_ns()}")[0] == 201, 10, "the acquirer")


def test_somebody_else_who_tells_it_otherwise_is_a_gap(lab, injector):
    """The fault was not there for all of its time."""
    injector.inject("i1", AcquirerRefuses("bank"))
    with lab.connect() as other:
        other.sweep()
    until(lambda: mode(lab) == NORMAL, 5, "the other one's word")
    time.sleep(0.2)
    injector.heal("i1")
    assert lab.evidence()["verdict"] == "inconclusive"


def test_sigkill_of_the_harness_makes_the_acquirer_normal(lab, tmp_path):
    """The agent's pipe ends, and it heals alone."""
    with start_victim(lab, tmp_path / "journal.jsonl", "mode") as victim:
        assert mode(lab)["mode"] == "refuse"
        os.kill(victim.pid, signal.SIGKILL)
        took = until(lambda: mode(lab) == NORMAL, 5, "the usual mode")
    print(f"normal again after {took * 1000:.0f} ms")
    assert took < 2


def test_without_any_note_a_sweep_finds_what_it_was_told(lab, tmp_path):
    """By asking each node whose label says that it can be told."""
    with start_victim(lab, tmp_path / "journal.jsonl", "mode") as victim:
        lab.kill_agents_program()
        lab.forget()
        with lab.connect() as agent:
            told = "bank was told to be {'mode': 'refuse', 'delay_ms': 0}"
            assert agent.leftovers() == [told]
            assert agent.sweep() == {"healed": [told], "remaining": []}
            assert agent.leftovers() == []
        assert mode(lab) == NORMAL
        victim.kill()
