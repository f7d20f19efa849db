"""What the evidence of a skewed clock makes of what a witness says; no container is asked."""

from __future__ import annotations

import time

import pytest
from test_harms import MadeContainers

from harness.agent.program.containers import Container
from harness.agent.program.evidence import wall_clock
from harness.agent.program.evidence.wall_clock import ClockProbe, off_s
from harness.agent.program.processes import Process
from harness.agent.program.refusal import Failed

STEP_S = 0.25


@pytest.mark.parametrize(
    ("said", "off"),
    [("1300.500000", 300.0), ("1300,500000", 300.0), ("900.5", -100.0), ("", None), ("bash: x", None)],
)
def test_how_far_a_clock_is_off(said, off):
    """From the middle between question and answer, in any locale; who says no time says nothing."""
    assert off_s(1000.0, 1001.0, said) == off


class MadeWitness:
    """Says a time that is off by what a test decides; nothing while that is None. Each start is counted."""

    off: float | None = 0.0
    started = 0

    def __init__(self, _container):
        MadeWitness.started += 1

    def ask(self):
        now = time.time()
        return now, now, "" if self.off is None else str(now + self.off)

    def close(self):
        """Nothing to end."""


@pytest.fixture
def looked(monkeypatch):
    """Looks of a probe that waits for +300 s, four a second from t = 10: what the witness said at each."""
    container = Container("A", "a", pid=1)
    monkeypatch.setattr(wall_clock, "_Witness", MadeWitness)
    monkeypatch.setattr(wall_clock, "told", lambda _pid: (2, 3))
    monkeypatch.setattr("harness.agent.program.evidence.resources.identify", lambda pid: Process(pid, 7))
    monkeypatch.setattr(wall_clock, "identify", lambda pid: Process(pid, 7))
    monkeypatch.setattr(MadeWitness, "started", 0)
    probe = ClockProbe({"container": "A", "by_s": 300}, "i1", MadeContainers(container), None)
    probe.open()

    def look(*offs):
        for off in offs:
            look.at += STEP_S
            monkeypatch.setattr(MadeWitness, "off", off)
            probe.tick(look.at)
        return probe.item

    look.at = 10.0
    return look


def test_the_effect_is_believed_when_every_process_has_noticed(looked):
    """Two seconds of it; the measured offset and for how many it holds are told."""
    looked(0.01).begin(10.25)
    assert not looked(0.0, *[300.1] * 8).settled
    item = looked(300.1)
    assert item.settled
    assert (item.effect_at, item.gaps) == (10.75, [])
    assert item.measured == "its clock is off by +300.100 s; 2 of 3 processes have libfaketime"


def test_another_offset_is_neither_before_and_a_gap_during_and_not_gone_after(looked):
    """Only the right time is normal, and only what was asked for is the effect."""
    assert looked(7.0).normal_at is None
    looked(0.0).begin(10.5)
    assert looked(299.0).effect_at is None
    assert looked(*[300.0] * 9).settled
    assert "the effect was not there" in looked(7.0).gaps[0][1]
    item = looked(300.0)
    item.heal(look_at := 14.0)
    assert looked(7.0, 300.0).gone_at is None
    assert looked(-0.2).gone_at > look_at


def test_no_answer_is_no_look_and_another_witness_is_asked(looked):
    """After a second of it nobody looked, and that is a gap."""
    looked(0.0).begin(10.25)
    item = looked(*[300.0] * 9, *[None] * 5, 300.0)
    assert [why for _, why in item.gaps] == ["a has the right time: nobody looked for 1.5 s"]
    assert MadeWitness.started == 6


def test_a_node_that_cannot_be_asked_is_refused_before_the_fault(monkeypatch):
    """It does not run."""
    probe = ClockProbe({"container": "A", "by_s": 5}, "i1", MadeContainers(Container("A", "a")), None)
    with pytest.raises(Failed, match="a does not run"):
        probe.open()
