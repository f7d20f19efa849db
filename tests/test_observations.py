from __future__ import annotations

import json

import pytest

from harness.errors import HistoryError
from harness.observations import Books

LINES = [
    {"t": "payment", "source": "database", "key": "r-1", "payment_id": "p1", "debtor": "a", "creditor": "b",
     "amount": 5, "currency": "EUR", "status": "created"},
    {"t": "entry", "source": "database", "payment_id": "p1", "account": "a", "amount": -5, "currency": "EUR"},
    {"t": "account", "source": "database", "account": "a", "currency": "EUR", "balance": 95, "may_be_negative": False},
    {"t": "digest", "node": "ledger-1", "role": "primary", "table": "payments",
     "digest": "77", "rows": 1, "position": "0/1"},
    {"t": "settlement", "source": "acquirer", "payment_id": "p1", "key": "p1", "amount": 5, "currency": "EUR",
     "status": "accepted"},
    {"t": "transition", "source": "database", "chain": 3, "number": 7, "payment_id": "p1", "from_status": None,
     "to_status": "created", "actor": "u1", "content": "[...]", "previous": "0", "hash": "1"},
    {"t": "complete", "source": "database"},
    {"t": "complete", "source": "replicas"},
]  # fmt: skip


def read(tmp_path, lines, tail=""):
    path = tmp_path / "observations.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines) + tail)
    return Books.read(path)


def test_each_kind_of_line_lands_in_its_table(tmp_path):
    """The observer's lines become six tables with typed columns."""
    books = read(tmp_path, LINES)
    assert (len(books.payments), len(books.entries), len(books.accounts), len(books.digests)) == (1, 1, 1, 1)
    assert (len(books.settlements), len(books.transitions)) == (1, 1)
    assert books.complete == {"database", "replicas"}


def test_a_source_without_its_complete_line_is_incomplete(tmp_path):
    """Nobody said that the API's books were read to their end, so they were not."""
    assert "never ended" in read(tmp_path, LINES).incomplete["api"]


def test_a_source_that_failed_is_incomplete_even_if_it_was_complete_before(tmp_path):
    """An incomplete line outweighs a complete one, and keeps its reason."""
    books = read(tmp_path, [*LINES, {"t": "incomplete", "source": "database", "why": "connection lost"}])
    assert books.incomplete["database"] == "connection lost"
    assert "database" not in books.complete


def test_a_missing_file_means_that_nothing_was_read(tmp_path):
    """No final read: every source is incomplete, so no check can pass on it."""
    assert Books.read(tmp_path / "none").incomplete.keys() == {"database", "api", "replicas"}


def test_a_stack_without_an_acquirer_is_not_blamed_and_not_complete(tmp_path):
    """Who needs the acquirer's books does not have them; nobody promised them."""
    books = read(tmp_path, LINES)
    assert "acquirer" not in books.complete
    assert "acquirer" not in books.incomplete
    assert "acquirer" in read(tmp_path, [*LINES, {"t": "complete", "source": "acquirer"}]).complete


def test_a_torn_last_line_is_left_out(tmp_path):
    """The observer was killed while it printed: what it printed before counts."""
    assert len(read(tmp_path, LINES, tail='{"t": "paym').payments) == 1


def test_a_line_that_is_not_json_is_refused(tmp_path):
    """Damage in the middle is told, never skipped."""
    path = tmp_path / "observations.jsonl"
    path.write_text("nonsense\n" + json.dumps(LINES[0]) + "\n")
    with pytest.raises(HistoryError, match="not of the contract"):
        Books.read(path)
