"""The numbers of a report: complete, and the same as the checks'."""

from __future__ import annotations

import dataclasses
import json

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_folders import make

from harness.history import History
from harness.history.schema import ATTEMPTS, OPERATIONS
from harness.report.figures import bin_length_s, bins, errors, load_of, nodes, phase_rows
from harness.report.material import gather
from harness.report.view import view_of
from harness.steady import SteadyState
from harness.timeline import Span

STATES = ("good", "late", "info", "fail", "dropped")
operation = st.fixed_dictionaries(
    {
        "intended_at": st.floats(90, 160),
        "spent": st.none() | st.floats(0, 3),
        "outcome": st.sampled_from(["ok", "fail", "info"]),
        "write": st.booleans(),
        "dropped": st.booleans(),
    }
)


def history_of(rows: list[dict]) -> History:
    """Operations, and one attempt for each that was sent."""
    table = [
        {
            "key": f"k{number}",
            "kind": "x",
            "write": row["write"],
            "forbidden": False,
            "intended_at": row["intended_at"],
            "sent_at": None if row["dropped"] else row["intended_at"],
            "done_at": _done_at(row),
            "outcome": "fail" if row["dropped"] else row["outcome"],
            "dropped": row["dropped"],
            "attempts": 0 if row["dropped"] else 1,
        }
        for number, row in enumerate(rows)
    ]
    operations = (
        pl.DataFrame(table, schema_overrides=OPERATIONS) if table else pl.DataFrame(schema=OPERATIONS)
    )
    operations = operations.with_columns(
        pl.lit(None, dtype=kind).alias(name)
        for name, kind in {**ATTEMPTS, **OPERATIONS}.items()
        if name not in operations.columns and name != "attempt"
    )
    sent = operations.filter(~pl.col("dropped")).with_columns(pl.lit(1, dtype=pl.UInt32()).alias("attempt"))
    return History(
        operations.select(list(OPERATIONS)).sort("intended_at"),
        sent.select(list(ATTEMPTS)),
        {},
        ended=True,
        truncated=False,
    )


def _done_at(row):
    acknowledged = row["outcome"] == "ok" and not row["dropped"]
    spent = row["spent"] if row["spent"] is not None or not acknowledged else 0.5
    return None if spent is None or row["dropped"] else row["intended_at"] + spent


@given(st.lists(operation, max_size=40), st.floats(1, 60))
def test_every_operation_of_the_load_is_counted_once(rows, length_s):
    """Bins, phases and the whole all sum up to the operations intended within the load, by outcome."""
    span = Span(100.0, 100.0 + length_s)
    load = load_of(history_of(rows), span, SteadyState())
    inside = [row for row in rows if span.start <= row["intended_at"] < span.end]
    middle = length_s / 2
    phases = phase_rows(load, {"baseline": (0.0, middle), "fault": (middle, length_s + 1)})
    cells = bins(load, length_s)
    assert phases[-1].arrivals == len(inside) == sum(one.arrivals for one in cells)
    for state in STATES:
        parts = sum(getattr(one, state) for one in phases[:-1])
        assert parts == getattr(phases[-1], state) == sum(getattr(one, state) for one in cells)
    assert phases[-1].dropped == sum(row["dropped"] for row in inside)
    if inside:
        assert sum(one.length_s for one in cells) == pytest.approx(length_s)


@given(st.lists(operation, max_size=40))
def test_every_attempt_is_counted_once(rows):
    """Attempts by node, and those by error, are the attempts of the load's operations."""
    span = Span(100.0, 150.0)
    history = history_of(rows)
    sent = [row for row in rows if span.start <= row["intended_at"] < span.end and not row["dropped"]]
    assert sum(row.attempts for row in nodes(history, span)) == len(sent)
    wrong = errors(history, span, {"baseline": (0.0, 20.0)})
    assert sum(row.total for row in wrong) == sum(row["outcome"] != "ok" for row in sent)
    assert all(sum(row.by_phase.values()) == row.total for row in wrong)


@given(st.floats(0.1, 500_000))
def test_a_run_of_any_length_has_bars_that_fit(length_s):
    """Never more bars than a screen has room for."""
    assert length_s / bin_length_s(length_s) <= 240


def test_the_report_and_the_checks_agree(tmp_path):
    """Availability and latency in the table of phases are what the checks measured."""
    folder = make("pass", tmp_path)
    whole = view_of(folder, gather(folder)).all_phases
    numbers = folder.read_result().measurements.model_dump()
    assert whole.writes_good / whole.writes == pytest.approx(numbers["availability_all_writes_ratio"])
    assert whole.reads_good / whole.reads == pytest.approx(numbers["availability_all_reads_ratio"])
    counts = numbers["operations"]
    assert (whole.good + whole.late, whole.info, whole.dropped) == (
        counts["ok"],
        counts["info"],
        counts["dropped"],
    )
    assert whole.fail + whole.dropped == counts["fail"]
    lines = [json.loads(line) for line in folder.history.read_text().splitlines()]
    assert whole.arrivals == len({line["key"] for line in lines if line["t"] in {"invoke", "drop"}})


def test_an_error_that_only_repeats_its_status_is_named_once():
    """What ended an attempt: the status, what else is known of it, or that no answer came."""
    rows = [
        {"intended_at": 101.0 + n, "spent": 0.1, "outcome": "info", "write": True, "dropped": False}
        for n in range(4)
    ]
    history = history_of(rows)
    attempts = history.attempts.with_columns(
        status=pl.Series([503, 503, None, None], dtype=pl.Int64),
        error=pl.Series(["http-503", "no primary", "timeout", None], dtype=pl.String),
    )
    told = {
        row.error for row in errors(dataclasses.replace(history, attempts=attempts), Span(100.0, 150.0), {})
    }
    assert told == {"HTTP 503", "HTTP 503: no primary", "timeout", "never answered"}
