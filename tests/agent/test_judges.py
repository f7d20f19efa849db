"""What a burst of datagrams, or an answer about a name, shows. Pure."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.agent.program import dns
from harness.agent.program.evidence.item import Item
from harness.agent.program.evidence.names import told
from harness.agent.program.evidence.traffic import Burst, judge, size_of


def burst(*arrivals, sent=10, every_s=0.001):
    """Datagrams sent one after the other; each arrival is its number and how late it came, in seconds."""
    times = [number * every_s for number in range(sent)]
    return Burst(times, [(number, times[number] + late_s) for number, late_s in arrivals])


ALL = [(number, 0.0002) for number in range(10)]


@pytest.mark.parametrize("sees", [{"lost": 0.3}, {"duplicated": 0.3}, {"reordered": 0.3}, {"delay_ms": 100}])
def test_a_burst_that_arrives_whole_in_order_and_at_once_shows_nothing(sees):
    """Whatever is looked for."""
    assert judge(sees, burst(*ALL))[0] is False


@pytest.mark.parametrize(
    ("sees", "arrivals", "measured"),
    [
        ({"lost": 0.3}, ALL[:7], "3 of 10 datagrams lost"),
        ({"duplicated": 0.3}, [*ALL, ALL[3]], "1 of 10 datagrams duplicated"),
        ({"reordered": 0.3}, [ALL[1], ALL[0], *ALL[2:]], "1 of 10 datagrams reordered"),
        ({"delay_ms": 100}, [(number, 0.101) for number in range(10)], "101.0 ms"),
    ],
)
def test_a_burst_shows_what_was_done_to_it(sees, arrivals, measured):
    """With what was measured."""
    assert judge(sees, burst(*arrivals)) == (True, measured)


def test_a_burst_of_which_nothing_arrives_was_not_delayed():
    """It may be cut: that is another fault."""
    assert judge({"delay_ms": 100}, burst())[0] is False


@given(st.floats(64, 20000))
def test_a_rate_shows_in_how_long_a_burst_takes(kbps):
    """At the limited rate the burst takes 50 ms or more; without it, next to nothing."""
    bucket = max(3000, round(kbps * 125 / 100))
    sees = {"kbps": kbps, "bucket_bytes": bucket}
    size = size_of(sees)
    limited_s = (size * 1400 - bucket) / (kbps * 125)
    slow = Burst([0.0] * size, [(number, limited_s) for number in range(size)])
    fast = Burst([0.0] * size, [(number, 0.002) for number in range(size)])
    assert judge(sees, slow)[0]
    assert not judge(sees, fast)[0]
    assert float(judge(sees, slow)[1].split()[0]) == pytest.approx(kbps, rel=0.02)


@given(st.floats(0.02, 1))
def test_a_burst_is_long_enough_to_lose_one(share):
    """That none is lost of so many has a chance of one in a million."""
    assert (1 - share) ** size_of({"lost": share}) < 2e-6


ASKED = dns.ask(7, "ledger-1")
RIGHT = dns.answer(ASKED, dns.question(ASKED), address=bytes([10, 0, 0, 2]))
WRONG = dns.answer(ASKED, dns.question(ASKED), address=bytes([192, 0, 2, 1]))
DENIED = dns.answer(ASKED, dns.question(ASKED), error=3)
STEP = {"address": "192.0.2.1", "delay_ms": 1000}


@pytest.mark.parametrize(
    ("answer", "waited_s", "message", "effect"),
    [
        ("silence", 0.1, None, None),
        ("silence", 0.5, None, True),
        ("silence", 0.1, RIGHT, False),
        ("silence", 0.1, DENIED, None),
        ("nxdomain", 0.1, DENIED, True),
        ("nxdomain", 0.1, RIGHT, False),
        ("nxdomain", 0.5, None, None),
        ("wrong", 0.1, WRONG, True),
        ("wrong", 0.1, RIGHT, False),
        ("slow", 0.1, RIGHT, False),
        ("slow", 0.4, None, None),
        ("slow", 0.6, None, True),
        ("slow", 1.0, RIGHT, True),
        ("slow", 0.1, DENIED, None),
    ],
)
def test_what_an_answer_says_of_a_lie(answer, waited_s, message, effect):
    """The effect, the normal, or nothing yet."""
    assert told(answer, waited_s, message, STEP) is effect


def test_a_look_that_shows_neither_is_a_look():
    """Nobody can say that nobody looked; and neither the effect nor the normal is told."""
    item = Item("x")
    item.begin(1.0)
    for at in (1.5, 2.4, 3.3):
        item.neither(at)
    item.effect(4.0)
    assert item.gaps == []
    assert (item.effect_at, item.looks) == (4.0, 4)
