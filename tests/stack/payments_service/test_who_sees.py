"""Who sees a payment and who lists everybody's, on the real, replicated ledger."""

from __future__ import annotations

import hashlib

import pytest
from payments_stack import within
from test_payments_service import problem

pytestmark = pytest.mark.stack

NOT_YOURS = (403, "/problems/not-allowed", "no-effect")
NOBODY = (401, "/problems/not-authenticated", "no-effect")
WHO = {"maker": "payer", "payee": "payer", "third": "payer", "approver": "approver", "auditor": "auditor"}


@pytest.fixture
def people(payments_stack):
    """Each with a session; the maker and the payee will own an account."""
    return {who: payments_stack.session(role) for who, role in WHO.items()}


@pytest.fixture
def owned(payer, people):
    """An account of the maker's, and one of the payee's."""
    names = {who: f"{payer.run}-{who}" for who in ("maker", "payee")}
    for who, name in names.items():
        body = {"account_id": name, "currency": "EUR", "may_be_negative": True, "owned": True}
        assert payer.client.post("/accounts", json=body, headers=people[who]).status_code == 201
    return names


def create(payer, key, creator, debtor, creditor):
    body = {"debtor": debtor, "creditor": creditor, "amount": 3, "currency": "EUR", "flow": "four-eyes"}
    headers = {"Idempotency-Key": f"{payer.run}-{key}", **creator}
    return payer.client.post("/payments", json=body, headers=headers)


def test_a_payment_is_seen_by_its_people_and_by_no_other(payer, payments_stack, people, owned):
    """Owners of both accounts, creator, approver, auditor; between accounts of nobody's: everybody; from a replica."""
    made = {
        "owned": create(payer, "owned", people["maker"], owned["maker"], owned["payee"]),
        "created by a third": create(payer, "third", people["third"], payer.world, owned["payee"]),
        "direct to the payee": payer.pay("direct", 3, payer.world, owned["payee"]),
        "nobody's": payer.pay("nobody's", 3),
        "nobody's by four eyes": create(payer, "eyes", people["third"], payer.world, payer.one),
    }
    sees = {
        "owned": {"maker", "payee", "approver", "auditor"},
        "created by a third": {"third", "payee", "approver", "auditor"},
        "direct to the payee": {"payee", "approver", "auditor"},
        "nobody's": set(WHO),
        "nobody's by four eyes": set(WHO),
    }
    replicas = set(payments_stack.roles()["replica"])
    for name, answer in made.items():
        assert answer.status_code == 201, answer.text
        path, after = f"/payments/{answer.json()['payment_id']}", answer.headers["x-ledger-position"]
        for who, shown in people.items():
            seen = payer.client.get(path, headers=shown | {"X-Read-After": after})
            if who in sees[name]:
                assert (seen.status_code, seen.json()) == (200, answer.json()), (
                    f"{who} of {name}: {seen.text}"
                )
            else:
                assert problem(seen) == NOT_YOURS, f"{who} of {name}"
        bare = payer.client.get(path)
        assert bare.status_code == (200 if sees[name] == set(WHO) else 401), f"{name}: {bare.text}"

        def from_a_replica(path=path, after=after):
            headers = people["auditor"] | {"X-Read-After": after}
            return payer.client.get(path, headers=headers).headers["x-ledger-reader"] in replicas

        within(5, f"a replica shows {name}", from_a_replica)


@pytest.mark.parametrize("end", ["ended_at = now()", "expires_at = now()"])
def test_a_session_that_is_over_shows_nothing(payer, payments_stack, people, owned, end):
    """From its end on, whichever replica has the payment: the primary is asked about the token."""
    made = create(payer, "k", people["maker"], owned["maker"], owned["payee"])
    path = f"/payments/{made.json()['payment_id']}"
    assert payer.client.get(path, headers=people["maker"]).status_code == 200
    token = people["maker"]["Authorization"].removeprefix("Bearer ")
    digest = hashlib.sha256(token.encode()).hexdigest()
    where = f"token_sha256 = decode('{digest}', 'hex')"
    done = payments_stack.sql(payments_stack.primary(), f"UPDATE identity.sessions SET {end} WHERE {where}")
    assert done == "UPDATE 1"
    assert problem(payer.client.get(path, headers=people["maker"])) == NOBODY


@pytest.mark.parametrize(("path", "query", "name"), [
    ("/payments", "key_prefix", "key"), ("/accounts", "prefix", "account_id"),
])  # fmt: skip
def test_the_lists_by_prefix_are_the_observers(payer, payments_stack, people, path, query, name):
    """No user has them, whatever his role, and a secret that is nearly the observer's is none."""
    assert payer.pay("k").status_code == 201
    params = {query: f"{payer.run}-"}
    secret = payments_stack.observer["Authorization"]
    refused = [{}, people["auditor"], people["approver"], {"Authorization": secret[:-1]}]
    for shown in refused:
        assert problem(payer.client.get(path, params=params, headers=shown)) == NOBODY
    listed = payer.client.get(path, params=params, headers=payments_stack.observer)
    assert listed.status_code == 200, listed.text
    assert all(item[name].startswith(f"{payer.run}-") for item in listed.json()["items"])
    assert listed.json()["items"]
