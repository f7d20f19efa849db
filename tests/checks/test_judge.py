"""All checks together: a check that breaks, the preconditions, the measurements, the failure text."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl
import pytest
from made_runs import BASELINE, DRAIN, EFFECT, make_run
from run_strategies import EXPECT

from harness.checks.base import Check
from harness.checks.catalogue import CHECKS
from harness.checks.conclusion import EXAMPLES_MAX, conclude
from harness.checks.explain import explain
from harness.checks.judge import judge_all, measurements
from harness.checks.preconditions import PRECONDITIONS
from harness.checks.wording import count, percent, seconds
from harness.verdict import Verdict, merge


@dataclass(frozen=True)
class Broken:
    """A check with a fault of its own."""

    error: BaseException

    @property
    def needs(self):
        """Nothing."""
        return frozenset()

    def judge(self, _recording):
        """Break."""
        raise self.error


def by_name(run, name):
    return next(f for f in judge_all([], run.recording()) if f.check == name)


@pytest.mark.parametrize("error", [KeyError("column"), pl.exceptions.PanicException("index out of bounds")])
def test_a_check_that_breaks_is_inconclusive_and_the_others_go_on(error):
    """With the exception's text, never pass; a panic of Polars is not even an Exception."""
    findings = judge_all([Broken(error), *EXPECT], make_run(["ok"], [1]).recording())
    broken = next(f for f in findings if f.check == "Broken")
    assert broken.verdict is Verdict.INCONCLUSIVE
    assert str(error) in broken.detail
    assert merge(f.verdict for f in findings) is Verdict.INCONCLUSIVE
    assert len(findings) == len(PRECONDITIONS) + 1 + len(EXPECT)


def test_ctrl_c_goes_through():
    """An interruption is not a finding."""
    with pytest.raises(KeyboardInterrupt):
        judge_all([Broken(KeyboardInterrupt())], make_run(["ok"], [1]).recording())


def test_nothing_succeeded():
    """A load of which nothing was acknowledged says nothing, even when the funding before it worked."""
    run = make_run(["ok"], [1])
    run.unanswer(run.invoked(BASELINE, DRAIN))
    assert by_name(run, "SomethingSucceeded").verdict is Verdict.INCONCLUSIVE


def test_no_operation_met_the_fault():
    """The fault was there, and nobody came."""
    run = make_run(["ok"], [1])
    away = set(run.invoked(EFFECT, DRAIN))
    run.history = [line for line in run.history if line.get("key") not in away]
    finding = by_name(run, "LoadMetTheFault")
    assert finding.verdict is Verdict.INCONCLUSIVE
    assert "i1" in finding.detail


def test_an_operation_that_never_came_back_met_the_fault():
    """Sent before and without an answer: it was under way."""
    run = make_run(["ok"], [1])
    away = set(run.invoked(EFFECT, DRAIN))
    run.history = [line for line in run.history if line.get("key") not in away]
    run.unanswer(run.invoked(BASELINE, BASELINE + 1))
    assert by_name(run, "LoadMetTheFault").verdict is Verdict.PASS


def test_one_late_operation_of_sixteen_is_beyond_p99():
    """The lag is taken at p99, not in the middle."""
    run = make_run(["ok"], [1])
    first = next(line for line in run.history if line.get("intended_at", 0) > DRAIN - 2)
    first["at"] = first["intended_at"] + 0.15
    assert by_name(run, "LoadKeptUp").verdict is Verdict.INCONCLUSIVE


def test_the_generators_own_word_counts_too():
    """The load reports its lag a phase; what it sent may look punctual."""
    run = make_run(["ok"], [1])
    run.timeline.append(
        {"at": 110, "wall": "", "kind": "load", "phase": "recovery", "lag_p99_ms": 101, "dropped": 0}
    )
    assert by_name(run, "LoadKeptUp").verdict is Verdict.INCONCLUSIVE


