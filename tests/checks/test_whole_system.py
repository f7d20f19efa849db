"""The checks of the whole payment system where the planted defects do not reach: partial reads, vacuity, edges."""

from __future__ import annotations

import pytest
from defects import DEFECTS, ends, read_of
from made_life import ALERT, EYES, FORBIDDEN, add_life, seal
from made_runs import BASELINE, DRAIN, EFFECT, RECOVERY, make_run
from run_strategies import EXPECT, EXPECT_OF_ALL

from harness.checks.catalogue import (
    AuditChainIntact,
    Detected,
    FailsClosed,
    LoadShare,
    MonotonicStatus,
    ReadYourWrites,
    Reconciled,
    SingleWriter,
)
from harness.checks.judge import judge_all, measurements
from harness.checks.recovery import Rto
from harness.errors import ExperimentError
from harness.verdict import Verdict

NEW = EXPECT_OF_ALL[len(EXPECT) :]
EVEN = {"payments-1": 1, "payments-2": 1}


def whole(fates=("ok",)):
    return add_life(make_run(list(fates), [100]))


def verdict(check, run):
    return check.judge(run.recording()).verdict


@pytest.mark.parametrize("check", NEW, ids=lambda check: type(check).__name__)
def test_a_run_that_says_nothing_of_it_is_never_passed(check):
    """A stack without users, settlement or monitoring shows nothing to judge; who asks for an alert misses it."""
    finding = check.judge(make_run(["ok"], [100]).recording())
    never = isinstance(check, Detected | LoadShare)
    assert finding.verdict is (Verdict.FAIL if never else Verdict.INCONCLUSIVE)


@pytest.mark.parametrize("check", NEW, ids=lambda check: type(check).__name__)
def test_an_empty_timeline_does_not_break_a_check(check):
    """A run that never began is judged, too."""
    run = whole()
    run.timeline = []
    assert not check.judge(run.recording()).detail.startswith("The check itself failed")


def test_what_must_be_refused_counts_in_no_other_figure():
    """Three of four refused amid everything, and availability, RTO and the counts are those without them."""
    plain, run = make_run(["ok"], [100]), whole()
    ours, theirs = (measurements(made.recording(), ()) for made in (run, plain))
    assert ours["operations"] == theirs["operations"]
    assert ours["rto_s"] == theirs["rto_s"] == 0


def test_only_forbidden_operations_succeeded():
    """That proves nothing of the service: nobody was served."""
    run = whole()
    run.unanswer([key for key in run.invoked(BASELINE, DRAIN) if not key.startswith(FORBIDDEN)])
    ends(run, f"{FORBIDDEN}-3").update({"outcome": "ok", "status": 200})
    finding = next(f for f in judge_all([], run.recording()) if f.check == "SomethingSucceeded")
    assert finding.verdict is Verdict.INCONCLUSIVE


@pytest.mark.parametrize(
    ("defect", "check", "unread"),
    [
        ("accepted_twice", Reconciled(), "acquirer"),
        ("accepted_with_another_amount", Reconciled(), "acquirer"),
        ("accepted_and_never_settled", Reconciled(), "acquirer"),
        ("unknown_to_the_acquirer", Reconciled(), "database"),
        ("backlog", Reconciled(), "acquirer"),
        ("altered_text", AuditChainIntact(), "database"),
        ("jumped", MonotonicStatus(), "database"),
        ("went_back_for_a_reader", MonotonicStatus(), "database"),
        ("forbidden_and_acknowledged", FailsClosed(), "database"),
        ("forbidden_read_and_acknowledged", FailsClosed(), "database"),
        ("forbidden_and_booked", FailsClosed(), "database"),
    ],
)
def test_what_was_read_proves_a_violation_though_the_rest_is_missing(defect, check, unread):
    """A fail that is already proven is not softened to inconclusive."""
    run = whole()
    DEFECTS[defect].plant(run, 1)
    run.of("complete", source=unread)[0] |= {"t": "incomplete", "why": "the connection broke"}
    assert verdict(check, run) is Verdict.FAIL


@pytest.mark.parametrize(
    ("defect", "check", "unread"),
    [
        ("unknown_to_the_acquirer", Reconciled(), "acquirer"),
        ("accepted_and_never_settled", Reconciled(), "database"),
        ("backlog", Reconciled(), "database"),
        ("step_never_recorded", AuditChainIntact(), "database"),
    ],
)
def test_what_was_not_printed_may_have_come_later(defect, check, unread):
    """An absence proves nothing while the reading may have broken off before it."""
    run = whole()
    DEFECTS[defect].plant(run, 1)
    run.of("complete", source=unread)[0] |= {"t": "incomplete", "why": "the connection broke"}
    assert verdict(check, run) is Verdict.INCONCLUSIVE


