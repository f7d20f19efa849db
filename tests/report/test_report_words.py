"""Sentences, figures in words, log lines, methods: what a person reads."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.checks.catalogue import CHECKS
from harness.checks.preconditions import PRECONDITIONS
from harness.report.logs import LINE_CHARACTERS_MAX, LINES_MAX, clean, sift
from harness.report.methods import methods
from harness.report.sentence import sentence
from harness.report.words import clock, count, milliseconds, percent
from harness.run_folder import FindingInfo, Measurements, Result
from harness.verdict import Verdict


@given(st.integers(0, 10**7), st.integers(1, 10**7))
def test_a_percentage_never_flatters(part, more):
    """100 % is written only when nothing is missing."""
    assert percent(part, part + more) != "100 %"
    assert percent(part + more, part + more) == "100 %"


@given(st.floats(-86_400, 86_400))
def test_a_time_reads_back(at_s):
    """The time in words is the time, to the digit shown."""
    words = clock(at_s)
    sign = -1 if words[0] == "-" else 1
    if words.endswith(" s"):
        value = float(words[1:-2])
    else:
        minutes, rest = words[1:].split(":")
        value = int(minutes) * 60 + float(rest)
        assert len(rest) == 4
        assert float(rest) < 60
    assert sign * value == pytest.approx(at_s, abs=0.051)


@pytest.mark.parametrize(
    ("value", "said"),
    [(None, "\N{EN DASH}"), (7.24, "7.2 ms"), (140.2, "140 ms"), (7204, "7.20 s"), (61_000, "61.00 s")],
)
def test_latency_in_words(value, said):
    """Milliseconds below a second, seconds from there on."""
    assert milliseconds(value) == said


def test_thousands_stand_apart():
    """A narrow space, so that a number does not break across lines."""
    assert count(1234567) == "1\u202f234\u202f567"


def finding(check, verdict, **more):
    return FindingInfo(
        check=check, verdict=verdict, measured="31 s (resolution 1 s)", bound="<= 30 s", **more
    )


@pytest.mark.parametrize(
    ("findings", "measured", "said"),
    [
        ([("Rto", "pass")], {"rto_s": 0.0}, "Payments went on: writes never fell below the steady state."),
        ([("NoLostPayments", "pass")], {}, "Payments went on: no acknowledged payment was lost."),
        ([("Healed", "pass")], {}, "Payments went on: every expectation held."),
        ([("Rto", "fail")], {}, "Payments did not stay continuous: Rto measured 31 s, allowed <= 30 s."),
        ([("NoLostPayments", "fail")], {"rpo_payments": 1}, "1 acknowledged payment was lost."),
        (
            [("NoLostPayments", "fail"), ("Rto", "fail")],
            {"rpo_payments": 2},
            "2 acknowledged payments were lost, and Rto did not hold.",
        ),
        ([("Rto", "inconclusive")], {}, "Nothing can be said: Rto: 31 s (resolution 1 s)."),
    ],
)
def test_the_sentence(findings, measured, said):
    """One sentence for each sort of outcome."""
    verdict = max((verdict for _, verdict in findings), key=["pass", "inconclusive", "fail"].index)
    result = Result(
        experiment="x",
        verdict=Verdict(verdict),
        reason="",
        findings=tuple(finding(check, Verdict(one)) for check, one in findings),
        measurements=Measurements(**measured),
    )
    assert sentence(result) == said


def test_no_claim_without_a_finding():
    """A pass that never looked for losses does not say that there were none."""
    result = Result(
        experiment="x", verdict=Verdict.PASS, reason="", measurements=Measurements(rpo_payments=0, rto_s=1)
    )
    assert sentence(result) == "Payments went on: every expectation held."


@given(
    st.lists(st.sampled_from(["INFO fine", "ERROR bad", "FATAL: worse", "0 errors found", "level=error x"]))
)
def test_log_lines_are_counted_and_bounded(lines):
    """Every error line is shown or counted as left out, and nothing else is."""
    log = sift("n", lines)
    bad = [line for line in lines if not line.startswith(("INFO", "0 "))]
    assert (log.lines, log.errors) == (len(lines), len(bad))
    assert len(log.shown) + log.left_out == len(bad)
    assert len(log.shown) <= LINES_MAX
    assert list(log.shown) == (bad if not log.left_out else bad[: LINES_MAX // 2] + bad[-LINES_MAX // 2 :])


@given(st.text(max_size=1000))
def test_a_log_line_is_one_short_line(text):
    """Whatever was logged, it is one line, without control characters."""
    line = clean(text)
    assert len(line) <= LINE_CHARACTERS_MAX
    assert not any(ord(letter) < 32 and letter not in "\t\n" for letter in line)


@pytest.mark.parametrize(
    "line",
    [
        "connection failed: password=s3cret host=x",
        '{"PGPASSWORD": "s3cret"}',
        "postgresql://app:s3cret@ledger:5432/db",
        "token: s3cret",
        "password='s3cret'",
    ],
)
def test_a_secret_is_not_shown(line):
    """Passwords in the forms in which services log them are replaced."""
    assert "s3cret" not in clean(line)


def test_every_check_says_how_it_measures():
    """Each check and each condition has a summary, and a check its proof obligations."""
    told = {one.name: one for one in methods([*CHECKS, *PRECONDITIONS, "NoSuchCheck"])}
    assert told.keys() >= {*CHECKS, *PRECONDITIONS}
    assert "NoSuchCheck" not in told
    for name in CHECKS:
        assert told[name].summary
        assert len(told[name].steps) >= 2, name
        assert not any("Attributes:" in step or "``" in step for step in told[name].steps)
