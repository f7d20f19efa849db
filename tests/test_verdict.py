from __future__ import annotations

import pytest

from harness.verdict import Verdict, merge

PASS, FAIL, INCONCLUSIVE = Verdict.PASS, Verdict.FAIL, Verdict.INCONCLUSIVE


@pytest.mark.parametrize(
    ("verdicts", "merged"),
    [
        ([PASS, PASS], PASS),
        ([PASS, INCONCLUSIVE], INCONCLUSIVE),
        ([INCONCLUSIVE, FAIL, PASS], FAIL),
        ([], INCONCLUSIVE),
    ],
)
def test_the_heaviest_verdict_wins_and_nothing_judged_is_not_a_pass(verdicts, merged):
    """Fail > inconclusive > pass; an empty list of findings proves nothing."""
    assert merge(verdicts) is merged
