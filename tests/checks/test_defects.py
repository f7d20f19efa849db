"""Consistent runs pass every check; a planted defect is told by the checks it concerns, and by no other."""

from __future__ import annotations

import pytest
from defects import DEFECTS
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from made_runs import MadeRun
from run_strategies import EXPECT_OF_ALL, whole_runs

from harness.checks.catalogue import CHECKS
from harness.checks.judge import judge_all
from harness.checks.preconditions import PRECONDITIONS
from harness.verdict import Verdict

slowly = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])


def told(run: MadeRun) -> tuple[dict[str, str], dict[str, str]]:
    """Check -> measured of those that failed, and check -> detail of those that were inconclusive."""
    findings = judge_all(EXPECT_OF_ALL, run.recording())
    failed = {f.check: f.measured for f in findings if f.verdict is Verdict.FAIL}
    return failed, {f.check: f.detail for f in findings if f.verdict is Verdict.INCONCLUSIVE}


@settings(slowly, max_examples=40)
@given(run=whole_runs())
def test_a_consistent_run_passes_everything(run):
    """Whatever its outage was like: retries, refusals, drops, and info that went either way."""
    assert told(run) == ({}, {})


@pytest.mark.parametrize("name", DEFECTS)
@settings(slowly, max_examples=4)  # of each of seventy defects: the runs beneath are of one kind
@given(run=whole_runs(), choice=st.integers(0, 1_000))
def test_a_planted_defect_is_told_by_the_right_checks_alone(name, run, choice):
    """Neither missed nor blamed on a check that it does not concern."""
    DEFECTS[name].plant(run, choice)
    failed, blind = told(run)
    assert (set(failed), set(blind)) == (DEFECTS[name].fails, DEFECTS[name].blinds), (failed, blind)


def test_every_check_and_precondition_has_a_defect_that_it_tells():
    """A check that nothing can trip would be an ornament."""
    tripped = set().union(*(d.fails for d in DEFECTS.values()))
    assert tripped == set(CHECKS)
    blinded = set().union(*(d.blinds for d in DEFECTS.values()))
    # The other two need a run without what the made-up one has; test_preconditions.py makes it.
    assert set(PRECONDITIONS) - blinded == {"SomethingSucceeded", "LoadMetTheFault"}
