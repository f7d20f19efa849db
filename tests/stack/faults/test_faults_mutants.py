"""Evidence that cannot be had: each fault with its inject, then with its heal, taken away."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Any

import pytest

from harness.faults.catalogue import (
    FAULTS,
    AcquirerAnswerLost,
    AcquirerNeverAnswers,
    AcquirerRefuses,
    AcquirerSlow,
    BitFlip,
    ClockSkew,
    ConnectionsExhausted,
    CpuBurn,
    CpuQuota,
    Crash,
    DiskError,
    DiskFull,
    Dns,
    ErrorOnPath,
    FileDescriptors,
    HalfOpen,
    Isolate,
    Kill,
    KillProcess,
    MemoryLimit,
    MirrorBothLost,
    MirrorHalfLost,
    NearlyFull,
    PacketLoss,
    Partition,
    Pause,
    PortBlocked,
    PowerCut,
    ProcessStopped,
    RateLimit,
    ReadOnly,
    Restart,
    SlowDisk,
    Stop,
)
from harness.faults.injector import NoEvidence

pytestmark = pytest.mark.stack

CASES = {
    "AcquirerAnswerLost": AcquirerAnswerLost("bank"),
    "AcquirerNeverAnswers": AcquirerNeverAnswers("bank"),
    "AcquirerRefuses": AcquirerRefuses("bank"),
    "AcquirerSlow": AcquirerSlow("bank", delay_ms=100),
    "Kill": Kill("b"),
    "Crash": Crash("solo"),
    "Stop": Stop("b", timeout_s=2),
    "Pause": Pause("b"),
    "KillProcess": KillProcess("solo", "node.py"),
    "Restart": Restart("b", timeout_s=2),
    "Isolate": Isolate("a"),
    "DiskError": DiskError("store"),
    "PowerCut": PowerCut("store+store-2"),
    "ReadOnly": ReadOnly("store"),
    "DiskFull": DiskFull("store"),
    "NearlyFull": NearlyFull("store", leave_mb=32),
    "SlowDisk": SlowDisk("store", rate_kb_per_s=256),
    "MirrorHalfLost": MirrorHalfLost("twin"),
    "MirrorBothLost": MirrorBothLost("twin"),
    "BitFlip": BitFlip("store", relation="page", database="lab"),
    "Partition": Partition.between("a", "b"),
    "PacketLoss": PacketLoss("a", 0.3, peers="b"),
    "ErrorOnPath": ErrorOnPath("laid", "log/**", error="EIO"),
    "ClockSkew": ClockSkew("clocked", 300),
    "CpuQuota": CpuQuota("busy", 0.02),
    "CpuBurn": CpuBurn("b"),
    "MemoryLimit": MemoryLimit("b", 8),
    "FileDescriptors": FileDescriptors("b", "node.py"),
    "ConnectionsExhausted": ConnectionsExhausted("b"),
    "ProcessStopped": ProcessStopped("b", "lab-worker"),
    "Dns": Dns.nxdomain("a", "b"),
    "HalfOpen": HalfOpen("a", "b"),
    "PortBlocked": PortBlocked("b", 7000),
    "RateLimit": RateLimit("a", 1000),
}
"""On solo no supervisor does the heal's work."""

ELSEWHERE = {"Netem", "Switchover"} | {
    name for name, fault in FAULTS.items() if "link" in {f.name for f in fields(fault)}
}
"""Netem not every kernel can make: tested on what `tc` is told (tests/agent/test_shaping.py). Switchover needs a real
Patroni: ../payments_service/test_switchover.py; nothing is left of it that a heal must end. And those of links need a
proxy: test_faults_proxied.py.
"""


@dataclass(frozen=True)
class Mutant:
    """A fault whose plan is changed."""

    fault: Any
    change: dict[str, Any]

    @property
    def instant(self):
        return self.fault.instant

    @property
    def destroys(self):
        return self.fault.destroys

    def selectors(self):
        return self.fault.selectors()

    def plan(self, scene):
        return replace(self.fault.plan(scene), **self.change)


def test_every_fault_is_tried():
    """A fault that joins the catalogue joins these tests."""
    assert set(CASES) | ELSEWHERE == set(FAULTS)


@pytest.mark.parametrize("name", CASES)
def test_without_its_inject_there_is_no_evidence(lab, injector, name):
    """Nothing was done, so nothing may be seen; and the run is inconclusive, not passed."""
    mutant = Mutant(CASES[name], {"inject": ()})
    with pytest.raises(NoEvidence, match="no evidence within 1 s"):
        injector.inject("i1", mutant, deadline_s=1.0)
    assert injector.heal_all() == []
    assert lab.evidence()["verdict"] == "inconclusive"


@pytest.mark.soak
@pytest.mark.parametrize("name", CASES)
def test_without_its_heal_it_is_not_gone(lab, injector, agent, name):
    """The harm is still there, so the evidence must not say that it is gone."""
    fault, change = CASES[name], {"heal": ()}
    if isinstance(fault, Restart):
        # Its second half is the heal: a restart that does not come back.
        change["inject"] = ({"do": "engine.stop", "container": lab.ids["b"], "timeout_s": 2},)
    injector.inject("i1", Mutant(fault, change))
    injector.heal("i1", deadline_s=1.5)
    assert [kind for kind, _, _ in lab.events if kind in ("gone", "not_gone")] == ["not_gone"]
    assert lab.evidence()["verdict"] == "inconclusive"
    steps = [dict(step) for step in fault.plan(lab).heal]
    assert agent.call("undo", within_s=60, injection="lab/i1", steps=steps) == []
    assert agent.leftovers() == []


def test_without_probes_there_is_no_evidence(lab, injector):
    """Harm that nobody looks at proves nothing, and the error says so."""
    with pytest.raises(NoEvidence, match="no probe looks at this fault"):
        injector.inject("i1", Mutant(Pause("b"), {"probes": ()}), deadline_s=1.0)
    assert lab.state("b")["State"]["Paused"]
    assert injector.heal_all() == []
    assert lab.whole()
