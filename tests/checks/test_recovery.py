"""Rto: when its clock starts and stops, and when there is nothing to time."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_runs import BASELINE, DRAIN, EFFECT, FATES, RECOVERY, arrivals_in_outage, make_run

from harness.checks.outage import detect_s
from harness.checks.recovery import Rto
from harness.errors import ExperimentError
from harness.verdict import Verdict

AWAY = ["info-absent"]


def measured(run, **bounds):
    finding = Rto(**{"max_s": 3.5, **bounds}).judge(run.recording())
    return finding.verdict, finding.numbers


def test_the_bound_itself_is_within_it():
    """Broken from the effect at 104.5 to the window that ends at 108: 3.5 s, of 3.5 s allowed."""
    verdict, numbers = measured(make_run(AWAY, [1]))
    assert (verdict, numbers["rto_s"], numbers["rto_reads_s"]) == (Verdict.PASS, 3.5, 3.5)
    assert measured(make_run(AWAY, [1]), max_s=3.49)[0] is Verdict.FAIL


def test_reads_have_a_bound_of_their_own():
    """An outage of reads alone violates it, whatever writes may take."""
    run = make_run(["ok"], [1])
    run.unanswer(run.invoked(EFFECT, EFFECT + 2, write=False))
    verdict, numbers = measured(run, reads_max_s=1)
    assert (verdict, numbers["rto_s"], numbers["rto_reads_s"]) == (Verdict.FAIL, 0, 2.5)


def test_a_success_amid_the_outage_does_not_end_it():
    """The clock stops at the end of the last broken window, and the first success is told apart."""
    run = make_run(["ok"], [1])
    run.unanswer(run.invoked(105, 106) + run.invoked(107, 108))
    numbers = measured(run)[1]
    assert numbers["rto_s"] == 3.5
    assert numbers["broken_windows"] == 2
    assert numbers["first_success_s"] < 0.6


def test_windows_before_the_fault_do_not_count():
    """A hiccup of the baseline is the baseline's matter."""
    run = make_run(["ok"], [1])
    run.unanswer(run.invoked(BASELINE, BASELINE + 1))
    assert measured(run)[1]["rto_s"] == 0


def test_drops_are_an_outage():
    """Arrivals that were never sent are as little good as those that were refused."""
    assert measured(make_run(["dropped"], [1]))[1]["rto_s"] == 3.5


def test_a_late_acknowledgement_is_not_good():
    """A retry that helps after more than a second does not hide the outage."""
    assert measured(make_run(["retried"], [1]))[1]["rto_s"] == 3.5


def test_an_outage_without_an_end_fails_whatever_the_bound():
    """Nobody knows when it would have ended."""
    run = make_run(["ok"], [1])
    run.unanswer(run.invoked(DRAIN - 1, DRAIN))
    verdict, numbers = measured(run, max_s=1e9)
    assert (verdict, numbers["rto_s"]) == (Verdict.FAIL, None)


def test_a_sliver_at_the_end_of_the_load_belongs_to_the_last_window():
    """One slow arrival in the 10 ms after the last whole window is not a window of its own."""
    run = make_run(["ok"], [1], gap_s=0.05)
    for event in run.timeline:
        event["at"] += 0.02 if event["at"] >= DRAIN else 0
    line = next(e for e in run.history if e["t"] == "invoke" and e["intended_at"] > DRAIN - 0.05)
    shift = DRAIN + 0.01 - line["intended_at"]
    run.unanswer([line["key"]])
    line["intended_at"] += shift
    line["at"] += shift
    assert measured(run)[0] is Verdict.PASS


def test_a_control_run_counts_from_its_fault_phase():
    """Without an injection its outage must be 0, and is measured."""
    run = make_run(["ok"], [1])
    run.timeline = [e for e in run.timeline if "injection" not in e]
    assert measured(run, max_s=0)[0] is Verdict.PASS


@pytest.mark.parametrize("missing", ["in_effect", "recovery"])
def test_without_a_beginning_or_an_end_there_is_nothing_to_time(missing):
    """An injection never seen in effect, or a run that ended before its recovery: inconclusive."""
    run = make_run(["ok"], [1])
    run.timeline = [e for e in run.timeline if missing not in (e["kind"], e.get("phase"))]
    assert measured(run)[0] is Verdict.INCONCLUSIVE


def test_reads_that_nobody_sent_are_inconclusive_only_when_asked_for():
    """Writes alone satisfy a check that names no bound for reads."""
    run = make_run(["ok"], [1])
    reads = set(run.invoked(BASELINE, DRAIN, write=False))
    run.history = [line for line in run.history if line.get("key") not in reads]
    assert measured(run)[0] is Verdict.PASS
    assert measured(run, reads_max_s=3)[0] is Verdict.INCONCLUSIVE


def test_a_silent_node_is_not_a_detection():
    """Seconds to the first node that takes up another role: the promotion at 107."""
    assert detect_s(make_run(AWAY, [1]).recording()) == pytest.approx(2.5)


@given(fates=st.lists(st.sampled_from(FATES), min_size=arrivals_in_outage(), max_size=arrivals_in_outage()))
def test_an_outage_is_never_longer_than_what_was_away(fates):
    """Whatever happens until 107.5, the outage ends by the window that ends at 108, and never below 0."""
    numbers = measured(make_run(fates, [1]))[1]
    assert 0 <= numbers["rto_s"] <= 3.5
    assert numbers["rto_resolution_s"] == pytest.approx(0.5)
    assert EFFECT + numbers["rto_s"] < RECOVERY


@pytest.mark.parametrize("bounds", [{"max_s": -1}, {"max_s": float("nan")}, {"max_s": 1, "reads_max_s": -1}])
def test_a_senseless_bound_is_refused(bounds):
    """When it is made, not when a run is over."""
    with pytest.raises(ExperimentError, match="must not be negative"):
        Rto(**bounds)
