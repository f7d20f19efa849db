"""Doctor on the real engine: what it tries works here, and it leaves nothing."""

from __future__ import annotations

import subprocess

import pytest

from harness.stack.doctor import examine, fix
from harness.stack.doctor.features import Feature
from harness.stack.doctor.kernel import kernel_rows
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
