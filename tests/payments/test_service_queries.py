"""Queries and statements of an account: walks over pages show the books as they were; bad questions are refused."""

import asyncio
import base64
import json
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_ledger import POSITION, MadeLedger, stamp
from payments.cursors import seal
from payments.http import Request
from payments.principals import token_sha256
from payments.problems import Refused
from payments.queries import STATUSES, BooksDisagree, Statement, StatementQuery
from payments.requests import later
from payments.routes import Api

SECONDS = st.integers(0, 20)
PAYMENTS = st.lists(
    st.tuples(SECONDS, st.integers(-50, 50).filter(bool), st.sampled_from(STATUSES)), max_size=12
)
PATHS = ("payments", "statement")


def get(ledger, path, query=None, **headers):
    listed = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    scope = {
        "method": "GET",
        "path": path,
        "headers": listed,
        "query_string": urlencode(query or {}).encode(),
    }
    request = Request(scope, None)

    async def scene():
        _, handler = Api(ledger, "").route(request)
        return await handler(request)

    return asyncio.run(scene())


def ask(ledger, what, query=None, **headers):
    return json.loads(get(ledger, f"/accounts/a/{what}", query, **headers).body)


def walk(ledger, what, query, between=lambda: None):
    """Every page, with something happening between two of them."""
    pages = [ask(ledger, what, query)]
    while pages[-1]["next_cursor"]:
        assert len(pages) < 100, "the walk has no end"
        between()
        pages.append(ask(ledger, what, {**query, "cursor": pages[-1]["next_cursor"]}))
    return pages


def refused(ledger, path, query=None, **headers):
    with pytest.raises(Refused) as problem:
        get(ledger, path, query, **headers)
    return problem.value


def filled(payments):
    ledger = MadeLedger()
    for number, (second, amount, status) in enumerate(sorted(payments)):
        ledger.pay(second + number / 1e6, amount, status)
    return ledger


@given(payments=PAYMENTS, limit=st.integers(1, 4), statuses=st.sets(st.sampled_from(STATUSES), min_size=1))
def test_a_walk_sees_each_payment_once_whatever_is_paid_meanwhile(payments, limit, statuses):
    """Newest first, in the statuses asked for; what is added while the pages are read shifts nothing."""
    ledger = filled(payments)
    there = [p for p in ledger.payments if p["status"] in statuses]
    query = {"status": ",".join(statuses), "limit": limit}
    pages = walk(ledger, "payments", query, lambda: ledger.pay_next(min(statuses)))
    seen = [item for page in pages for item in page["items"]]
    assert seen == sorted(there, key=lambda p: (p["created_at"], p["payment_id"]), reverse=True)
    assert all(len(page["items"]) == limit for page in pages[:-1])


@given(
    payments=PAYMENTS,
    limit=st.integers(1, 4),
    begin=SECONDS,
    length=st.integers(1, 20),
    open_end=st.booleans(),
)
def test_a_statement_adds_up_over_its_pages_whatever_is_paid_meanwhile(
    payments, limit, begin, length, open_end
):
    """Opening balance and all entries of the period make the closing one; each page says the same two balances."""
    ledger = filled(payments)
    query = {"from": stamp(begin), "limit": limit} | ({} if open_end else {"to": stamp(begin + length)})
    end = stamp(1000 if open_end else begin + length)
    wanted = [e for e in ledger.entries if stamp(begin) <= e["booked_at"] < end]
    before = [e["amount"] for e in ledger.entries if e["booked_at"] < stamp(begin)]
    pages = walk(ledger, "statement", query, ledger.pay_next)
    assert [entry for page in pages for entry in page["items"]] == wanted
    (told,) = {(page["opening_balance"], page["closing_balance"]) for page in pages}
    assert told == (sum(before), sum(before) + sum(e["amount"] for e in wanted))


