"""How long one who tried too often must wait. How the database counts is shown in tests/stack/users_service."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from payments.problems import Refused
from users.allowance import Allowance

ALLOWANCE = Allowance(burst=10, refill_s=30.0)


@given(wait_s=st.floats(min_value=0, exclude_min=True, max_value=1e6))
def test_who_must_wait_is_told_for_how_long(wait_s):
    """In whole seconds, never too few: a client that keeps to it is let in."""
    with pytest.raises(Refused) as refused:
        ALLOWANCE.check(wait_s)
    assert (refused.value.status, refused.value.outcome) == (429, "no-effect")
    seconds = int(refused.value.headers["retry-after"])
    assert wait_s <= seconds <= wait_s + 1


def test_who_need_not_wait_goes_on():
    """0 is the database's word for a counted attempt."""
    ALLOWANCE.check(0.0)
