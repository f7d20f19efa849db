"""The story of one thing looked at: when there is an effect, a gap, and when it is gone."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from harness.agent.program.evidence.item import SILENCE_S, Item, Open

STEP_S = 0.05


def watched(looks, *, lasting=True, settle_s=0.0):
    """An item that was normal before, and was looked at every 50 ms since t = 10 (True: the effect)."""
    item = Item("a -> b", lasting, settle_s)
    item.normal(9.9)
    item.begin(10.0)
    for number, effect in enumerate(looks):
        (item.effect if effect else item.normal)(10.0 + number * STEP_S)
    return item


@given(st.integers(0, 10), st.integers(1, 40))
def test_a_whole_effect_has_no_gap(late, long):
    """From the first look that shows the effect on it stands, however late it came."""
    item = watched([False] * late + [True] * long)
    assert item.settled
    assert item.effect_at == 10.0 + late * STEP_S
    assert item.gaps == []


@given(st.lists(st.booleans(), min_size=1, max_size=40))
def test_without_a_look_at_the_effect_there_is_none(looks):
    """Settled means that the effect was seen; never seen means never settled."""
    assert watched(looks).settled == any(looks)


@given(st.integers(1, 20), st.integers(1, 5), st.integers(0, 20))
def test_one_normal_look_in_a_lasting_effect_is_a_gap(before, normal, after):
    """The fault was not there for a moment, so it proves nothing."""
    item = watched([True] * before + [False] * normal + [True] * after)
    assert len(item.gaps) == normal
    assert item.effect_at == 10.0


@given(st.integers(1, 3), st.integers(4, 20))
def test_a_short_loss_is_no_effect_yet(lost, long):
    """An effect that did not stand for as long as it must is forgotten, and counts from its return."""
    item = watched([True] * lost + [False] + [True] * long, settle_s=0.15)
    assert item.effect_at == 10.0 + (lost + 1) * STEP_S
    assert item.gaps == []
    assert item.settled


@given(st.floats(SILENCE_S + 0.1, 30.0))
def test_nobody_looking_is_a_gap(silence_s):
    """What was not looked at was not seen."""
    item = watched([True] * 5)
    item.effect(10.2 + silence_s)
    assert len(item.gaps) == 1
    assert "nobody looked" in item.gaps[0][1]


@given(st.floats(SILENCE_S + 0.1, 30.0))
def test_nobody_looking_until_the_heal_is_a_gap_too(silence_s):
    """The heal ends the silence as a look does."""
    item = watched([True] * 5)
    item.heal(10.2 + silence_s)
    assert len(item.gaps) == 1


def test_gone_is_the_first_normal_look_after_the_heal():
    """What was sent before the heal and arrives after it does not show that the fault is gone."""
    item = watched([True] * 5)
    item.heal(11.0)
    item.effect(11.05)
    assert item.gone_at is None
    item.normal(11.1)
    item.normal(11.2)
    assert item.gone_at == 11.1
    assert item.gaps == []


def test_an_instant_fault_may_be_gone_before_any_heal():
    """The supervisor brought it back: no gap, and that moment is when it was gone."""
    item = watched([False, True, True, False, False], lasting=False)
    assert item.effect_at == 10.05
    assert item.gone_at == 10.15
    assert item.gaps == []


def test_what_never_was_is_gone_after_the_heal():
    """A heal after a fault without effect needs no deadline to pass."""
    item = watched([False] * 5)
    item.heal(11.0)
    item.normal(11.05)
    assert item.gone_at == 11.05
    assert not item.settled


def test_looks_from_before_the_injection_count_for_nothing():
    """Something broken already is no effect of the fault."""
    item = Item("a -> b")
    item.effect(9.0)
    item.begin(10.0)
    item.effect(9.5)
    assert item.effect_at is None
    assert not item.settled


def test_the_way_that_must_stay_open_is_watched_too():
    """A one-way cut that cuts both ways is not what was asked for."""
    way = Open("b -> a")
    way.begin(10.0)
    way.normal(10.1)
    assert way.settled
    way.effect(10.5)
    assert way.gaps == []
    way.effect(10.2 + SILENCE_S)
    assert len(way.gaps) == 1


def test_a_node_that_is_down_closes_no_way():
    """While an end is down nothing can be said of the way that must stay open."""
    way = Open("b -> a")
    way.begin(10.0)
    way.normal(10.1)
    way.down = "a is down"
    way.effect(20.0)
    assert way.gaps == []
