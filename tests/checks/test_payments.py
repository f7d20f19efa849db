"""The checks of payments and books where the planted defects do not reach: partial reads, RPO, vacuity."""

from __future__ import annotations

import pytest
from defects import DEFECTS, postings
from made_runs import EFFECT, RUN, make_run

from harness.checks.duplicates import NoDuplicatePayments
from harness.checks.ledger import LedgerBalanced
from harness.checks.lost import NoLostPayments
from harness.checks.phantoms import NoPhantomPayments
from harness.checks.promotion import destroyed_at, promotions
from harness.verdict import Verdict

FATES = ["refused", "dropped", "dropped", "refused", *["info-there"] * 8]


def plain():
    return make_run(FATES, [100])


def break_off(run, source):
    run.of("complete", source=source)[0] |= {"t": "incomplete", "why": "the connection broke"}


@pytest.mark.parametrize(
    ("defect", "check", "unread"),
    [
        ("lost", NoLostPayments(), "api"),
        ("key_twice", NoDuplicatePayments(), "database"),
        ("never_sent_and_booked", NoPhantomPayments(), "database"),
        ("refused_and_booked", NoPhantomPayments(), "database"),
        ("negative_balance", LedgerBalanced(), "database"),
        ("unbalanced_entry", LedgerBalanced(), "api"),
    ],
)
def test_what_was_read_proves_a_violation_though_the_rest_is_missing(defect, check, unread):
    """A fail that is already proven is not softened to inconclusive."""
    run = plain()
    DEFECTS[defect].plant(run, 0)
    break_off(run, unread)
    assert check.judge(run.recording()).verdict is Verdict.FAIL


@pytest.mark.parametrize("check", [NoLostPayments(), LedgerBalanced()])
def test_a_payment_that_an_unfinished_read_did_not_print_is_not_lost(check):
    """With both reads broken off nothing is proven, neither way."""
    run = plain()
    DEFECTS["lost"].plant(run, 0)
    break_off(run, "database")
    break_off(run, "api")
    assert check.judge(run.recording()).verdict is Verdict.INCONCLUSIVE


@pytest.mark.parametrize(
    "check", [NoLostPayments(), NoDuplicatePayments(), NoPhantomPayments(), LedgerBalanced()]
)
def test_nothing_to_judge_is_inconclusive(check):
    """Books that were read whole, and hold nothing of a load that asked for nothing."""
    run = plain()
    run.history = [run.history[0], run.history[-1]]
    run.observations = [line for line in run.observations if line["t"] == "complete"]
    finding = check.judge(run.recording())
    assert finding.verdict is Verdict.INCONCLUSIVE
    assert "nothing to judge" in finding.detail


@pytest.mark.parametrize("side", [0, 1])
def test_a_debit_or_a_credit_alone_that_is_repeated_is_a_duplicate(side):
    """Half a posting set done twice is done twice."""
    run = plain()
    run.observations.append(postings(run.of("payment", source="database")[3])[side])
    finding = NoDuplicatePayments().judge(run.recording())
    assert (finding.verdict, finding.numbers["duplicated_payments"]) == (Verdict.FAIL, 1)


def test_payments_of_other_runs_are_not_phantoms():
    """The stack is warm: earlier runs' payments stand in the books under their own ids."""
    run = plain()
    old = run.of("payment", source="database")[0] | {"key": "r70-0001", "payment_id": "p-old"}
    run.observations += [old, *postings(old)]
    for source in ("database", "api"):
        for entry in postings(old):
            run.of("account", source=source, account=entry["account"])[0]["balance"] += entry["amount"]
    recording = run.recording()
    for check in (NoPhantomPayments(), NoDuplicatePayments(), NoLostPayments(), LedgerBalanced()):
        assert check.judge(recording).verdict is Verdict.PASS


def test_a_booked_key_that_the_history_lacks_is_not_proven_a_phantom_when_the_load_died():
    """Its line may be among those that the load did not write any more."""
    run = plain()
    DEFECTS["never_sent_and_booked"].plant(run, 0)
    DEFECTS["load_died"].plant(run, 0)
    assert NoPhantomPayments().judge(run.recording()).verdict is Verdict.INCONCLUSIVE


def test_the_lost_keys_are_history_less_books():
    """All of them are counted, the first twenty are named, the oldest first."""
    run = make_run(["info-absent"], [100], gap_s=0.05)
    gone = run.acknowledged()[:25]
    run.observations = [line for line in run.observations if line.get("key") not in gone]
    finding = NoLostPayments().judge(run.recording())
    assert finding.numbers["rpo_payments"] == 25
    assert [example["key"] for example in finding.examples] == gone[:20]


def test_rpo_reaches_back_from_the_last_destroying_injection_before_the_promotion():
    """A later kill, after the promotion, destroyed nothing of it; a cut does not destroy."""
    run = plain()
    DEFECTS["lost"].plant(run, len([k for k in run.acknowledged() if k < f"{RUN}-0018"]) - 1)
    shown = {"fault": "Kill", "spec": {}, "nodes": ["ledger-2"], "resolved": {}, "wall": ""}
    for name, at, destroys in (("i2", 107.4, True), ("i3", EFFECT + 1, False)):
        run.timeline += [
            shown | {"kind": "resolve", "at": at - 0.1, "injection": name, "destroys": destroys},
            {"kind": "in_effect", "at": at, "wall": "", "injection": name},
        ]
    lost = NoLostPayments().judge(run.recording())
    assert lost.numbers["rpo_payments"] == 1
    assert lost.numbers["rpo_s"] == pytest.approx(EFFECT - 104.03)


def test_a_loss_that_no_injection_explains_has_no_rpo_in_seconds():
    """Acknowledged after the kill, lost all the same: the kill is not what destroyed it."""
    run = plain()
    DEFECTS["lost"].plant(run, len(run.acknowledged()) - 1)
    numbers = NoLostPayments().judge(run.recording()).numbers
    assert (numbers["rpo_payments"], numbers["rpo_s"]) == (1, None)


def test_a_primary_that_answers_again_was_not_promoted():
    """Only another node's taking over is a promotion."""
    run = plain()
    shown = {"kind": "role", "wall": "", "node": "ledger-1"}
    run.timeline += [
        shown | {"at": 101.0, "role": None, "before": "primary"},
        shown | {"at": 101.5, "role": "primary", "before": None},
    ]
    assert promotions(run.recording().timeline) == [107.0]


def test_an_acknowledged_payment_whose_request_is_unknown_is_inconclusive():
    """Its amount cannot be compared, so it is not said to be right."""
    run = plain()
    next(line for line in run.history if "request" in line and "fund" not in line["key"])["request"] = None
    assert NoLostPayments().judge(run.recording()).verdict is Verdict.INCONCLUSIVE


def test_a_promotion_before_the_loss_does_not_end_the_search():
    """The kill at 104.5 destroyed what was acknowledged at 104.03, though another node was promoted at 101."""
    run = plain()
    run.timeline.append(
        {"at": 101.0, "wall": "", "kind": "role", "node": "ledger-3", "role": "primary", "before": None}
    )
    timeline = run.recording().timeline
    assert promotions(timeline) == [101.0, 107.0]
    assert destroyed_at(timeline, 104.03) == EFFECT
