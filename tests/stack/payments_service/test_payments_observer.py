"""The observer: the final books, read when all is quiet, and said to be incomplete when it is not."""

from collections import Counter

import pytest
from payments_stack import docker, within
from test_payments_service import without_replicas

pytestmark = pytest.mark.stack


def kinds(lines):
    return Counter((line["t"], line.get("source")) for line in lines)


def test_the_books_are_whole_and_agree_in_every_view(payer, payments_stack):
    """Database and API show the same payments, entries sum to nothing, and every copy has the same digests."""
    for n in range(12):
        assert payer.pay(f"k{n}", n + 1).status_code == 201
    lines = payments_stack.observe(payer.run)
    assert kinds(lines)["payment", "database"] == kinds(lines)["payment", "api"] == 12
    assert kinds(lines)["entry", "database"] == 24
    assert kinds(lines)["account", "database"] == kinds(lines)["account", "api"] == 3
    assert sum(line["amount"] for line in lines if line["t"] == "entry") == 0
    assert {line["source"] for line in lines if line["t"] == "complete"} == {"database", "api", "replicas"}
    digests = [line for line in lines if line["t"] == "digest"]
    assert {line["node"] for line in digests} == {"ledger-1", "ledger-2", "ledger-3"}
    assert sorted({line["role"] for line in digests}) == ["primary", "sync-standby"]
    tables = {line["table"] for line in digests}
    assert tables >= {"books.accounts", "books.payments", "books.entries", "books.outbox", "books.audit"}
    assert len({(line["table"], line["digest"], line["rows"]) for line in digests}) == len(tables)
    assert len({line["position"] for line in digests}) == 1


def test_a_digest_changes_with_any_row(payer, payments_stack):
    """One payment more: other digests for all that it touched."""
    before = payments_stack.observe(payer.run)
    assert payer.pay("k").status_code == 201
    after = payments_stack.observe(payer.run)

    def digests(lines):
        return {line["table"]: line["digest"] for line in lines if line["t"] == "digest"}

    changed = {table for table, digest in digests(after).items() if digests(before)[table] != digest}
    assert changed == {"books.accounts", "books.payments", "books.entries"}


def test_books_that_meet_others_are_printed_whole(payer, payments_stack):
    """A payment to another run's account: everybody's books are printed, so that balances can be summed up."""
    foreign = f"foreign-{payer.run}"
    payer.open(foreign)
    assert payer.pay("k", 5, payer.world, foreign).status_code == 201
    lines = [line for line in payments_stack.observe(payer.run) if line.get("source") == "database"]
    sums = Counter()
    for line in lines:
        if line["t"] == "entry":
            sums[line["account"]] += line["amount"]
    balances = {line["account"]: line["balance"] for line in lines if line["t"] == "account"}
    assert foreign in balances
    assert all(sums[account] == balance for account, balance in balances.items())


def test_with_something_under_way_nothing_is_said_to_be_complete(payer, payments_stack):
    """A commit that still waits for its replica could slip past the final read."""
    with without_replicas(payments_stack):
        assert payer.pay("k").status_code == 504
        lines = payments_stack.observe(payer.run, timeout_s=1)
    assert kinds(lines) == {
        ("incomplete", source): 1 for source in ("database", "api", "replicas", "acquirer")
    }
    assert all("not quiet by the deadline" in line["why"] for line in lines)


def test_a_payments_node_that_is_down_has_nothing_under_way(payer, payments_stack):
    """The observer works from any other node."""
    assert payer.pay("k").status_code == 201
    docker("kill", payments_stack.container("payments-2"))
    try:
        lines = payments_stack.observe(payer.run, on="payments-3")
    finally:
        docker("start", payments_stack.container("payments-2"))
    assert kinds(lines)["complete", "database"] == 1
    within(20, "the node is back", lambda: payments_stack.healthy("payments-2"))


def test_a_copy_that_cannot_be_read_is_incomplete_by_name(payer, payments_stack):
    """Books from the primary alone prove nothing about the copies."""
    replica = payments_stack.roles()["replica"][0]
    docker("pause", payments_stack.container(replica))
    try:
        lines = payments_stack.observe(payer.run, timeout_s=2)
    finally:
        docker("unpause", payments_stack.container(replica))
    within(30, "the ledger is whole again", payments_stack.whole)
    why = [line["why"] for line in lines if line["t"] == "incomplete" and line["source"] == "replicas"]
    assert len(why) == 1
    assert replica in why[0]
