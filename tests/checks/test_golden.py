"""The golden histories: run folders on disk, read by the real readers, with findings worked out by hand."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from made_runs import read_folder
from run_strategies import EXPECT, EXPECT_OF_ALL

from harness.checks.catalogue import CHECKS
from harness.checks.judge import judge_all, measurements
from harness.verdict import Verdict

FOLDERS = sorted((Path(__file__).parents[1] / "histories").glob("*/expected.json"))


@pytest.mark.parametrize("expected", FOLDERS, ids=lambda path: path.parent.name)
def test_a_golden_history_is_judged_as_worked_out_by_hand(expected):
    """Exactly the findings that are named do not pass, with these words; the figures are these."""
    want = json.loads(expected.read_text(encoding="utf-8"))
    recording = read_folder(expected.parent)
    findings = judge_all(EXPECT_OF_ALL if want.get("whole") else EXPECT, recording)
    telling = {f.check: [f.verdict.value, f.measured] for f in findings if f.verdict is not Verdict.PASS}
    assert telling == want["telling"], want["says"]
    figures = measurements(recording, findings)
    for name, value in want["numbers"].items():
        assert figures[name] == (pytest.approx(value) if isinstance(value, float) else value), name


def test_every_check_has_a_bad_history():
    """One at least for each check of the catalogue, and good ones beside them."""
    wanted = [json.loads(path.read_text(encoding="utf-8"))["telling"] for path in FOLDERS]
    failed = {check for telling in wanted for check, (verdict, _) in telling.items() if verdict == "fail"}
    assert failed == set(CHECKS)
    assert sum(not telling for telling in wanted) >= 3
