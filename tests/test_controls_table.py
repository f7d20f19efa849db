"""The table of negative controls names what there is."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from controls import controls

from harness.discovery import load_experiment

ROOT = Path(__file__).parents[1]
STACK = yaml.safe_load((ROOT / "compose" / "payments" / "compose.yaml").read_text())


def test_every_variant_has_its_control():
    """A variant that no experiment is named for would plant a defect that nobody looks for."""
    assert sorted(control.variant for control in controls()) == sorted(STACK["x-harness"]["variants"])


@pytest.mark.parametrize("control", controls(), ids=lambda control: control.variant)
def test_the_experiment_expects_what_must_fail(control):
    """The table's checks are the experiment's own, and its docstring names the variant."""
    experiment = load_experiment(ROOT / "experiments" / f"{control.experiment}.py")
    expected = {type(check).__name__ for check in experiment.expect}
    assert {control.must_fail} | control.may_fail <= expected
    assert f"the variant {control.variant}" in " ".join(experiment.description.split())