def test_settlements_of_other_runs_are_theirs():
    """The books of everybody were printed; another run's payment is settled and accepted, or not."""
    run = whole()
    theirs = run.of("payment", payment_id="e-0")[0] | {"key": "r6-eyes", "payment_id": "e-r6"}
    run.observations.append(theirs)
    run.observations.append(run.of("settlement")[0] | {"payment_id": "e-r6", "amount": 1})
    assert verdict(Reconciled(), run) is Verdict.PASS


@pytest.mark.parametrize("change", [{"at": 94.01}, {"attempt": 1, "after": "0/1"}])
def test_a_token_that_covers_nothing_asks_for_nothing(change):
    """A read that was sent before the write was acknowledged, or with an older position, may be behind."""
    run = whole()
    invoke, done = read_of(run, 0, 1)
    invoke.update(change)
    done.update({"outcome": "fail", "status": 404, "payment_id": None, "seen": None})
    assert verdict(ReadYourWrites(), run) is Verdict.PASS


def test_reads_that_overlap_are_in_no_order():
    """Sent before the other was answered: either may be first."""
    run = whole()
    DEFECTS["went_back_for_a_reader"].plant(run, 0)
    late = next(line for line in run.history if line["t"] == "invoke" and line["key"] == f"{EYES}-late")
    late["at"] = ends(run, f"{EYES}-0")["at"]
    assert verdict(MonotonicStatus(), run) is Verdict.PASS


def test_a_saved_answer_to_a_write_is_no_reader():
    """The approval is sent once more after the settlement, and is answered as it was."""
    run = whole()
    for line in list(run.history):
        if line.get("key") == f"{EYES}-0-approve":
            run.history.append(line | {"attempt": 2, "at": line["at"] + 1})
    assert verdict(MonotonicStatus(), run) is Verdict.PASS


def test_a_write_under_way_at_the_change_of_writers_proves_nothing():
    """The old primary's acknowledgement was on its way when the new one made its first."""
    run = whole()
    key = next(iter(run.invoked(RECOVERY + 1, DRAIN, write=True)))
    ends(run, key)["writer"] = "ledger-1/1"
    next(line for line in run.history if line.get("key") == key)["at"] = 105.0
    assert verdict(SingleWriter(), run) is Verdict.PASS


def test_a_writer_that_cannot_be_read_is_not_passed_over():
    """Inconclusive: it may be the second one."""
    run = whole()
    ends(run, run.acknowledged()[0])["writer"] = "ledger-1"
    finding = SingleWriter().judge(run.recording())
    assert (finding.verdict, "node/timeline" in finding.detail) == (Verdict.INCONCLUSIVE, True)


def test_the_oldest_sign_of_a_newer_timeline_counts():
    """Timeline 3 was there before 2 said anything: timelines went back."""
    run = whole()
    keys = run.acknowledged()
    for number, key in enumerate(keys):
        ends(run, key)["writer"] = f"ledger-1/{1 if number == 0 else 3 if number == 1 else 2}"
    assert verdict(SingleWriter(), run) is Verdict.FAIL


def test_survivors_share_what_a_harmed_node_leaves():
    """In the fault phase a harmed node is left out, and the others' weights are all there is."""
    run = whole()
    for event in run.timeline:
        if event["kind"] == "resolve":
            event["nodes"] = ["payments-3"]
    weights = {"payments-1": 2, "payments-2": 2, "payments-3": 4}
    finding = LoadShare(weights=weights, phase="fault").judge(run.recording())
    assert finding.verdict is Verdict.PASS
    assert "payments-3" not in finding.measured
    assert LoadShare(weights=weights, phase="all").judge(run.recording()).verdict is Verdict.FAIL


def test_nobody_is_left_to_share():
    """All with a weight were harmed: nothing to judge."""
    run = whole()
    assert verdict(LoadShare(weights={"ledger-1": 1}, phase="fault"), run) is Verdict.INCONCLUSIVE


