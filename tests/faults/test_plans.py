"""The plan of every fault: pure, whole and in JSON."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from made_scenes import MadeScene

from harness.errors import ExperimentError, UnsupportedFault
from harness.faults.base import Fault, needs_of
from harness.faults.catalogue import (
    FAULTS,
    BitFlip,
    Crash,
    DiskError,
    DiskFull,
    Isolate,
    Kill,
    KillProcess,
    NearlyFull,
    Partition,
    Pause,
    PowerCut,
    ReadOnly,
    Restart,
    SlowDisk,
    Stop,
)

EXAMPLES = [
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
    BitFlip("ledger-1", relation="books.entries", database="ledger"),
    Partition.halves("ledger"),
    Partition.between("ledger-1", "etcd", one_way=True),
]


def test_the_examples_show_every_fault():
    """A fault that joins the catalogue joins these tests."""
    assert {type(fault) for fault in EXAMPLES} == set(FAULTS.values())
    assert all(name == fault.__name__ for name, fault in FAULTS.items())


@pytest.mark.parametrize("fault", EXAMPLES, ids=str)
def test_a_plan_is_whole(fault):
    """It has steps, an undo for each node it touches, evidence, and it is JSON."""
    scene = MadeScene({"ledger": 3, "etcd": 3})
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
    scene = MadeScene({"ledger": 3, "etcd": 3})
    assert fault.plan(scene) == fault.plan(scene)


@pytest.mark.parametrize("fault", EXAMPLES, ids=str)
def test_steps_touch_only_the_stack(fault):
    """No step names a container that the scene does not have."""
    scene = MadeScene({"ledger": 3, "etcd": 3})
    plan = fault.plan(scene)
    known = {node.container for node in scene.nodes}
    for step in (*plan.inject, *plan.heal, *(probe.watch for probe in plan.probes)):
        named = (
            {step["container"]} if "container" in step else {end for pair in step["pairs"] for end in pair}
        )
        assert named <= known


@pytest.mark.parametrize("fault", EXAMPLES, ids=str)
def test_only_a_moment_is_seen_only_once(fault):
    """A fault that lasts must be seen without a gap; only an instant one may show its effect once."""
    probes = fault.plan(MadeScene({"ledger": 3, "etcd": 3})).probes
    assert all(probe.lasting != fault.instant for probe in probes)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Stop("a", timeout_s=-1), "Stop: timeout_s must be from 0 to 600"),
        (lambda: Restart("a", timeout_s=float("nan")), "Restart: timeout_s must be from 0 to 600"),
        (lambda: KillProcess("a", "("), "not a regular expression"),
        (lambda: KillProcess("a", ""), "must name a program"),
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


def test_a_disk_that_cannot_be_broken_is_refused_by_name():
    """Before anything is touched, with the key that is missing."""
    scene = MadeScene({"ledger": 1})
    scene.nodes = tuple(replace(node, disk=None) for node in scene.nodes)
    for fault in (fault for fault in EXAMPLES if needs_of(fault)):
        with pytest.raises(UnsupportedFault, match=r"ledger-1 has no disk .*x-harness\.disks\.ledger"):
            fault.plan(scene)


def test_every_disk_stops_before_the_first_node_is_killed():
    """A kill unmounts, and an unmount writes out: of a whole site nothing may be written after the cut."""
    do = [step["do"] for step in PowerCut("ledger").plan(MadeScene({"ledger": 3})).inject]
    assert do == ["disk.shut"] * 3 + ["engine.kill"] * 3
