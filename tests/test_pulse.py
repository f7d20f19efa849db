from __future__ import annotations

import pytest

from harness.load.process import Tick
from harness.pulse import Pulse
from harness.steady import SteadyState


def tick(start, good, judged=20):
    return Tick(
        at=start + 2,
        arrivals=judged,
        ok=good,
        fail=0,
        info=judged - good,
        dropped=0,
        in_flight=0,
        lag_p99_ms=1.0,
        window_start=start,
        good=good,
        judged=judged,
    )


def pulse(*goods):
    made = Pulse(SteadyState(good_ratio_min=0.9))
    for start, good in enumerate(goods):
        made(tick(float(start), good))
    return made


@pytest.mark.parametrize(
    ("goods", "held"),
    [((20, 20, 20), True), ((0, 20, 20), True), ((0, 0, 20), False), ((0,), False), ((), False)],
)
def test_the_baseline_holds_with_one_broken_window_at_most(goods, held):
    """Nothing judged, or two broken windows, is no steady state."""
    assert pulse(*goods).held(0.0)[0] is held


def test_sustained_counts_good_windows_back_from_the_newest():
    """A broken window begins the count anew."""
    assert pulse(20, 0, 20, 20).sustained_s(0.0) == 2.0
    assert pulse(20, 20, 0).sustained_s(0.0) == 0.0


def test_windows_from_before_do_not_count():
    """A recovery is judged from the heal on."""
    assert pulse(20, 20, 20, 20).sustained_s(3.0) == 1.0
