"""Injections that belong together are written out as a list."""

from __future__ import annotations

import pytest

from harness import Crash, Injection, Pause, Repeat, Sequence
from harness.errors import ExperimentError


def test_repeat_is_the_same_fault_again_and_again():
    """Each begins `every_s` after the one before, and an experiment takes them among others."""
    made = [*Repeat(Pause("a"), at_s=10, times=3, every_s=5, for_s=2), Injection(Crash("b"), 40)]
    assert [(each.at_s, each.for_s) for each in made] == [(10, 2), (15, 2), (20, 2), (40, 0)]


def test_sequence_is_one_after_the_other():
    """The next begins when the one before is healed and the gap is over."""
    made = Sequence([(Pause("a"), 4), (Crash("b"), 0), (Pause("c"), 1)], at_s=10, gap_s=3)
    assert [(type(each.fault).__name__, each.at_s) for each in made] == [
        ("Pause", 10),
        ("Crash", 17),
        ("Pause", 20),
    ]


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Repeat(Pause("a"), 10, times=0, every_s=5, for_s=2), "times must be at least 1"),
        (lambda: Repeat(Pause("a"), 10, times=2, every_s=3, for_s=2), r"Repeat: 1 s .* Give every_s=3.5"),
        (lambda: Repeat(Pause("a"), 10, times=2, every_s=float("nan"), for_s=2), "Repeat: nan s"),
        (lambda: Repeat(Pause("a"), 10, times=2, every_s=3), "Pause lasts, so it needs for_s"),
        (lambda: Sequence([], at_s=10), "there is no fault"),
        (lambda: Sequence([(Crash("a"), 0)], at_s=10, gap_s=1), "Sequence: 1 s"),
    ],
)
def test_what_makes_no_sense_is_refused_when_made(make, message):
    """Where it is written, not when the run gets there."""
    with pytest.raises(ExperimentError, match=message):
        make()
