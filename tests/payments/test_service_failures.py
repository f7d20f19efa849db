import json
import logging

import pytest
from payments.failures import tell
from payments.http import Request
from payments.logs import JsonLines
from payments.problems import NoEffect, OutcomeUnknown, Problem, Refused


def request(path, key=None):
    headers = [(b"idempotency-key", key.encode())] if key else []
    scope = {
        "method": "POST",
        "path": path,
        "raw_path": path.encode(),
        "headers": headers,
        "query_string": b"",
    }
    return Request(scope, None)


def lines(caplog):
    return [json.loads(JsonLines("payments", "payments-2").format(record)) for record in caplog.records]


@pytest.mark.parametrize(
    "problem", [NoEffect("Before COMMIT: x (57P01)."), OutcomeUnknown("COMMIT was sent.")]
)
def test_what_the_service_could_not_do_is_one_line_with_the_key(caplog, problem):
    """Who asks what became of a payment finds it by its key, on whichever node."""
    tell(request("/payments", "run-7"), "POST /payments", problem)
    (line,) = lines(caplog)
    told = {
        "level": "error",
        "service": "payments",
        "node": "payments-2",
        "key": "run-7",
        "detail": problem.detail,
    }
    assert told.items() <= line.items()
    assert (line["status"], line["kind"], line["outcome"]) == (problem.status, problem.kind, problem.outcome)
    assert not {"payment_id", "trace"} & set(line)


def test_a_decision_is_found_by_its_payment(caplog):
    """The path has the payment's id."""
    tell(request("/payments/p-1/approve"), "POST /payments/{id}/approve", NoEffect("x"))
    (line,) = lines(caplog)
    assert line["payment_id"] == "p-1"
    assert "key" not in line


def test_what_nobody_foresaw_has_its_trace(caplog):
    """In the same one line."""
    try:
        int("call 1")
    except ValueError:
        tell(request("/accounts"), "POST /accounts", Problem("more"))
    (line,) = lines(caplog)
    assert "ValueError: invalid literal" in line["trace"]


def test_a_refusal_is_the_clients_own_affair(caplog):
    """A client could fill the log otherwise."""
    with caplog.at_level(logging.DEBUG):
        tell(request("/payments"), "POST /payments", Refused(422, "wrong", "Wrong", "x"))
    assert caplog.records == []
