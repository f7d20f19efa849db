"""What an acquirer's answer means for a payment, and when it is tried again."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from settlement.backoff import BASE_S, CAP_S, delay_s
from settlement.judging import STRIKES_MAX, Again, Answer, Finish, Item, judge

ITEM = Item("p-1", 100, "EUR", "acct-2", attempts=1)
SAID = st.fixed_dictionaries(
    {},
    optional={
        "payment_id": st.sampled_from(["p-1", "p-2"]),
        "amount": st.sampled_from([100, 101, "100"]),
        "currency": st.sampled_from(["EUR", "USD"]),
        "creditor": st.sampled_from(["acct-2", "acct-3"]),
        "status": st.sampled_from(["accepted", "refused", "?"]),
    },
)
ANSWERS = st.builds(
    Answer, st.none() | st.sampled_from([200, 201, 204, 400, 402, 409, 422, 429, 500, 503]), st.none() | SAID
)
ITEMS = st.builds(
    Item,
    st.just("p-1"),
    st.just(100),
    st.just("EUR"),
    st.just("acct-2"),
    attempts=st.integers(1, 10**6),
    strikes=st.integers(0, STRIKES_MAX - 1),
)


def said(status, **other):
    return {**ITEM.body, "status": status, **other}


@given(st.integers(1, 10**6), st.integers())
def test_a_pause_is_drawn_from_nothing_to_a_bound_that_doubles_up_to_the_cap(attempt, seed):
    """Full jitter: never below 0, never above the bound, and the bound itself never above the cap."""
    bound = min(CAP_S, BASE_S * 2 ** min(attempt - 1, 20))
    assert 0 <= delay_s(attempt, Random(seed)) <= bound


@given(st.integers(1, 40))
def test_pauses_of_many_are_spread_over_the_whole_bound(attempt):
    """What failed together comes back apart: a thousand draws reach both ends, and half lie in each half."""
    bound = min(CAP_S, BASE_S * 2 ** (attempt - 1))
    draws = sorted(delay_s(attempt, Random(seed)) for seed in range(1000))
    assert draws[0] < bound / 20
    assert draws[-1] > bound * 0.95
    assert 0.4 * bound < draws[500] < 0.6 * bound


@pytest.mark.parametrize("status", [200, 201])
def test_accepted_is_settled(status):
    """New or repeated, the acquirer's word is the same."""
    assert judge(ITEM, Answer(status, said("accepted")), Random(1)) == Finish("settled")


def test_refused_is_failed():
    """Only the acquirer's saved refusal gives the money back."""
    assert judge(ITEM, Answer(402, said("refused")), Random(1)) == Finish("failed")


@given(ITEMS, ANSWERS)
def test_money_moves_only_by_a_word_that_says_all_of_the_payment_back(item, answer):
    """Whatever is answered: settled needs accepted, failed needs refused, and both need the same four terms."""
    what = judge(item, answer, Random(1))
    if isinstance(what, Finish):
        body = answer.body
        assert {name: body[name] for name in item.body} == item.body
        assert (what.status, answer.status in (200, 201), body["status"]) in (
            ("settled", True, "accepted"),
            ("failed", False, "refused"),
        )


@given(ITEMS, ANSWERS)
def test_an_acquirer_in_trouble_parks_nothing(item, answer):
    """However long it is down, a payment is only parked for an answer of its own, and at its fifth."""
    what = judge(item, answer, Random(1))
    if isinstance(what, Again):
        trouble = answer.status is None or answer.status == 429 or answer.status >= 500
        assert what.strike is not trouble
        assert what.park is (what.strike and item.strikes + 1 == STRIKES_MAX)
