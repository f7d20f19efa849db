"""Which log lines count as errors, and in which phase of the run they were written."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from harness.report.logs import phase_at, sift
from harness.report.severity import speaks_of_an_error
from harness.timeline import Timeline

HTTP = (
    "192.168.144.1:35568 [25/Nov/2026:09:34:37.136] api payments/payments-2 0/0/0/524/524 {} 481 - - {} "
    '23/22/13/2/0 0/0 "POST /payments HTTP/1.1"'
)
TCP = "192.168.160.12:43542 [25/Nov/2026:09:34:21.234] writes primary/ledger-1 1/0/15988 24269 {} 39/32/31/30/0 0/0"
START = datetime(2026, 1, 31, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    "line",
    [
        '{"level": "error", "job": "incr", "words": "no node"}',
        '{"level":"fatal","ts":"2026","msg":"x"}',
        "2026-11-25 09:34:37.197 UTC [133] FATAL:  could not receive data from WAL stream: server closed",
        "2026-11-25 09:34:37.197 UTC [133] ERROR:  canceling statement due to lock timeout",
        "2026-11-25 09:34:37.197 UTC [133] PANIC:  could not write to file",
        "2026-11-25 09:34:38,711 ERROR: Failed to update leader lock",
        "ERROR payment 12 is parked after 5 attempts: INFO",
        "time=2026-11-25T10:37:30.870Z level=ERROR source=collector.go:204 msg=x",
        "ts=2026 caller=main.go level=error msg=x",
        "[ALERT]    (10) : backend 'payments' has no server available!",
        "Traceback (most recent call last):",
        "psycopg.OperationalError: connection failed",
        HTTP.format(503, "----"),
        HTTP.format(504, "sH--"),
        HTTP.format(-1, "SC--"),
        HTTP.format(200, "SD--"),
        TCP.format("SD"),
        TCP.format("DD"),
    ],
)
def test_an_error_is_known_by_its_level(line):
    """Each writer of the stack in its own words."""
    assert speaks_of_an_error(line)


@pytest.mark.parametrize(
    "line",
    [
        '{"level": "info", "job": "incr", "words": "WARN: ERROR: [056]: unable to find primary"}',
        '{"level":"warn","msg":"request stats","error":"ERROR"}',
        "WARNING the outbox cannot be read: connection failed: FATAL:  sorry, too many clients already.",
        "2026-11-25 09:34:38,711 INFO: no action. I am (ledger-2), a secondary",
        "2026-11-25 09:34:37.197 UTC [133] STATEMENT:  SELECT 'ERROR'",
        "2026-11-25 09:34:37.197 UTC [133] LOG:  restore point created after an Error: none",
        "[WARNING]  (10) : Server payments/payments-3 is UP. ERROR",
        "Server payments/payments-3 is UP.",
        "level=info msg=ERROR",
        "0 errors, error handling enabled",
        "",
        "{not json",
        HTTP.format(404, "----"),
        HTTP.format(201, "CD--"),
        TCP.format("--"),
        TCP.format("cD"),
    ],
)
def test_what_only_quotes_an_error_is_none(line):
    """A word of an error within a line of another level, and a client that went away by itself."""
    assert not speaks_of_an_error(line)


def timeline(*phases, late_s=0.0):
    """Phases from (name, seconds after the start); each is written down so much later than it was."""
    return Timeline(
        {
            "at": 500 + at_s,
            "wall": (START + timedelta(seconds=at_s + (late_s if name != "setup" else 0))).isoformat()[:19]
            + ".000Z",
            "kind": "phase",
            "phase": name,
        }
        for name, at_s in phases
    )


RUN = (("setup", -4), ("baseline", 0), ("fault", 10), ("recovery", 20), ("drain", 25))


@pytest.mark.parametrize("late_s", [0.0, 3.0])
def test_a_line_belongs_to_the_phase_in_which_it_was_written(late_s):
    """By the engine's stamp; that an event was written down late moves no phase."""
    find = phase_at(timeline(*RUN, late_s=late_s))
    said = {s: find(START + timedelta(seconds=s)) for s in (-5, -4, -0.1, 0, 9.9, 10, 19, 20, 26, 999)}
    assert said == {
        -5: "",
        -4: "setup",
        -0.1: "setup",
        0: "baseline",
        9.9: "baseline",
        10: "fault",
        19: "fault",
        20: "recovery",
        26: "drain",
        999: "drain",
    }


def test_without_a_timeline_no_line_is_in_a_phase():
    """The lines are counted all the same."""
    assert phase_at(Timeline(()))(START) == ""


def test_a_time_that_is_none_puts_a_line_in_no_phase():
    """Whatever stands in a folder, there is a report."""
    broken = Timeline([{"at": 1.0, "kind": "phase", "phase": "setup", "wall": "yesterday"}])
    assert phase_at(broken)(START) == ""
    log = sift("n", ["2026-13-99T12:00:00Z ERROR\n"], phase_at(timeline(*RUN)))
    assert dict(log.by_phase) == {"": 1}


def test_errors_are_counted_by_phase():
    """A line without a stamp was written when the one before it was."""
    find = phase_at(timeline(*RUN))
    log = sift(
        "n",
        [
            "ERROR before any stamp\n",
            "2026-01-31T12:00:01.123456789Z INFO fine\n",
            "2026-01-31T12:00:12.000000001Z ERROR one\n",
            "Traceback (most recent call last):\n",
            json.dumps({"level": "error"}) + "\n",
            "2026-01-31T12:00:21Z " + json.dumps({"level": "error"}) + "\n",
        ],
        find,
    )
    assert (log.lines, log.errors) == (6, 5)
    assert dict(log.by_phase) == {"": 1, "fault": 3, "recovery": 1}
