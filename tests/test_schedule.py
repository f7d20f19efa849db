from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from harness import Injection, Kill
from harness.schedule import Schedule

TIMES = st.lists(st.tuples(st.floats(0, 100), st.floats(0.1, 100), st.floats(0, 5)), min_size=1, max_size=6)


@given(TIMES)
def test_every_injection_is_healed_in_its_own_time(times):
    """Each is due once, each heal is due for_s after its effect, and time never runs back."""
    injections = [Injection(Kill("a"), at, length) for at, length, _ in times]
    schedule = Schedule(injections, start=1000.0)
    seen, healed, effects = [], {}, {}
    while due := schedule.next():
        seen.append(due.at)
        if due.heal:
            healed[due.index] = due.at
        else:
            effects[due.index] = due.at + times[due.index][2]
            schedule.took_effect(due, effects[due.index])
    assert healed.keys() == effects.keys() == set(range(len(times)))
    assert all(healed[i] == effects[i] + times[i][1] for i in healed)
    assert seen == sorted(seen)


def test_an_injection_without_effect_has_no_heal_due():
    """What never took effect is healed by heal_all, not by the schedule."""
    schedule = Schedule([Injection(Kill("a"), 1, 1)], start=0)
    assert schedule.next().id == "i1"
    assert schedule.next() is None
