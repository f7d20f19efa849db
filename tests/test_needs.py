"""A fault that this host cannot make is refused with the doctor's words."""

from __future__ import annotations

import pytest

import harness.needs
from harness.errors import UnsupportedFault
from harness.faults.catalogue import Kill, Netem, RateLimit
from harness.needs import Needs
from harness.stack.doctor.report import Row


@pytest.fixture
def tried(monkeypatch):
    """What is tried, and what comes of it."""
    seen, outcome = [], {"tbf": True, "netem": False}

    def rows(_place, features):
        seen.append([feature.name for feature in features])
        return tuple(
            Row(
                name=each.name,
                ok=outcome[each.name],
                found="unknown kind",
                enables="",
                mend="Boot another kernel",
            )
            for each in features
        )

    monkeypatch.setattr(harness.needs, "kernel_rows", rows)
    monkeypatch.setattr(harness.needs, "choose_place", lambda **_: None)
    return seen, outcome


def test_what_the_kernel_lacks_is_refused_with_the_mend(tried):
    """The fault, the feature by the doctor's name, what the doctor found, and how to get it."""
    with pytest.raises(
        UnsupportedFault,
        match=r"Netem needs netem of the kernel, and harness doctor says: unknown kind. Boot another",
    ):
        Needs().check([Kill("a"), Netem.delay("a", 100)])


def test_each_feature_is_tried_once(tried):
    """A second experiment with the same faults pays nothing, and one without needs never does."""
    needs = Needs()
    for _ in range(3):
        needs.check([RateLimit("a", 1000), Kill("a")])
    needs.check([Kill("a")])
    assert tried[0] == [["tbf"]]


def test_what_could_not_be_tried_is_no_reason(tried):
    """Where nobody could look, the fault's own evidence will show."""
    tried[1]["netem"] = None
    Needs().check([Netem.loss("a", 0.5)])
