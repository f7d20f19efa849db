"""The drawings: nothing overlaps, nothing leaves the page, ticks are where their values are."""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

import harness.report
from harness.report.chart import Chart, happenings, latency, role_class, share, throughput
from harness.report.figures import Bin
from harness.report.marks import AlertMark, FaultMark, Lane, Segment, Tick
from harness.report.scale import linear, linear_ticks, log_ms_ticks, time_label, time_ticks
from harness.report.svg import polyline

CHARACTER = 6.1
counts = st.integers(0, 300)
latencies = st.none() | st.floats(0.01, 60_000)


@st.composite
def charts(draw) -> Chart:
    """Runs of 5 s to 2 h with faults, roles and bars of all sorts, on a phone or a screen."""
    length = draw(st.floats(5, 7200))
    moment = st.none() | st.floats(0, length)
    cuts = sorted(draw(st.lists(st.floats(0, length), min_size=2, max_size=2)))
    step = length / draw(st.integers(1, 12))
    words = st.text("abcdefg-<&", min_size=1, max_size=60)
    fault = st.builds(
        FaultMark, words, words, moment, moment, moment, st.sampled_from(["pass", "inconclusive"]), words
    )
    span = st.tuples(st.floats(0, length), st.none() | st.floats(0, length)).map(
        lambda one: one if one[1] is None else tuple(sorted(one))
    )
    alert = st.builds(
        AlertMark,
        words,
        st.sampled_from(["page", "warn", ""]),
        st.lists(span, min_size=1, max_size=3).map(
            lambda spans: tuple(sorted(spans, key=lambda one: one[0]))
        ),
    )
    segment = st.builds(
        Segment, st.floats(0, cuts[1]), st.just(length), st.none() | st.sampled_from(["primary", "replica"])
    )
    lane = st.builds(Lane, words, st.tuples(segment), st.tuples(st.builds(Tick, st.floats(0, length), words)))
    cell = st.builds(Bin, st.just(0.0), st.just(step), *[counts] * 5, *[st.just(0)] * 4, latencies, latencies)
    return Chart(
        width=draw(st.sampled_from([352.0, 1064.0])),
        length_s=length,
        phases={"baseline": (0, cuts[0]), "fault": (cuts[0], cuts[1]), "recovery": (cuts[1], length)},
        faults=tuple(draw(st.lists(fault, max_size=4))),
        alerts=tuple(draw(st.lists(alert, max_size=4))),
        lanes=tuple(draw(st.lists(lane, max_size=4))),
        bins=tuple(draw(st.lists(cell, max_size=12))),
        good_within_ms=1000,
        good_ratio_min=0.9,
    )


@given(charts())
def test_every_panel_stays_on_its_page(chart):
    """No rectangle, line or word begins or ends outside the drawing, for any run."""
    for draw in (happenings, throughput, share, latency):
        root = ET.fromstring(draw(chart))
        _, _, width, height = map(float, root.attrib["viewBox"].split())
        for box in root.iter("rect"):
            x, y, wide, high = (float(box.attrib[name]) for name in ("x", "y", "width", "height"))
            assert 0 <= x <= x + wide <= width + 3.1
            assert -0.1 <= y <= y + high <= height
        for word in root.iter("text"):
            assert word_start(word) >= -0.1
            assert word_start(word) + len(word.text) * CHARACTER <= width + CHARACTER


def word_start(word: ET.Element) -> float:
    """Where a word begins, from its anchor."""
    x, wide = float(word.attrib["x"]), len(word.text) * CHARACTER
    return x - {"end": wide, "middle": wide / 2}.get(word.attrib.get("text-anchor"), 0.0)


@given(st.floats(1, 20_000), st.sampled_from([300.0, 1000.0]))
def test_labels_of_the_time_axis_keep_apart(length_s, width):
    """Between two neighbouring labels there is room, and there are at least two of them."""
    ticks = time_ticks(length_s, max(2, int(width // 52)))
    at = linear(0, length_s, 0, width)
    assert len(ticks) >= 2
    for one, other in pairwise(ticks):
        label = max(len(time_label(one, length_s)), len(time_label(other, length_s)))
        assert at(other) - at(one) >= label * CHARACTER


@given(st.floats(0, 1e6))
def test_ticks_of_counts_reach_the_highest_bar(high):
    """The last tick is at or above the highest value, and there are few."""
    ticks = linear_ticks(high)
    assert ticks[0] == 0
    assert ticks[-1] >= high * (1 - 1e-9)
    assert 2 <= len(ticks) <= 5


@given(st.floats(0.01, 1e6), st.floats(1, 100))
def test_ticks_of_latency_hold_both_ends(low, factor):
    """The decades drawn begin at or below the fastest (0.1 ms at least) and end at or above the slowest."""
    high = max(low * factor, 1.0)
    ticks = log_ms_ticks(low, high)
    assert ticks[0] <= max(low, 0.1) * 1.001
    assert ticks[-1] >= high * 0.999


def test_a_line_is_broken_where_nothing_was_measured():
    """A second without an acknowledgement is a gap, and a lone one is a dot, never a line across."""
    drawn = polyline([(0, 1), (1, 1), None, (3, 1), None], "l")
    assert ET.fromstring(drawn).attrib["d"] == "M0 1L1 1M3 1h0.1"


@pytest.mark.parametrize(
    ("role", "style"),
    [
        ("primary", "role-first"),
        ("leader", "role-first"),
        ("sync-standby", "role-second"),
        ("async-standby", "role-other"),
        ("follower", "role-other"),
        (None, "role-none"),
    ],
)
def test_a_role_has_its_weight(role, style):
    """The one that takes writes stands out; one that does not answer is told from all roles."""
    assert role_class(role) == style


def palettes() -> list[dict[str, str]]:
    """The colours of the style sheet: light, dark and print."""
    sheet = (Path(harness.report.__file__).parent / "style.css").read_text(encoding="utf-8")
    blocks = re.findall(r":root \{(.*?)\}", sheet, flags=re.DOTALL)
    return [dict(re.findall(r"--([\w-]+): (#[0-9a-f]{3,8});", block)) for block in blocks]


def contrast(one: str, other: str) -> float:
    """The ratio of WCAG 2, 1 to 21."""
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def luminance(colour: str) -> float:
    """Relative luminance of #rgb or #rrggbb."""
    digits = colour[1:] if len(colour) > 4 else "".join(digit * 2 for digit in colour[1:])
    parts = [int(digits[i : i + 2], 16) / 255 for i in (0, 2, 4)]
    linear_parts = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear_parts, strict=True))


WORDS = [("ink", "card"), ("soft", "card"), ("soft", "page"), ("pass", "pass-back"), ("bad", "bad-back")]
WORDS += [
    ("unsure", "unsure-back"),
    ("bad", "card"),
    ("pass", "card"),
    ("on-first", "first"),
    ("on-other", "other"),
]


@pytest.mark.parametrize("palette", palettes())
def test_words_stand_out(palette):
    """Every colour of words has the contrast that WCAG AA asks for, in light, dark and print."""
    for front, back in WORDS:
        assert contrast(palette[front], palette[back]) >= 4.5, (front, back)


@pytest.mark.parametrize("palette", palettes())
def test_drawings_stand_out(palette):
    """What is drawn has at least 3 to 1 against the card, but for amber in light, which has words beside it."""
    for name in ("good", "info", "fail", "dropped", "writes", "reads", "first"):
        assert contrast(palette[name], palette["card"]) >= 3, name