@pytest.mark.parametrize("part", ["amount", "balance"])
def test_a_statement_that_does_not_add_up_is_shown_to_nobody(part):
    """One wrong figure anywhere, and there is no statement; the node's log will have the exception."""
    for wrong in range(3):
        ledger = filled([(1, 5, "booked"), (2, 7, "booked"), (3, -4, "booked")])
        ledger.entries[wrong][part] += 1
        with pytest.raises(BooksDisagree, match="account 'a'"):
            ask(ledger, "statement")


@pytest.mark.parametrize(
    ("figures", "words"),
    [
        ({"opening": 1}, "opens with 1 and begins with 0"),
        ({"closing": 6}, "lead to 5, and it closes with 6"),
        ({"brought": 1, "opening": 1}, "after p1 it has 5, not 6"),
    ],
)
def test_each_of_the_figures_is_held_against_the_others(figures, words):
    """A period that is over, so that the account's own balance says nothing of it."""
    entry = {"payment_id": "p1", "key": "k", "amount": 5, "balance": 5, "booked_at": stamp(1)}
    right = {"currency": "EUR", "opening": 0, "brought": 0, "closing": 5, "balance": 77}
    right |= {"last": stamp(1), "items": [entry]}
    query = StatementQuery.parse("a", {"to": stamp(9)}, None)
    assert query.envelope(Statement(**right), POSITION)["next_cursor"] is None
    with pytest.raises(BooksDisagree, match=words):
        query.envelope(Statement(**right | figures), POSITION)


def test_an_account_whose_balance_is_not_its_last_entrys_has_no_statement():
    """The balance of the account and the one that its entries lead to are two figures, and must be one."""
    ledger = filled([(1, 5, "booked")])
    ledger.balance += 1
    with pytest.raises(BooksDisagree, match="closes with 5, and the account has 6"):
        ask(ledger, "statement")
    assert ask(ledger, "statement", {"to": stamp(9)})["closing_balance"] == 5


@pytest.mark.parametrize("what", PATHS)
def test_each_page_is_read_no_earlier_than_the_one_before(what):
    """The cursor has the position of its page; the caller's own counts when it is later."""
    ledger = filled([(second, 1, "booked") for second in range(3)])
    first = ask(ledger, what, {"limit": 1})
    again = {"limit": 1, "cursor": first["next_cursor"]}
    ask(ledger, what, again)
    ask(ledger, what, again, x_read_after="1/0")
    ask(ledger, what, again, x_read_after="0/1")
    assert ledger.asked == [None, POSITION, "1/0", POSITION]
    assert later(None, "0/1") == later("0/1", "0/0") == "0/1"
    assert later("9/FFFFFFFF", "10/0") == "10/0"


@pytest.mark.parametrize(
    ("query", "kind"),
    [
        ({"limit": "0"}, "invalid-limit"),
        ({"limit": "201"}, "invalid-limit"),
        ({"limit": "x"}, "invalid-limit"),
        ({"limit": "\u0661"}, "invalid-limit"),
        ({"from": "yesterday"}, "invalid-time"),
        ({"from": "2026-01-01"}, "invalid-time"),
        ({"from": "2026-01-01T00:00:00"}, "invalid-time"),
        ({"to": "2026-02-30T00:00:00Z"}, "invalid-time"),
        ({"to": "2026-01-01T25:00:00Z"}, "invalid-time"),
        ({"to": "2026-01-01T00:00:00 01:00"}, "invalid-time"),
        ({"to": "0001-01-01T00:00:00+01:00"}, "invalid-time"),
        ({"from": "2026-01-01T01:00:00+01:00", "to": "2026-01-01T00:00:00Z"}, "invalid-period"),
        ({"offset": "3"}, "unknown-parameter"),
        ({"cursor": ""}, "invalid-cursor"),
        ({"cursor": "x"}, "invalid-cursor"),
        ({"cursor": "e30"}, "invalid-cursor"),
        ({"cursor": "W10"}, "invalid-cursor"),
        ({"cursor": "W1tdXQ"}, "invalid-cursor"),
        ({"cursor": "ä"}, "invalid-cursor"),
    ],
)
@pytest.mark.parametrize("what", PATHS)
def test_a_question_that_cannot_be_read_is_refused_before_the_ledger_hears_of_it(what, query, kind):
    """400, a word of its own for each, no effect."""
    ledger = MadeLedger()
    problem = refused(ledger, f"/accounts/a/{what}", query)
    assert (problem.status, problem.kind, problem.outcome, ledger.asked) == (400, kind, "no-effect", [])


