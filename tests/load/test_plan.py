"""The schedule is a function of its arguments, and has the shape that it says."""

from __future__ import annotations

from itertools import pairwise
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import ExperimentError
from harness.load.plan import BACKOFF_MAX_S, arrivals, backoff_s, stream, weights_for

rates = st.floats(0.5, 200)
seeds = st.integers(0, 2**31)
spacings = st.sampled_from(["poisson", "constant"])
mixes = st.dictionaries(st.sampled_from("abcd"), st.floats(0.1, 10), min_size=1)


def schedule(*, rate=40.0, spacing="poisson", weights=None, seed=1, longest_s=10.0):
    return list(
        arrivals(
            rate_per_s=rate, spacing=spacing, weights=weights or {"a": 1.0}, seed=seed, longest_s=longest_s
        )
    )


@given(rate=rates, spacing=spacings, weights=mixes, seed=seeds)
def test_the_same_seed_gives_the_same_schedule(rate, spacing, weights, seed):
    """To the last bit, whatever the mapping's own order."""
    backwards = dict(reversed(weights.items()))
    first = schedule(rate=rate, spacing=spacing, weights=weights, seed=seed, longest_s=5)
    assert first == schedule(rate=rate, spacing=spacing, weights=backwards, seed=seed, longest_s=5)


@given(rate=rates, spacing=spacings, weights=mixes, seed=seeds, longest_s=st.floats(0.1, 20))
def test_arrivals_are_numbered_and_in_order_and_within_the_time(rate, spacing, weights, seed, longest_s):
    """No arrival lies before its predecessor, or at the end or later."""
    plan = schedule(rate=rate, spacing=spacing, weights=weights, seed=seed, longest_s=longest_s)
    assert [arrival.number for arrival in plan] == list(range(len(plan)))
    assert all(before.offset_s <= after.offset_s for before, after in pairwise(plan))
    assert all(0 <= arrival.offset_s < longest_s and arrival.kind in weights for arrival in plan)


@given(seed=seeds, weights=mixes, others=mixes)
def test_another_mix_does_not_move_the_arrivals(seed, weights, others):
    """Times and kinds are drawn apart."""
    times = [
        [arrival.offset_s for arrival in schedule(seed=seed, weights=mix, longest_s=3)]
        for mix in (weights, others)
    ]
    assert times[0] == times[1]


@given(rate=rates, longest_s=st.floats(0.1, 100))
def test_constant_arrivals_keep_their_gap_without_drift(rate, longest_s):
    """The n-th arrival is at n / rate."""
    plan = schedule(rate=rate, spacing="constant", longest_s=longest_s)
    assert all(arrival.offset_s == arrival.number / rate for arrival in plan)
    assert len(plan) == pytest.approx(longest_s * rate, abs=1)


def test_this_seed_gives_these_arrivals():
    """A new version of Python, or of this harness, must not change an old run's schedule in silence."""
    plan = schedule(rate=10, weights={"pay": 3, "look": 1}, seed=42, longest_s=1.0)
    assert [(round(arrival.offset_s, 9), arrival.kind) for arrival in plan] == GOLDEN


GOLDEN = [
    (0.560552049, "look"),
    (0.629287801, "pay"),
    (0.69836232, "pay"),
    (0.729923854, "pay"),
    (0.776594306, "pay"),
    (0.782449479, "pay"),
    (0.975587224, "look"),
]


def test_poisson_gaps_have_the_mean_and_the_spread_of_their_distribution():
    """Of 20 000 exponential gaps, mean and standard deviation are both 1 / rate, within four standard errors."""
    plan = schedule(rate=100, longest_s=200, seed=3)
    gaps = [after.offset_s - before.offset_s for before, after in pairwise(plan)]
    mean = sum(gaps) / len(gaps)
    spread = (sum((gap - mean) ** 2 for gap in gaps) / len(gaps)) ** 0.5
    assert mean == pytest.approx(0.01, rel=0.03)
    assert spread == pytest.approx(0.01, rel=0.06)


def test_kinds_come_by_their_weights():
    """Of 10 000 arrivals, 6 : 2 : 2, within four standard errors."""
    plan = schedule(rate=100, weights={"pay": 6, "look": 2, "ask": 2}, longest_s=100, seed=5)
    for kind, share in (("pay", 0.6), ("look", 0.2), ("ask", 0.2)):
        assert sum(arrival.kind == kind for arrival in plan) / len(plan) == pytest.approx(share, abs=0.02)


@given(attempt=st.integers(1, 60), seed=seeds)
def test_the_backoff_doubles_up_to_its_bound(attempt, seed):
    """At least half of the full pause, at most all of it."""
    full = min(BACKOFF_MAX_S, 0.1 * 2.0 ** (attempt - 1))
    assert full / 2 <= backoff_s(attempt, Random(seed)) <= full


def test_streams_of_other_names_are_others():
    """The jitter does not move the schedule."""
    assert stream(1, "times").random() != stream(1, "kinds").random()
    assert stream(1, "times").random() == stream(1, "times").random()


def test_a_mix_may_name_only_what_the_load_has():
    """The near miss is named."""
    assert weights_for({"pay": 6, "look": 2}, None) == {"pay": 6, "look": 2}
    assert weights_for({"pay": 6, "look": 2}, {"look": 1}) == {"look": 1}
    with pytest.raises(ExperimentError, match="Did you mean 'create_payment'"):
        weights_for({"create_payment": 1}, {"create_payments": 1})
