"""Each planted defect on the real stack: the check concerned tells it, and nothing else is wrong."""

from __future__ import annotations

import json

import pytest
from controls import controls

pytestmark = [pytest.mark.stack, pytest.mark.soak]


@pytest.mark.parametrize("control", controls(), ids=lambda control: control.variant)
def test_a_planted_defect_is_told_by_its_check_alone(harness_command, control):
    """Exit code 1, by the finding of the table, and by no other than what follows from it."""
    done = harness_command(
        "run", control.experiment, "--variant", control.variant, "--json", "--runs", str(harness_command.runs)
    )
    assert done.stdout, done.stderr[-3000:]
    result = json.loads(done.stdout)
    assert done.returncode == 1, json.dumps(result, indent=1)
    wrong = {
        finding["check"]: finding["verdict"] for finding in result["findings"] if finding["verdict"] != "pass"
    }
    assert wrong.get(control.must_fail) == "fail", wrong
    assert wrong.keys() <= {control.must_fail} | control.may_fail, wrong