@pytest.mark.parametrize("status", ["", "paid", "booked,", "Booked", "booked, created"])
def test_a_status_that_there_is_not_is_refused(status):
    """A misspelt one would silently find nothing."""
    assert refused(MadeLedger(), "/accounts/a/payments", {"status": status}).kind == "invalid-status"


@pytest.mark.parametrize("what", PATHS)
@pytest.mark.parametrize(
    "change", [{"from": stamp(0)}, {"to": stamp(99)}, {"account": "b"}, {"what": "other"}]
)
def test_a_cursor_is_good_for_its_own_walk_alone(what, change):
    """Another account, another period or the other list refuses it; another limit is fine."""
    ledger = filled([(second, 1, "booked") for second in range(4)])
    cursor = ask(ledger, what, {"limit": 1})["next_cursor"]
    assert len(ask(ledger, what, {"limit": 2, "cursor": cursor})["items"]) == 2
    account, other = change.get("account", "a"), PATHS[1 - PATHS.index(what)]
    path = f"/accounts/{account}/{other if 'what' in change else what}"
    query = {name: value for name, value in change.items() if name in ("from", "to")} | {"cursor": cursor}
    problem = refused(ledger, path, query)
    assert (problem.kind, "another query" in problem.detail) == ("invalid-cursor", True)


@given(parts=st.lists(st.text(max_size=12), max_size=4))
def test_a_cursor_that_somebody_made_up_is_refused(parts):
    """Even with the right digest, every part has its shape, so the database sees no nonsense."""
    forged = seal(("statement", "a", "-infinity", "infinity"), *parts)
    assert refused(MadeLedger(), "/accounts/a/statement", {"cursor": forged}).kind == "invalid-cursor"


@given(
    text=st.binary(max_size=60).map(lambda raw: base64.urlsafe_b64encode(raw).decode()) | st.text(max_size=60)
)
def test_any_other_cursor_is_refused_and_never_a_crash(text):
    """Whatever stands there."""
    assert refused(MadeLedger(), "/accounts/a/payments", {"cursor": text}).status == 400


@pytest.mark.parametrize("path", ["/accounts/a", "/accounts/a/payments", "/accounts/a/statement"])
def test_an_owned_account_is_shown_to_its_owner_and_to_auditors(path):
    """Nobody else, and an account without an owner to everybody; the answer names the node that was read."""
    who = {"owner": ("u1", ["payer"]), "auditor": ("u2", ["auditor"]), "other": ("u3", ["payer", "approver"])}
    ledger = MadeLedger("u1", principals={token_sha256(token): found for token, found in who.items()})
    for token in ("owner", "auditor"):
        answer = get(ledger, path, authorization=f"Bearer {token}")
        assert (answer.status, answer.headers["x-ledger-reader"]) == (200, "ledger-2")
    assert refused(ledger, path, authorization="Bearer other").status == 403
    assert refused(ledger, path, authorization="Bearer ended").status == 401
    assert refused(ledger, path).status == 401
    assert get(MadeLedger(), path).status == 200


@pytest.mark.parametrize("path", ["/accounts/b", "/accounts/b/payments", "/accounts/b/statement"])
def test_an_account_that_there_is_not_is_not_found(path):
    """404 with the account's own word."""
    assert refused(MadeLedger(), path).kind == "account-not-found"
