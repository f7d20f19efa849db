"""Who sees a payment, and who lists everybody's: each who may, and each who is one rule short of it."""

import asyncio
import json
from collections.abc import Mapping

import pytest
from made_ledger import Sight
from payments.http import Request
from payments.principals import token_sha256
from payments.problems import NoEffect, Refused
from payments.routes import Api

OBSERVER = "the-observers-own-secret-of-the-stack"
PAYMENT = {"payment_id": "p-1", "amount": 5}
PEOPLE = {
    "creator": ("u-creator", ["payer"]),
    "debtor": ("u-debtor", ["payer"]),
    "creditor": ("u-creditor", ["payer"]),
    "approver": ("u-approver", ["approver"]),
    "auditor": ("u-auditor", ["auditor"]),
    "stranger": ("u-stranger", ["payer"]),
    "nobody": ("u-nobody", []),
}
PARTIES = frozenset({"u-creator", "u-debtor", "u-creditor"})
LISTS = ("/payments?key_prefix=r1-", "/accounts?prefix=r1-")


class Books:
    """One payment, and lists; writes down what it is asked."""

    def __init__(self, owners: frozenset[str] = PARTIES) -> None:
        self.owners = owners
        self.asked: list[object] = []
        self.known: Mapping[bytes, object] = {token_sha256(token): who for token, who in PEOPLE.items()}

    async def principal(self, token_sha256):
        self.asked.append("whose token")
        return self.known.get(token_sha256)

    async def payment(self, payment_id, after):
        self.asked.append((payment_id, after))
        if payment_id != "p-1":
            raise Refused(404, "payment-not-found", "There is no such payment", payment_id)
        return PAYMENT, Sight(self.owners)

    async def payments(self, page):
        self.asked.append(page.prefix)
        return [{"key": f"{page.prefix}k"}]

    async def accounts(self, page):
        self.asked.append(page.prefix)
        return [{"account_id": f"{page.prefix}a"}]


def get(books, target, authorization=None, **headers):
    path, _, query = target.partition("?")
    shown = {**headers, **({} if authorization is None else {"authorization": authorization})}
    listed = [(name.replace("_", "-").encode(), value.encode()) for name, value in shown.items()]
    request = Request(
        {"method": "GET", "path": path, "headers": listed, "query_string": query.encode()}, None
    )

    async def scene():
        _, handler = Api(books, OBSERVER).route(request)
        return await handler(request)

    return asyncio.run(scene())


def refused(books, target, authorization=None):
    with pytest.raises(Refused) as problem:
        get(books, target, authorization)
    return problem.value


@pytest.mark.parametrize("who", ["creator", "debtor", "creditor", "approver", "auditor"])
def test_a_payment_is_shown_to_its_people_and_to_who_watches_over_all(who):
    """Its creator, the owners of both accounts, approvers and auditors; no older than they ask for."""
    books = Books()
    answer = get(books, "/payments/p-1", f"Bearer {who}", x_read_after="0/10")
    assert (answer.status, json.loads(answer.body)) == (200, PAYMENT)
    assert answer.headers["x-ledger-reader"] == "ledger-2"
    assert books.asked == [("p-1", "0/10"), "whose token"]


@pytest.mark.parametrize(
    ("authorization", "status", "kind"),
    [
        ("Bearer stranger", 403, "not-allowed"),
        ("Bearer nobody", 403, "not-allowed"),
        ("Bearer ended", 401, "not-authenticated"),
        ("Basic auditor", 401, "not-authenticated"),
        (f"Bearer {OBSERVER}", 401, "not-authenticated"),
        (None, 401, "not-authenticated"),
    ],
)
def test_a_payment_is_shown_to_nobody_else(authorization, status, kind):
    """Another payer is refused, and so is who shows no token of a session; the refusal tells nothing of the payment."""
    problem = refused(Books(), "/payments/p-1", authorization)
    assert (problem.status, problem.kind, problem.outcome) == (status, kind, "no-effect")
    assert not any(str(value) in problem.detail for value in (*PAYMENT.values(), *PARTIES))
    if status == 403:
        assert "needs the role approver or auditor" in problem.detail


def test_one_party_is_not_taken_for_another():
    """A payment of others: who is a party to some other payment sees nothing of it."""
    books = Books(frozenset({"u-debtor"}))
    assert refused(books, "/payments/p-1", "Bearer creditor").status == 403
    assert get(books, "/payments/p-1", "Bearer debtor").status == 200


@pytest.mark.parametrize("authorization", [None, "Bearer stranger", "Bearer ended"])
def test_a_payment_between_accounts_of_nobody_is_everybodys(authorization):
    """Nobody is asked who he is, so it works where there is no users service."""
    books = Books(frozenset())
    assert get(books, "/payments/p-1", authorization).status == 200
    assert "whose token" not in books.asked


@pytest.mark.parametrize("authorization", [None, "Bearer stranger", "Bearer auditor"])
def test_a_payment_that_there_is_not_is_not_found(authorization):
    """As an account is: 404 to everybody, with the word of its own."""
    assert refused(Books(), "/payments/p-2", authorization).kind == "payment-not-found"


def test_when_nobody_can_say_whose_token_it_is_nobody_is_shown_the_payment():
    """It fails closed, and says that there was no effect."""
    books = Books()

    async def deaf(_token_sha256):
        raise NoEffect("no connection")

    books.principal = deaf
    with pytest.raises(NoEffect):
        get(books, "/payments/p-1", "Bearer auditor")


@pytest.mark.parametrize("path", LISTS)
def test_the_observer_lists_everybodys(path):
    """By the stack's own secret, and no session is looked for."""
    books = Books()
    page = json.loads(get(books, path, f"Bearer {OBSERVER}").body)
    assert (len(page["items"]), books.asked) == (1, ["r1-"])


@pytest.mark.parametrize("path", [*LISTS, "/payments?limit=x", "/accounts"])
@pytest.mark.parametrize(
    "authorization",
    [
        None,
        "",
        "Bearer",
        "Bearer auditor",
        f"Basic {OBSERVER}",
        f"Bearer {OBSERVER[:-1]}",
        f"Bearer {OBSERVER}x",
        f"Bearer {OBSERVER.upper()}",
    ],
)
def test_nobody_else_lists_everybodys(path, authorization):
    """401 whoever he is, before the question is read and before the ledger hears of it."""
    books = Books()
    problem = refused(books, path, authorization)
    assert (problem.status, problem.kind, books.asked) == (401, "not-authenticated", [])
    assert problem.headers["www-authenticate"].startswith("Bearer")
    assert OBSERVER not in problem.detail
