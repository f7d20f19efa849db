import pytest
from hypothesis import given
from hypothesis import strategies as st
from payments.outcomes import failed_at_commit, failed_before_commit, unconfirmed
from payments.problems import NoEffect, OutcomeUnknown, Refused

SQLSTATES = st.none() | st.from_regex(r"[0-9A-Z]{5}", fullmatch=True)


@given(sqlstate=SQLSTATES)
def test_before_commit_nothing_can_have_happened(sqlstate):
    """Whatever goes wrong before COMMIT was sent, the word is no-effect."""
    assert failed_before_commit(sqlstate, "words").outcome == "no-effect"


@pytest.mark.parametrize(
    ("sqlstate", "status"), [("PY001", 422), ("PY002", 422), ("PY003", 402), ("PY004", 422), ("25006", 503)]
)
def test_the_books_refusals_have_statuses_of_their_own(sqlstate, status):
    """A refusal by the books is the client's to mend; a read-only server is a matter of trying again."""
    assert failed_before_commit(sqlstate, "words").status == status


@given(sqlstate=SQLSTATES, severity=st.sampled_from([None, "ERROR", "FATAL", "PANIC", "WARNING"]))
def test_after_commit_only_a_rollback_is_without_effect(sqlstate, severity):
    """After COMMIT was sent, no-effect needs an ERROR of a class that rolls back; all else is unknown."""
    problem = failed_at_commit(sqlstate, severity, "words")
    sure = severity == "ERROR" and (sqlstate or "")[:2] in {"23", "25", "40"} and sqlstate != "40003"
    assert isinstance(problem, NoEffect if sure else OutcomeUnknown)


def test_success_with_a_warning_is_no_acknowledgement():
    """PostgreSQL reports a commit that no standby confirmed as success with a warning."""
    words = (
        "The transaction has already committed locally, but might not have been replicated to the standby."
    )
    assert isinstance(unconfirmed("COMMIT", [words]), OutcomeUnknown)


def test_commit_of_a_failed_transaction_is_a_rollback():
    """PostgreSQL answers it without any error, with the tag ROLLBACK."""
    assert isinstance(unconfirmed("ROLLBACK", []), NoEffect)


@given(tag=st.none() | st.text(), warnings=st.lists(st.text(min_size=1)))
def test_only_a_bare_commit_is_an_acknowledgement(tag, warnings):
    """Anything else than the tag COMMIT without a notice is a problem."""
    assert (unconfirmed(tag, warnings) is None) == (tag == "COMMIT" and not warnings)


@given(status=st.integers(400, 499), kind=st.text(), words=st.text())
def test_problem_details_say_all_that_a_client_needs(status, kind, words):
    """The body has RFC 9457's members and the word on the effect."""
    body = Refused(status, kind, "title", words).body()
    assert body.keys() == {"type", "title", "status", "detail", "outcome"}
    assert body["status"] == status
    assert body["type"] == f"/problems/{kind}"


@pytest.mark.parametrize(
    ("problem", "ending"), [(NoEffect, "/no-effect"), (OutcomeUnknown, "/outcome-unknown")]
)
def test_the_type_says_it_too(problem, ending):
    """The load reads the outcome from the end of the type."""
    assert str(problem("words").body()["type"]).endswith(ending)
