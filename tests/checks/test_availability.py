"""Availability and Latency: what counts, and at which bound."""

from __future__ import annotations

import pytest
from made_runs import BASELINE, DRAIN, RECOVERY, make_run

from harness.checks.availability import Availability
from harness.checks.latency import Latency
from harness.errors import ExperimentError
from harness.verdict import Verdict


def verdict(check, run):
    return check.judge(run.recording()).verdict


@pytest.mark.parametrize("fate", ["dropped", "refused", "info-there", "retried"])
def test_whatever_is_not_acknowledged_in_time_is_unavailable(fate):
    """In the fault phase 12 of 24 arrivals meet that fate: exactly half is good."""
    run = make_run([fate], [1])
    assert verdict(Availability(min_ratio=0.5, phase="fault"), run) is Verdict.PASS
    assert verdict(Availability(min_ratio=0.51, phase="fault"), run) is Verdict.FAIL


def test_reads_are_measured_apart():
    """Reads that all succeed do not lift writes that do not."""
    run = make_run(["ok"], [1])
    run.unanswer(run.invoked(BASELINE, DRAIN, write=True))
    finding = Availability(min_ratio=0.4).judge(run.recording())
    assert finding.verdict is Verdict.FAIL
    assert finding.numbers == {"availability_all_writes_ratio": 0.0, "availability_all_reads_ratio": 1.0}
    assert all("writes" in example["what"] for example in finding.examples)


@pytest.mark.parametrize(
    "check", [Availability(min_ratio=0.1, phase="fault"), Latency(max_ms=1e9, phase="fault")]
)
def test_a_phase_that_never_began_is_inconclusive(check):
    """No arrival was seen, so none was judged."""
    run = make_run(["ok"], [1])
    run.timeline = [e for e in run.timeline if e.get("phase") != "fault"]
    assert verdict(check, run) is Verdict.INCONCLUSIVE


@pytest.mark.parametrize(
    "check",
    [
        Availability(min_ratio=0.1, reads_min_ratio=0.1),
        Latency(max_ms=500, phase="recovery", reads_max_ms=500),
    ],
)
def test_reads_that_nobody_sent_are_inconclusive_when_a_bound_is_given(check):
    """A bound that was never put to the test is not kept."""
    run = make_run(["ok"], [1])
    reads = set(run.invoked(BASELINE, DRAIN, write=False))
    run.history = [line for line in run.history if line.get("key") not in reads]
    assert verdict(check, run) is Verdict.INCONCLUSIVE


def test_latency_counts_from_the_intended_time():
    """Sent half a second late and answered at once is half a second, and more, to the one who waits."""
    run = make_run(["ok"], [1])
    for key in run.invoked(RECOVERY, DRAIN):
        invoke, done = (line for line in run.history if line.get("key") == key)
        invoke["at"], done["at"] = invoke["intended_at"] + 0.5, invoke["intended_at"] + 0.51
    assert verdict(Latency(max_ms=100, phase="recovery"), run) is Verdict.FAIL


def test_a_percentile_is_a_latency_that_was_measured():
    """Of eight writes one is slow: p87 leaves it out, p90 does not, for it rounds to the slower."""
    run = make_run(["ok"], [1])
    key = run.invoked(RECOVERY, DRAIN, write=True)[0]
    next(line for line in run.history if line["t"] == "done" and line["key"] == key)["at"] = RECOVERY + 0.9
    assert verdict(Latency(max_ms=100, percentile=85, phase="recovery"), run) is Verdict.PASS
    assert verdict(Latency(max_ms=100, percentile=90, phase="recovery"), run) is Verdict.FAIL


@pytest.mark.parametrize(
    ("check", "bounds", "named"),
    [
        (Availability, {"min_ratio": 0}, "min_ratio"),
        (Availability, {"min_ratio": 1.1}, "min_ratio"),
        (Availability, {"min_ratio": 0.5, "phase": "falut"}, "phase"),
        (Latency, {"max_ms": 0}, "max_ms"),
        (Latency, {"max_ms": 1, "percentile": 101}, "percentile"),
        (Latency, {"max_ms": 1, "reads_max_ms": float("inf")}, "reads_max_ms"),
    ],
)
def test_a_senseless_bound_is_refused(check, bounds, named):
    """When it is made, naming the field."""
    with pytest.raises(ExperimentError, match=named):
        check(**bounds)
