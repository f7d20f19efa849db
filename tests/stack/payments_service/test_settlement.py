"""Settlement on the real stack: what is approved reaches the acquirer once, and an operator can unpark poison."""

from __future__ import annotations

import json
import secrets

import pytest
from payments_stack import docker, within

pytestmark = pytest.mark.stack

NODES = ("users-1", "settlement-1", "acquirer")
PASSWORD = "correct horse battery"
# The acquirer has no way in but its API, from a settlement node; its books are a file.
_ORDER = """
import sys, urllib.request
headers = {"Idempotency-Key": sys.argv[1], "Content-Type": "application/json"}
urllib.request.urlopen(urllib.request.Request("http://acquirer:8000/settlements", sys.argv[2].encode(), headers))
"""
_FORGET = """
import sqlite3, sys
with sqlite3.connect("/var/lib/acquirer/books/settlements.sqlite") as books:
    books.execute("DELETE FROM settlements WHERE key = ?", sys.argv[1:])
"""
_GET = (
    "import sys, urllib.request as r; print(r.urlopen(f'http://127.0.0.1:8000{sys.argv[1]}').read().decode())"
)


@pytest.fixture(scope="module")
def settling(payments_stack):
    """The reference stack with one node of each kind that a settlement needs."""
    try:
        payments_stack.compose("--profile", "full", "up", "-d", "--wait", *NODES, timeout_s=60)
        with payments_stack.client() as client:
            within(10, "the edge sees a users node", lambda: client.get("/users/docs").status_code == 200)
        yield payments_stack
    finally:
        payments_stack.compose("--profile", "full", "rm", "--stop", "--force", *NODES)
        docker("volume", "rm", "--force", f"{payments_stack.project}_acquirer")


class TwoPeople:
    """One who creates payments from the payer's account, and one who approves them."""

    def __init__(self, stack, payer):
        self.stack, self.payer = stack, payer
        self.tokens = {role: self._employ(role) for role in ("payer", "approver")}
        assert payer.pay("fund", 1000, payer.world, payer.one).status_code == 201

    def _employ(self, role):
        login = f"{role}{secrets.token_hex(6)}"
        headers = self._headers(f"{login}-new", self.stack.passwords["USERS_ADMIN_TOKEN"])
        body = {"login": login, "password": PASSWORD, "roles": [role]}
        assert self.payer.client.post("/users", json=body, headers=headers).status_code == 201
        return self.payer.client.post("/sessions", json={"login": login, "password": PASSWORD}).json()[
            "token"
        ]

    def _headers(self, key, token):
        return {"Idempotency-Key": key, "Authorization": f"Bearer {token}"}

    def create(self, key, amount=5):
        body = {"debtor": self.payer.one, "creditor": self.payer.two, "amount": amount, "currency": "EUR"}
        headers = self._headers(f"{self.payer.run}-{key}", self.tokens["payer"])
        answer = self.payer.client.post("/payments", json={**body, "flow": "four-eyes"}, headers=headers)
        assert (answer.status_code, answer.json()["status"]) == (201, "created"), answer.text
        return answer.json()

    def approve(self, payment):
        headers = self._headers(f"{payment['key']}-approve", self.tokens["approver"])
        answer = self.payer.client.post(f"/payments/{payment['payment_id']}/approve", headers=headers)
        assert answer.status_code == 200, answer.text

    def settled(self, payment):
        """Asked of the primary: a replica may not know yet."""
        where = f"payment_id = '{payment['payment_id']}'"
        return (
            self.stack.sql(self.stack.primary(), f"SELECT status FROM books.payments WHERE {where}")
            == "settled"
        )

    def parked(self, payment):
        where = f"payment_id = '{payment['payment_id']}'"
        return self.stack.sql(self.stack.primary(), f"SELECT parked FROM books.outbox WHERE {where}") == "t"


@pytest.fixture
def people(settling, payer):
    return TwoPeople(settling, payer)


def accepted(stack, payment):
    """What the acquirer's books have of a payment."""
    page = json.loads(stack.run("settlement-1", "python3", "-c", _GET, "/statement?after=0&limit=5000"))
    return [row for row in page["items"] if row["payment_id"] == payment["payment_id"]]


def unpark(stack, payment, reason="its twin at the acquirer is gone"):
    """As an operator does it: docs/payments.md."""
    statement = f"SELECT books.unpark('{payment['payment_id']}', 'alice', '{reason}')"
    return stack.sql(stack.primary(), f"SET ROLE operator; {statement}")


