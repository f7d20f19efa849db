"""Converged and Healed where the planted defects do not reach."""

from __future__ import annotations

import pytest
from defects import DEFECTS
from made_runs import make_run

from harness.checks.healing import Healed
from harness.checks.replicas import Converged
from harness.verdict import Verdict


def plain():
    return make_run(["info-absent"], [100])


def keep(run, what):
    run.observations = [line for line in run.observations if what(line)]
    return run


def test_copies_that_differ_prove_it_though_the_reading_broke_off():
    """Two copies at one position with other contents will not become equal by reading on."""
    run = plain()
    DEFECTS["diverged_replica"].plant(run, 0)
    run.of("complete", source="replicas")[0] |= {"t": "incomplete", "why": "ledger-3 did not answer"}
    assert Converged().judge(run.recording()).verdict is Verdict.FAIL


def test_a_table_that_an_unfinished_reading_did_not_print_proves_nothing():
    """It may not have been printed yet."""
    run = plain()
    DEFECTS["replica_lacks_a_table"].plant(run, 0)
    run.of("complete", source="replicas")[0] |= {"t": "incomplete", "why": "ledger-3 did not answer"}
    assert Converged().judge(run.recording()).verdict is Verdict.INCONCLUSIVE


def test_the_same_digest_of_another_number_of_rows_is_not_the_same():
    """Rows are compared beside the digest."""
    run = plain()
    run.of("digest")[0]["rows"] = 4
    assert Converged().judge(run.recording()).verdict is Verdict.FAIL


@pytest.mark.parametrize("column", ["position", "digest"])
def test_a_copy_without_position_or_digest_is_not_judged(column):
    """A null is not a value that could be equal."""
    run = plain()
    run.of("digest")[0][column] = None
    finding = Converged().judge(run.recording())
    assert finding.verdict is not Verdict.PASS


def test_one_copy_is_nothing_to_compare():
    """Named as the only node, it still has no other to be equal to."""
    run = keep(plain(), lambda line: line.get("node") in (None, "ledger-1"))
    assert Converged(nodes=("ledger-1",)).judge(run.recording()).verdict is Verdict.INCONCLUSIVE


def test_without_roles_it_is_not_known_who_should_hold_a_copy():
    """Three equal copies of nobody knows how many: inconclusive, until the nodes are named."""
    run = plain()
    run.timeline = [event for event in run.timeline if event["kind"] != "role"]
    recording = run.recording()
    assert Converged().judge(recording).verdict is Verdict.INCONCLUSIVE
    assert Converged(nodes=("ledger-1", "ledger-2", "ledger-3")).judge(recording).verdict is Verdict.PASS
    assert Converged(nodes=["ledger-9"]).judge(recording).verdict is Verdict.FAIL


def test_a_run_that_broke_off_before_the_heal_proves_nothing():
    """The harness was killed while the fault was in effect: nobody saw whether it went."""
    run = plain()
    heal = next(i for i, event in enumerate(run.timeline) if event["kind"] == "heal")
    run.timeline = run.timeline[:heal]
    finding = Healed().judge(run.recording())
    assert finding.verdict is Verdict.INCONCLUSIVE
    assert finding.measured == "0 of 1 injections gone, nobody looked for leftovers"


def test_nobody_looked_for_leftovers():
    """Nothing found is not the same as nobody looked."""
    run = plain()
    run.timeline = [event for event in run.timeline if event["kind"] != "left_behind"]
    assert Healed().judge(run.recording()).verdict is Verdict.INCONCLUSIVE


def test_the_last_look_counts():
    """What a first look found and the heal then removed is not left behind."""
    run = plain()
    run.timeline.append({"at": 108.0, "wall": "", "kind": "left_behind", "items": ["a rule"]})
    assert Healed().judge(run.recording()).verdict is Verdict.PASS


def test_a_control_run_is_judged_by_the_look_alone():
    """Nothing was injected, somebody looked, nothing was there."""
    run = plain()
    run.timeline = [event for event in run.timeline if "injection" not in event]
    assert Healed().judge(run.recording()).verdict is Verdict.PASS