def test_a_tolerance_is_beyond_what_chance_explains():
    """48 answers, 24 each: 0.5 against 1/3 is off by 0.167; three standard deviations of 48 are 0.204."""
    run = whole()
    uneven = {"payments-1": 1, "payments-2": 2}
    assert verdict(LoadShare(weights=uneven, tolerance=0, phase="all"), run) is Verdict.PASS
    uneven = {"payments-1": 1, "payments-2": 4}
    assert verdict(LoadShare(weights=uneven, tolerance=0, phase="all"), run) is Verdict.FAIL


def test_the_alert_of_the_second_injection_is_counted_from_it():
    """A named injection has its own clock; without it the first one has."""
    run = whole()
    second = [event | {"injection": "i2"} for event in run.timeline if event.get("injection") == "i1"]
    for event in second:
        event["at"] += 1.5
    run.timeline += second
    numbers = Detected(alert=ALERT, max_s=1, injection="i2").judge(run.recording()).numbers
    assert numbers["detect_s"] == 0.5
    assert verdict(Detected(alert=ALERT, max_s=1), run) is Verdict.FAIL
    assert verdict(Detected(alert=ALERT, max_s=9, injection="i3"), run) is Verdict.INCONCLUSIVE


def test_a_run_that_ended_too_early_proves_no_silence():
    """The alert may still have come."""
    run = whole()
    DEFECTS["never_detected"].plant(run, 0)
    assert verdict(Detected(alert=ALERT, max_s=DRAIN - EFFECT + 1), run) is Verdict.INCONCLUSIVE


def test_every_set_of_labels_must_be_resolved():
    """A second node's alert goes on."""
    run = whole()
    firing = next(event for event in run.timeline if event.get("state") == "firing")
    run.timeline.append(firing | {"labels": {"node": "ledger-3"}})
    assert verdict(Detected(alert=ALERT, max_s=3), run) is Verdict.PASS
    assert verdict(Detected(alert=ALERT, max_s=3, resolved_max_s=3), run) is Verdict.FAIL
    assert verdict(Detected(alert=ALERT, max_s=3, resolved_max_s=60), run) is Verdict.INCONCLUSIVE


def test_an_alert_of_before_the_run_that_ended_in_time_is_no_false_alarm():
    """It was resolved before the baseline began."""
    run = whole()
    old = [event for event in run.timeline if event["kind"] == "alert"]
    run.timeline += [old[0] | {"at": 82.0}, old[1] | {"at": 90.0}]
    assert verdict(Detected(alert=ALERT, max_s=3), run) is Verdict.PASS


@pytest.mark.parametrize("order", [1, -1])
def test_the_time_to_detect_is_the_alerts_whatever_the_order(order):
    """Rto gives the first change of a role (2.5 s); the alert came after 2 s."""
    recording = whole().recording()
    checks = [Detected(alert=ALERT, max_s=3), Rto(max_s=9), Detected(alert="Other", max_s=3)][::order]
    assert measurements(recording, judge_all(checks, recording))["detect_s"] == 2.0
    assert measurements(recording, judge_all([Rto(max_s=9)], recording))["detect_s"] == 2.5
    other = judge_all([Rto(max_s=9), Detected(alert="Other", max_s=3)], recording)
    assert measurements(recording, other)["detect_s"] is None


@pytest.mark.parametrize(
    ("make", "word"),
    [
        (lambda: LoadShare(weights={}), "weights"),
        (lambda: LoadShare(weights={"a": 0}), "weights"),
        (lambda: LoadShare(weights=EVEN, tolerance=1), "tolerance"),
        (lambda: LoadShare(weights=EVEN, phase="lunch"), "phase"),  # type: ignore[arg-type]
        (lambda: Detected(alert="", max_s=1), "alert"),
        (lambda: Detected(alert="A", max_s=0), "max_s"),
        (lambda: Detected(alert="A", max_s=1, resolved_max_s=float("inf")), "resolved_max_s"),
    ],
)
def test_a_bound_that_makes_no_sense_is_refused(make, word):
    """When it is written, not when it is judged."""
    with pytest.raises(ExperimentError, match=word):
        make()


def test_rows_of_a_payment_in_two_chains_are_told():
    """Each chain verifies, and the payment's steps are all there: in two places."""
    run = whole()
    rows = run.of("transition", payment_id="e-0")
    rows[-1]["payment_id"] = "other-run"
    moved = rows[-1] | {"payment_id": "e-0", "chain": 7, "number": 1, "previous": "0" * 64}
    run.observations.append(moved)
    seal(run.of("transition", chain=0))
    seal([moved])
    finding = AuditChainIntact().judge(run.recording())
    assert [example["fault"] for example in finding.examples] == ["rows in several chains"]