def log_of(stack, payment):
    """The lines of the worker's log about a payment; every line must be JSON."""
    text = stack.compose("--profile", "full", "logs", "--no-color", "--no-log-prefix", "settlement-1")
    # Compose 2.26 clears the line first, whoever reads it.
    lines = [json.loads(line.removeprefix("\x1b[2K")) for line in text.splitlines()]
    return [line for line in lines if line.get("payment_id") == payment["payment_id"]]


def test_an_approved_payment_is_settled_once(people, settling, payer):
    """Created, approved by another person, settled: the money is with the creditor, and the acquirer knows it once."""
    payment = people.create("k", 7)
    people.approve(payment)
    within(10, "it is settled", lambda: people.settled(payment))
    assert [(row["amount"], row["status"]) for row in accepted(settling, payment)] == [(7, "accepted")]
    assert payer.balance(payer.two) == 7
    assert (
        settling.sql(
            settling.primary(), f"SELECT balance FROM books.accounts WHERE account_id = '{payer.one}/hold'"
        )
        == "0"
    )


def test_poison_is_parked_while_others_go_on_and_is_settled_when_it_is_unparked(people, settling):
    """The acquirer has the poison's key with another amount, so it refuses to talk about it until that is gone."""
    poison, sound = people.create("poison"), people.create("sound")
    names = ("payment_id", "amount", "currency", "creditor")
    twin = {name: poison[name] for name in names} | {"amount": poison["amount"] + 1}
    settling.run("settlement-1", "python3", "-c", _ORDER, poison["payment_id"], json.dumps(twin))
    with pytest.raises(AssertionError, match="no item of payment"):
        unpark(settling, poison)
    people.approve(poison)
    people.approve(sound)
    within(20, "the poison is parked", lambda: people.parked(poison))
    within(10, "the other one is settled", lambda: people.settled(sound))
    figures = "settlement_parked 1"
    within(5, figures, lambda: figures in settling.run("settlement-1", "python3", "-c", _GET, "/metrics"))
    said = log_of(settling, poison)
    assert [line["message"] for line in said] == ["tried again", "parked"]
    assert {(line["key"], line["node"], line["error"]) for line in said} == {
        (poison["key"], "settlement-1", "the acquirer answered 422")
    }
    assert [line["level"] for line in said] == ["warning", "error"]

    settling.run("acquirer", "python3", "-c", _FORGET, poison["payment_id"])
    unpark(settling, poison)
    within(10, "it is settled", lambda: people.settled(poison))
    assert [row["amount"] for row in accepted(settling, poison)] == [poison["amount"]]
    kept = "SELECT operator, login, action, item->>'strikes' FROM books.interventions"
    assert settling.sql(settling.primary(), kept) == "alice|postgres|unpark|5"
    with pytest.raises(AssertionError, match="no item of payment"):
        unpark(settling, poison)


def test_what_a_wrong_clock_made_due_does_not_wait_for_it(people, settling):
    """Approved while the ledger's clock was five minutes ahead: it is due when the clock is right."""
    payment = people.create("early")
    settling.compose("--profile", "full", "stop", "settlement-1")
    people.approve(payment)
    where = f"WHERE payment_id = '{payment['payment_id']}'"
    ahead = f"UPDATE books.outbox SET next_at = clock_timestamp() + interval '5 min' {where}"
    assert settling.sql(settling.primary(), ahead) == "UPDATE 1"
    settling.compose("--profile", "full", "start", "settlement-1")
    within(15, "it is settled", lambda: people.settled(payment))
    assert [row["status"] for row in accepted(settling, payment)] == ["accepted"]


@pytest.mark.parametrize(
    ("statement", "refusal"),
    [
        ("SET ROLE settlement; SELECT books.unpark(gen_random_uuid(), 'x', 'x')", "permission denied"),
        ("SET ROLE payments; SELECT books.unpark(gen_random_uuid(), 'x', 'x')", "permission denied"),
        ("SET ROLE operator; UPDATE books.outbox SET parked = false", "permission denied"),
        ("UPDATE books.interventions SET operator = 'bob'", "only appended to"),
        ("DELETE FROM books.interventions", "only appended to"),
    ],
)
def test_nobody_unparks_without_a_trace(payments_stack, statement, refusal):
    """The workers cannot, an operator only by the function, and its record is never changed."""
    with pytest.raises(AssertionError, match=refusal):
        payments_stack.sql(payments_stack.primary(), statement)
