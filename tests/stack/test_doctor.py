"""Doctor on the real engine: what it tries works here, and it leaves nothing."""

from __future__ import annotations

import json
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from harness.stack.doctor import examine, fix
from harness.stack.doctor.features import FEATURES, Feature
from harness.stack.doctor.kernel import kernel_rows, script
from harness.stack.doctor.place import LABEL, choose_place

pytestmark = pytest.mark.stack


def left(kind: str) -> list[str]:
    argv = [
        "docker",
        kind,
        "ls",
        "--quiet",
        "--filter",
        f"label={LABEL}",
        *(["--all"] if kind == "container" else []),
    ]
    return subprocess.run(argv, capture_output=True, text=True, check=True).stdout.split()


def test_the_reference_stack_can_run_where_its_tests_run() -> None:
    """Every required row works, and no container or network of the trials is left."""
    report = examine()
    assert report.missing == ()
    assert left("container") == []
    assert left("network") == []


def test_a_feature_that_no_kernel_has_is_a_no() -> None:
    """The kernel is really asked: an invented queue discipline is refused as a lacking netem is."""
    invented = Feature(
        name="invented", program="tc", trial="tc qdisc add dev lo root harnessdoctor", enables="", mend=""
    )
    place = choose_place(engine=True)
    assert place is not None
    (row,) = kernel_rows(place, [invented])
    assert row.ok is False


def test_fix_does_nothing_here() -> None:
    """One sentence, because the engine runs."""
    said: list[str] = []
    fix(said.append)
    assert len(said) == 1
    assert said[0].startswith("Nothing to do")


def loops() -> set[str]:
    """The loop devices of this machine that hold a file."""
    told = subprocess.run(["losetup", "--list", "--json"], capture_output=True, text=True, check=True).stdout
    return {one["name"] for one in json.loads(told or '{"loopdevices": []}')["loopdevices"]}


def test_a_trial_that_is_killed_leaves_no_loop_device() -> None:
    """SIGKILL in the middle of the trial: the kernel lets the device go with the last who holds it."""
    before = loops()
    (loop,) = (feature for feature in FEATURES if feature.name == "loop")
    held = replace(loop, trial=loop.trial + "\nsleep 7")
    trial = subprocess.Popen(
        ["unshare", "--net", "--mount", "--pid", "--fork", "--kill-child", "sh", "-s"],
        stdin=subprocess.PIPE,
        text=True,
    )
    trial.stdin.write(script([held]))
    trial.stdin.close()
    assert _within(5, lambda: loops() - before), "the trial attached a device"
    trial.kill()
    trial.wait()
    assert _within(5, lambda: not loops() - before), loops() - before


def _within(seconds: float, holds) -> bool:
    until = time.monotonic() + seconds
    while not (seen := holds()) and time.monotonic() < until:
        time.sleep(0.02)
    return bool(seen)


def test_two_doctors_at_once_do_not_meet() -> None:
    """Each finds what the other finds, and nothing of either is left."""
    before = loops()
    with ThreadPoolExecutor(2) as pool:
        one, two = pool.map(lambda _: examine(), range(2))
    assert {row.name: row.ok for row in one.rows} == {row.name: row.ok for row in two.rows}
    assert one.missing == two.missing == ()
    assert loops() == before
    assert left("container") == left("network") == []
