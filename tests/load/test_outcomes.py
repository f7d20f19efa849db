"""The table of outcomes, row by row: nothing that may have had an effect is a failure."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.load.outcomes import STATUSES, TROUBLES, UNKNOWN, rule_status, rule_trouble

REFUSED = [400, 401, 402, 403, 404, 405, 406, 410, 411, 412, 413, 414, 415, 422, 428, 429, 431]
NO_EFFECT = "/problems/no-effect"


@pytest.mark.parametrize("status", REFUSED)
def test_a_refusal_is_a_failure_and_not_tried_again(status):
    """The service said no before it did anything, and would say it again."""
    ruling = rule_status(status)
    assert (ruling.outcome, ruling.again) == ("fail", False)


def test_there_is_no_other_refusal():
    """A row that is added to the table is added here too."""
    assert sorted(STATUSES) == REFUSED


@given(status=st.integers(200, 299), kind=st.none() | st.text())
def test_a_success_is_an_acknowledgement(status, kind):
    """Whatever its body is called."""
    assert rule_status(status, kind).outcome == "ok"


@given(status=st.integers(0, 999).filter(lambda s: not 200 <= s < 300 and s not in REFUSED))
def test_any_other_status_leaves_it_open(status):
    """Conflicts, redirections, every 5xx and whatever has no meaning: tried again with the same key."""
    assert rule_status(status) == UNKNOWN
    assert UNKNOWN.outcome == "info"
    assert UNKNOWN.again


@pytest.mark.parametrize("status", [503, 504])
@pytest.mark.parametrize("kind", [NO_EFFECT, "https://bank.example" + NO_EFFECT])
def test_the_services_word_makes_it_a_failure_that_is_tried_again(status, kind):
    """Surely without effect, and worth another attempt."""
    ruling = rule_status(status, kind)
    assert (ruling.outcome, ruling.again) == ("fail", True)


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (503, None),  # a router's own page
        (503, "/problems/outcome-unknown"),
        (504, "/problems/outcome-unknown"),
        (503, NO_EFFECT + "s"),
        (500, NO_EFFECT),  # a service that fails in a way nobody foresaw cannot give its word
        (502, NO_EFFECT),
    ],
)
def test_nothing_less_than_that_word_counts(status, kind):
    """Another type, or another status, is open."""
    assert rule_status(status, kind) == UNKNOWN


@pytest.mark.parametrize(
    ("trouble", "outcome"),
    [
        ("refused", "fail"),
        ("not-sent", "fail"),
        ("timeout", "info"),
        ("reset", "info"),
        ("broken-answer", "info"),
        ("SomethingNobodyForesaw", "info"),
    ],
)
def test_without_an_answer_only_what_was_never_sent_is_a_failure(trouble, outcome):
    """All of them are tried again."""
    ruling = rule_trouble(trouble)
    assert (ruling.outcome, ruling.again) == (outcome, True)
    assert outcome == "info" or trouble in TROUBLES