def test_drops_are_not_lag():
    """They are unavailable operations."""
    assert by_name(make_run(["dropped"], [1]), "LoadKeptUp").verdict is Verdict.PASS


@pytest.mark.parametrize(("kind", "name"), [("steady", "BaselineSteady"), ("evidence", "EvidenceHeld")])
def test_what_nobody_recorded_is_not_proven(kind, name):
    """A missing event is not a good one."""
    run = make_run(["ok"], [1])
    run.timeline = [event for event in run.timeline if event["kind"] != kind]
    assert by_name(run, name).verdict is Verdict.INCONCLUSIVE


def test_an_empty_timeline_is_inconclusive_throughout():
    """No precondition that needs an event passes without it, and none raises."""
    run = make_run(["ok"], [1])
    run.timeline = []
    findings = {f.check: f for f in judge_all(EXPECT, run.recording())}
    for name in (
        "RunComplete",
        "BaselineSteady",
        "SomethingSucceeded",
        "LoadKeptUp",
        "Rto",
        "Healed",
        "Converged",
    ):
        assert findings[name].verdict is Verdict.INCONCLUSIVE, name
        assert not findings[name].detail.startswith("The check itself failed")


def test_measurements_do_not_depend_on_what_was_expected():
    """RTO, RPO and the counts are figures of the run, whichever checks were asked for."""
    recording = make_run(["info-absent"], [1]).recording()
    figures = measurements(recording, ())
    assert figures["rto_s"] == 3.5
    assert figures["rpo_payments"] == 0
    assert figures["reconciled_s"] is None
    assert figures["operations"] == {"ok": 40, "fail": 0, "info": 12, "dropped": 0}
    more = measurements(recording, judge_all(EXPECT, recording))
    assert figures.items() <= more.items()


def test_the_catalogue_holds_checks_by_their_names():
    """Each is a Check, and its repr makes it again."""
    for check in EXPECT:
        assert isinstance(check, Check)
        assert CHECKS[type(check).__name__] is type(check)
        assert eval(repr(check), dict(CHECKS)) == check
        assert (check.judge.__doc__ or "").strip()
        assert "Proof obligations" in (type(check).__doc__ or "")


@pytest.mark.parametrize(
    ("violated", "blind", "verdict"),
    [(True, "x", "fail"), (True, "", "fail"), (False, "x", "inconclusive"), (False, "", "pass")],
)
def test_a_proof_outweighs_what_was_not_seen(violated, blind, verdict):
    """Fail before inconclusive before pass, and never more examples than are shown."""
    finding = conclude("X", violated=violated, blind=blind, measured="", bound="", examples=[{"n": 1}] * 99)
    assert finding.verdict.value == verdict
    assert len(finding.examples) == EXAMPLES_MAX


def test_a_failure_reads_like_an_assertion():
    """Measured, allowed, what it means, the first items and how many more there are."""
    finding = conclude(
        "NoLostPayments",
        violated=True,
        blind="",
        measured="7 lost of 9",
        bound="0 lost",
        detail="Why.",
        examples=[{"what": "gone", "key": f"k{i}"} for i in range(7)],
    )
    assert explain(finding).splitlines() == [
        "NoLostPayments: fail",
        "  measured: 7 lost of 9",
        "  allowed:  0 lost",
        "  meaning:  Why.",
        "  first 5:",
        *(f"    gone: key=k{i}" for i in range(5)),
        "    and 2 more in result.json",
    ]


def test_figures_are_written_alike_everywhere():
    """Thousands apart, no ratio rounded up to all, seconds as exactly as they are meant."""
    assert (count(1204567), percent(0.99999), percent(1), percent(0.29)) == (
        "1 204 567",
        "99.99 %",
        "100 %",
        "29 %",
    )
    assert (seconds(0.0251), seconds(21.345), seconds(120), seconds(0)) == (
        "0.025 s",
        "21.3 s",
        "120 s",
        "0 s",
    )
