"""The count adds up, and a window is judged once, when it is old enough."""

from __future__ import annotations

from array import array

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.load.tally import Tally, p99

endings = st.sampled_from(["ok", "fail", "info", "dropped", "never"])
operations = st.lists(st.tuples(st.floats(0, 9.9), st.floats(0, 3), endings, st.booleans()), max_size=60)


@given(operations=operations)
def test_windows_count_what_was_good_in_time(operations):
    """Played in the order of time with a tick a second: sums and windows equal a count by hand."""
    tally = Tally(1000.0, good_within_s=1.0)
    events = []
    for offset, took, end, write in operations:
        at = 1000 + offset
        if end == "dropped":
            events.append((at, 0, lambda at=at, write=write: tally.dropped(at, write=write)))
            continue
        events.append((at, 0, lambda at=at, write=write: tally.arrived(at, write=write)))
        if end != "never":
            done = lambda at=at, took=took, end=end, write=write: tally.ended(at, at + took, end, write=write)  # noqa: E731
            events.append((at + took, 1, done))
    ticks = []
    events += [(1000.0 + n, 2, lambda n=n: ticks.append(tally.tick(1000.0 + n))) for n in range(1, 16)]
    for _, _, happens in sorted(events, key=lambda event: event[:2]):
        happens()
    judged = {tick["window_start"]: tick for tick in ticks if tick["window_start"] is not None}
    assert len(judged) == 14
    for window in range(10):
        own = [o for o in operations if int(1000 + o[0] - 1000) == window]  # rounded as intended times are
        good = [o for o in own if o[2] == "ok" and 1000 + o[0] + o[1] - (1000 + o[0]) <= 1.0]
        tick = judged[1000.0 + window]
        assert (tick["judged"], tick["good"]) == (len(own), len(good))
        assert (tick["judged_writes"], tick["good_writes"]) == (
            sum(o[3] for o in own),
            sum(o[3] for o in good),
        )
    summary = tally.summary()
    assert summary["arrivals"] == len(operations) == sum(tick["arrivals"] for tick in ticks)
    for end in ("ok", "fail", "info", "dropped"):
        assert summary[end] == sum(o[2] == end for o in operations) == sum(tick[end] for tick in ticks)
    assert tally.in_flight == sum(o[2] == "never" for o in operations)


def test_nothing_is_judged_before_its_answers_could_be_in_time():
    """The first window ends after a second, and its last operation has a second more."""
    tally = Tally(50.0, good_within_s=1.0)
    assert tally.tick(51.0)["window_start"] is None
    assert tally.tick(51.999)["window_start"] is None
    assert tally.tick(52.0)["window_start"] == 50.0


@pytest.mark.parametrize(("count", "rank"), [(1, 1), (2, 2), (99, 99), (100, 99), (101, 100), (1000, 990)])
def test_p99_is_what_at_least_99_of_100_do_not_exceed(count, rank):
    """By the nearest rank."""
    assert p99(array("d", (number / 1000 for number in range(1, count + 1)))) == rank


def test_p99_of_nothing_is_nothing():
    """Not zero, which would be the best there is."""
    assert p99(array("d")) is None


def test_lags_belong_to_their_second():
    """One late second does not colour the next."""
    tally = Tally(0.0, good_within_s=1.0)
    tally.sent(0.5)
    assert tally.tick(1.0)["lag_p99_ms"] == 500.0
    tally.sent(0.001)
    assert tally.tick(2.0)["lag_p99_ms"] == 1.0
    assert tally.summary()["lag_p99_ms"] == 500.0
