"""The plan of every fault: pure, whole and in JSON."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from made_scenes import MadeScene

from harness.errors import ExperimentError, UnsupportedFault
from harness.faults.base import Fault, parts_of
from harness.faults.catalogue import (
    FAULTS,
    AcquirerAnswerLost,
    AcquirerNeverAnswers,
    AcquirerRefuses,
    AcquirerSlow,
    AnswerLost,
    Bandwidth,
    BitFlip,
    ClockSkew,
    ConnectionsExhausted,
    CpuBurn,
    CpuQuota,
    Crash,
    DiskError,
    DiskFull,
    Dns,
    Down,
    ErrorOnPath,
    FileDescriptors,
    HalfOpen,
    Isolate,
    Kill,
    KillProcess,
    LimitData,
    LinkLatency,
    MemoryLimit,
    MirrorBothLost,
    MirrorHalfLost,
    NearlyFull,
    Netem,
    PacketLoss,
    Partition,
    Pause,
    PortBlocked,
    PowerCut,
    ProcessStopped,
    RateLimit,
    ReadOnly,
    RequestLost,
    ResetPeer,
    Restart,
    Slicer,
    SlowClose,
    SlowDisk,
    Stop,
    Switchover,
    Timeout,
)

EXAMPLES = [
    AcquirerAnswerLost("acquirer"),
    AcquirerNeverAnswers("acquirer"),
    AcquirerRefuses("acquirer"),
    AcquirerSlow("acquirer", delay_ms=700),
    Kill("ledger"),
    Crash("ledger-1"),
    Stop("ledger-1", timeout_s=3),
    Pause("ledger"),
    KillProcess("ledger-2", "^postgres"),
    Restart("ledger-1"),
    Isolate("ledger-3"),
    DiskError("ledger-1"),
    PowerCut("ledger"),
    ReadOnly("ledger-1"),
    DiskFull("ledger-1"),
    NearlyFull("ledger-1", leave_mb=64),
    SlowDisk("ledger-1", rate_kb_per_s=256),
    MirrorHalfLost("ledger-1"),
    MirrorBothLost("ledger"),
    BitFlip("ledger-1", relation="books.entries", database="ledger"),
    Partition.halves("ledger"),
    Partition.between("ledger-1", "etcd", one_way=True),
    LinkLatency("ledger->etcd", 200, jitter_ms=50, direction="both", toxicity=0.5),
    Down("ledger->ledger"),
    Timeout("ledger->etcd", 500),
    AnswerLost("ledger-1->etcd"),
    RequestLost("ledger->etcd-2", toxicity=0.3),
    ResetPeer("ledger->etcd", after_ms=100, direction="request"),
    Bandwidth("ledger->ledger", 256),
    SlowClose("ledger->etcd", 300),
    Slicer("ledger->etcd", 100, 1000),
    LimitData("ledger->etcd", 500),
    ErrorOnPath("ledger", "data/pg_wal/**", error="ENOSPC"),
    ErrorOnPath("ledger-1", "data/base/1*", delay_ms=200, calls=["read"], share=0.1, seed=3),
    ClockSkew("ledger", -300),
    ClockSkew("ledger-1", 2.5),
    CpuQuota("ledger", 0.1),
    CpuBurn("ledger-1", 4),
    MemoryLimit("ledger-1", 64),
    FileDescriptors("ledger-1", "^postgres"),
    ConnectionsExhausted("ledger-1"),
    ProcessStopped("ledger-1", "patroni"),
    PacketLoss("ledger-1", 0.2),
    Dns.silence("ledger-1"),
    Dns.wrong("ledger", "etcd-1", "etcd-2"),
    Dns.slow("ledger-1", delay_ms=1500),
    PacketLoss("ledger", 0.02, peers="etcd"),
    HalfOpen("ledger-1", "etcd"),
    PortBlocked("ledger", 5432),
    PortBlocked("ledger-1", 5432, reset=True),
    RateLimit("ledger-1", 1000),
    Netem.delay("ledger-1", 100, jitter_ms=10),
    Netem.reorder("ledger-1", 0.25),
    Switchover("ledger"),
]


def made_scene():
    return MadeScene({"ledger": 3, "etcd": 3, "acquirer": 1}, {"ledger:primary": ["ledger-2"]})


def test_the_examples_show_every_fault():
    """A fault that joins the catalogue joins these tests."""
    assert {type(fault) for fault in EXAMPLES} == set(FAULTS.values())
    assert all(name == fault.__name__ for name, fault in FAULTS.items())


@pytest.mark.parametrize("fault", EXAMPLES, ids=str)
def test_a_plan_is_whole(fault):
    """It has steps, an undo for each node it touches, evidence, and it is JSON."""
    scene = made_scene()
    plan = fault.plan(scene)
    assert isinstance(fault, Fault)
    assert plan.nodes
    assert plan.inject
    assert plan.heal
    assert plan.probes
    assert set(plan.resolved) == set(fault.selectors())
    steps = [*plan.inject, *plan.heal, *(probe.watch for probe in plan.probes)]
    assert json.loads(json.dumps(steps)) == [dict(step) for step in steps]


@pytest.mark.parametrize("fault", EXAMPLES, ids=str)
def test_planning_twice_gives_the_same(fault):
    """A plan depends on the scene alone, so validation and injection agree."""
    scene = made_scene()
    assert fault.plan(scene) == fault.plan(scene)


@pytest.mark.parametrize("fault", EXAMPLES, ids=str)
def test_steps_touch_only_the_stack(fault):
    """No step names a container that the scene does not have."""
    scene = made_scene()
    plan = fault.plan(scene)
    known = {node.container for node in scene.nodes}
    for step in (*plan.inject, *plan.heal, *(probe.watch for probe in plan.probes)):
        if "hop" in step:
            assert set(step["hop"].split("~")) <= {node.name for node in scene.nodes}
            continue
        named = {step["container"]} if "container" in step else set()
        named |= {end for pair in step.get("pairs", ()) for end in pair} | set(step.get("peers", ()))
        assert named
        assert named <= known


@pytest.mark.parametrize("fault", EXAMPLES, ids=str)
def test_only_a_moment_is_seen_only_once(fault):
    """A fault that lasts must be seen without a gap; only an instant one may show its effect once."""
    probes = fault.plan(made_scene()).probes
    assert all(probe.lasting != fault.instant for probe in probes)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Stop("a", timeout_s=-1), "Stop: timeout_s must be from 0 to 600"),
        (lambda: Restart("a", timeout_s=float("nan")), "Restart: timeout_s must be from 0 to 600"),
        (lambda: KillProcess("a", "("), "not a regular expression"),
        (lambda: KillProcess("a", ""), "must name a program"),
        (lambda: LinkLatency("a", 100), "LinkLatency: 'a' is no link. Write from->to"),
        (lambda: Down("a->b->c"), "Down: 'a->b->c' is no link"),
        (
            lambda: LinkLatency("a->b", 100, direction="up"),
            "no direction 'up'. There are: request, answer, both",
        ),
        (lambda: AnswerLost("a->b", toxicity=0), "AnswerLost: toxicity must be from 0.1 to 1, not 0"),
        (lambda: LinkLatency("a->b", 100, jitter_ms=90), "latency_ms less jitter_ms must be 30 or more"),
        (lambda: LinkLatency("a->b", 100_000), "latency_ms must be at most 60000"),
        (lambda: Timeout("a->b", 0), "Use AnswerLost or RequestLost"),
        (lambda: ResetPeer("a->b", after_ms=-1), "ResetPeer: after_ms must be from 0 to 10000"),
        (lambda: Bandwidth("a->b", 100), "rate_kbps must be a multiple of 8 up to 2000, not 100"),
        (lambda: SlowClose("a->b", 10), "SlowClose: delay_ms must be from 50"),
        (
            lambda: Slicer("a->b", 100, 1000, variation_bytes=100),
            "variation_bytes must be from 0 to less than",
        ),
        (lambda: Slicer("a->b", 1000, 1000), "1.0 us a byte, and less than 5 is not seen"),
        (lambda: LimitData("a->b", 100_000), "LimitData: limit_bytes must be from 1 to 2000"),
        (lambda: PacketLoss("a", 0.01), "PacketLoss: share must be from 0.02 to 1"),
        (lambda: CpuQuota("a", 0), "CpuQuota: cpus must be from 0.01 to 64"),
        (lambda: CpuBurn("a", 0), "CpuBurn: processes must be from 1 to 64"),
        (lambda: MemoryLimit("a", 1), "MemoryLimit: limit_mib must be from 4"),
        (lambda: FileDescriptors("a", ""), "FileDescriptors: process must name a program"),
        (lambda: ConnectionsExhausted("a", 0), "ConnectionsExhausted: port must be from 1"),
        (lambda: ProcessStopped("a", "("), "ProcessStopped: process is not a regular expression"),
        (lambda: Dns("never", "a"), "Dns has no answer 'never'.*silence, nxdomain"),
        (lambda: Dns.slow("a", delay_ms=1), "Dns.slow: delay_ms must be from 100"),
        (lambda: Dns.wrong("a", address="x"), "address must be of IP version 4"),
        (lambda: ErrorOnPath("a", "/wal/**", error="EIO"), "path is relative to the volume"),
        (lambda: ErrorOnPath("a", "wal/x", error="EIO"), "has a wildcard in its last part alone"),
        (lambda: ErrorOnPath("a", "w*/x*", error="EIO"), "has a wildcard in its last part alone"),
        (lambda: ErrorOnPath("a", "wal/x**", error="EIO"), "has a wildcard in its last part alone"),
        (lambda: ErrorOnPath("a", "../x/**", error="EIO"), "path is relative to the volume"),
        (lambda: ErrorOnPath("a", "x/**"), "either error or delay_ms"),
        (lambda: ErrorOnPath("a", "x/**", error="EPERM"), "error must be EIO or ENOSPC"),
        (lambda: ErrorOnPath("a", "x/**", delay_ms=5), "delay_ms must be a whole number from 50"),
        (lambda: ErrorOnPath("a", "x/**", error="EIO", calls=["stat"]), "calls are of create, open"),
        (lambda: ErrorOnPath("a", "x/**", error="EIO", calls="write"), "calls are of create, open"),
        (lambda: ErrorOnPath("a", "x/**", error="EIO", share=0), "share must be from 0.05"),
        (lambda: ErrorOnPath("a", "x/**", error="EIO", seed=-1), "seed must be a whole number"),
        (lambda: PortBlocked("a", 0), "PortBlocked: port must be from 1 to 65535"),
        (lambda: RateLimit("a", 1), "RateLimit: rate_kbps must be from 64 to 20000"),
        (lambda: Netem("late", "a"), "Netem has no shape 'late'.*delay, loss"),
        (lambda: Netem.delay("a", 0), "delay_ms must be from 1"),
        (lambda: Netem.delay("a", 100, jitter_ms=90), "jitter_ms must be from 0 to half"),
        (lambda: Netem.loss("a", float("nan")), "Netem.loss: share must be"),
        (lambda: AcquirerSlow("a", delay_ms=0), "AcquirerSlow: delay_ms must be from 1 to 60000"),
        (lambda: Switchover("ledger:primary"), "Switchover: group must be a group's name"),
        (lambda: Switchover("ledger", port=0), "Switchover: port must be from 1 to 65535"),
        (lambda: NearlyFull("a", leave_mb=0), "NearlyFull: leave_mb must be a whole number from 1 on, not 0"),
        (lambda: SlowDisk("a", rate_kb_per_s=15), "must be a whole number from 16 to 4000, not 15"),
        (lambda: SlowDisk("a", rate_kb_per_s=1.5e3), "must be a whole number"),
        (lambda: BitFlip("a", relation="x'; --", database="d"), "not the name of a relation"),
    ],
)
def test_a_fault_that_makes_no_sense_is_refused_when_made(make, message):
    """The experiment file fails where the mistake stands."""
    with pytest.raises(ExperimentError, match=message):
        make()


def test_only_a_node_with_a_control_api_can_be_told():
    """Before anything is touched, with the line to add."""
    with pytest.raises(UnsupportedFault, match=r"ledger-1 has no control API") as caught:
        AcquirerRefuses("ledger-1").plan(made_scene())
    assert "harness.control" in str(caught.value)


def test_only_a_node_with_such_a_clock_can_be_skewed():
    """Before anything is touched, with the key that is missing."""
    with pytest.raises(UnsupportedFault, match=r"etcd-1 has no clock .*\(clocks: \[etcd\]\)"):
        ClockSkew("etcd", 300).plan(made_scene())


def test_only_a_node_with_a_pass_through_has_paths_that_fail():
    """Before anything is touched, with the key that is missing."""
    with pytest.raises(UnsupportedFault, match=r"no pass-through .* etcd-1.*\(paths: \{etcd: /its/place\}\)"):
        ErrorOnPath("etcd", "x/**", error="EIO").plan(made_scene())


@pytest.mark.parametrize("by_s", [0, 0.9, -0.9, 400_000_000, float("nan")])
def test_a_skew_is_neither_too_small_to_be_seen_nor_absurd(by_s):
    """Within a quarter of a second nobody could tell it from a right clock."""
    with pytest.raises(ExperimentError, match="by_s must be from 1 to"):
        ClockSkew("ledger", by_s)


def test_a_switchover_is_asked_of_the_primary_and_seen_at_the_others():
    """It names who hands over, leaves the choice to Patroni, and holds no secret."""
    plan = Switchover("ledger").plan(made_scene())
    (step,), (probe,) = plan.inject, plan.probes
    assert (step["container"], step["body"]) == ("id-ledger-2", {"leader": "ledger-2"})
    assert probe.watch["others"] == ["id-ledger-1", "id-ledger-3"]
    assert step["login"] == ["PATRONI_RESTAPI_USERNAME", "PATRONI_RESTAPI_PASSWORD"]


def test_who_is_alone_cannot_hand_over():
    """Nobody would take over."""
    alone = MadeScene({"ledger": 1}, {"ledger:primary": ["ledger-1"]})
    with pytest.raises(UnsupportedFault, match="ledger-1 is alone in ledger"):
        Switchover("ledger").plan(alone)


def test_a_link_names_each_hop_once():
    """Every source and every target, and no node with itself; each direction is a toxic of its own."""
    scene = MadeScene({"ledger": 3})
    plan = LinkLatency("ledger->ledger", 100, direction="both").plan(scene)
    assert {step["hop"] for step in plan.inject} == {
        f"ledger-{a}~ledger-{b}" for a in (1, 2, 3) for b in (1, 2, 3) if a != b
    }
    assert [step["stream"] for step in plan.inject[:2]] == ["upstream", "downstream"]
    assert len({(step["hop"], step["toxic"]) for step in plan.inject}) == len(plan.inject) == 12
    assert [(s["hop"], s["toxic"]) for s in plan.heal] == [(s["hop"], s["toxic"]) for s in plan.inject]


def test_a_link_from_a_node_to_itself_is_refused():
    """There is no hop."""
    with pytest.raises(UnsupportedFault, match="from a node to itself alone"):
        Down("ledger-1->ledger-1").plan(MadeScene({"ledger": 3}))


def test_a_disk_that_cannot_be_broken_is_refused_by_name():
    """Before anything is touched, with the key that is missing."""
    scene = MadeScene({"ledger": 1})
    scene.nodes = tuple(replace(node, disk=None) for node in scene.nodes)
    for fault in (fault for fault in EXAMPLES if "disks" in parts_of(fault)):
        with pytest.raises(UnsupportedFault, match=r"ledger-1 has no disk .*x-harness\.disks\.ledger"):
            fault.plan(scene)


def test_a_node_without_a_mirror_is_refused_by_name():
    """Before anything is touched, with the key that is missing; a breakable disk is none."""
    scene = MadeScene({"ledger": 1})
    scene.nodes = tuple(replace(node, mirror=None) for node in scene.nodes)
    for fault in (fault for fault in EXAMPLES if "mirrors" in parts_of(fault)):
        with pytest.raises(UnsupportedFault, match=r"ledger-1 has no mirror .*x-harness\.disks\.ledger"):
            fault.plan(scene)


def test_every_disk_stops_before_the_first_node_is_killed():
    """A kill unmounts, and an unmount writes out: of a whole site nothing may be written after the cut."""
    do = [step["do"] for step in PowerCut("ledger").plan(MadeScene({"ledger": 3})).inject]
    assert do == ["disk.shut"] * 3 + ["engine.kill"] * 3
