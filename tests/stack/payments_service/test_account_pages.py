"""Queries and statements on the real, replicated ledger: what a page costs, who may see it, and which node is asked."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest
from payments_stack import within
from test_payments_service import problem

pytestmark = pytest.mark.stack

MANY = 20_000
PAGE = 50
PAGES = {
    "payments": "payments_of('{0}', '{{booked,created,approved,settled,rejected,failed}}', '-infinity', 'infinity',"
    " '00000000-0000-0000-0000-000000000000', {1}, NULL)",
    "statement": "statement_of('{0}', '-infinity', '-infinity', 'infinity', {1}, NULL)",
}

# Row by row through the guards this takes half a minute; they are the business of other tests.
BULK = """SET session_replication_role = replica;
    WITH made AS (INSERT INTO books.payments (key, debtor, creditor, amount, currency, booked_at)
        SELECT '{run}-bulk-' || n, '{world}', '{one}', 1, 'EUR', clock_timestamp()
        FROM generate_series(1, {many}) n RETURNING payment_id),
    numbered AS (SELECT payment_id, row_number() OVER () AS n FROM made)
    INSERT INTO books.entries (payment_id, account_id, amount, currency, step, booked_at, balance)
        SELECT payment_id, account_id, sign, 'EUR', 0, a.booked_until + n * interval '1 microsecond',
               a.balance + sign * n
        FROM numbered, (VALUES ('{world}', -1), ('{one}', 1)) v (account, sign)
            JOIN books.accounts a ON a.account_id = v.account;
    UPDATE books.accounts SET balance = balance + CASE account_id WHEN '{one}' THEN {many} ELSE -{many} END,
        booked_until = booked_until + {many} * interval '1 microsecond' WHERE account_id IN ('{world}', '{one}')"""


def walk(client, path, **query):
    pages = [client.get(path, params=query).raise_for_status().json()]
    while pages[-1]["next_cursor"]:
        cursor = pages[-1]["next_cursor"]
        pages.append(client.get(path, params={**query, "cursor": cursor}).raise_for_status().json())
    return [item for page in pages for item in page["items"]], pages


def plan_of(stack, node, call):
    """The plans of every statement inside a function, as the server ran them, and the pages of memory it touched."""
    script = f"""LOAD 'auto_explain'; SET auto_explain.log_min_duration = 0; SET client_min_messages = log;
        SET auto_explain.log_nested_statements = on; SET auto_explain.log_analyze = on;
        SET auto_explain.log_buffers = on; SET auto_explain.log_timing = off; SELECT count(*) FROM books.{call}"""
    shown = stack.sql_with_notices(node, script)
    touched = re.findall(r"Function Scan on \w+_of.*?\n\s+Buffers: shared hit=(\d+)", shown)
    return shown, int(touched[0])


@pytest.mark.parametrize("what", PAGES)
def test_a_page_costs_the_same_in_a_table_of_many_payments(payer, payments_stack, what):
    """No scan of a table, and no more memory touched with 20,000 payments of the account than with a hundred."""
    for n in range(100):
        assert payer.pay(f"k{n}", 1).status_code == 201
    primary = payments_stack.primary()
    call = PAGES[what].format(payer.one, PAGE)
    _, few = plan_of(payments_stack, primary, call)
    names = {"run": payer.run, "world": payer.world, "one": payer.one, "many": MANY}
    payments_stack.sql(primary, BULK.format(**names))
    for node in ("ledger-1", "ledger-2", "ledger-3"):
        shown, many = plan_of(payments_stack, node, call)
        assert "Index Scan" in shown
        assert "Seq Scan" not in shown
        assert "Bitmap" not in shown
        # Some levels of an index more, for each of the walks down one; 20,000 rows fill hundreds of pages.
        assert many < 2 * few + 50, f"{node}: {few} pages of memory with 100 payments, {many} with {MANY}"
    items, pages = walk(payer.client, f"/accounts/{payer.one}/{what}", limit=200)
    assert len({item["payment_id"] for item in items}) == len(items) == MANY + 100
    assert len(pages) == -(-len(items) // 200)
    if what == "statement":
        assert (pages[0]["opening_balance"], pages[-1]["closing_balance"]) == (0, MANY + 100)


def test_a_statement_is_of_one_moment_while_eight_pay(payer, payments_stack):
    """Page by page, with payments going on: it adds up, ends where it began to be read, and lacks nothing after it."""
    assert payer.pay("fund", 1000).status_code == 201

    def back_and_forth(n):
        pair = (payer.one, payer.two) if n % 2 else (payer.two, payer.one)
        return payer.pay(f"k{n}", 1 + n % 3, *pair).status_code

    with ThreadPoolExecutor(8) as pool:
        paying = [pool.submit(back_and_forth, n) for n in range(200)]
        statements = [walk(payer.client, f"/accounts/{payer.one}/statement", limit=7) for _ in range(3)]
    paid = [answer.result() for answer in paying].count(201)
    for items, pages in statements:
        assert len({(page["opening_balance"], page["closing_balance"]) for page in pages}) == 1
        assert sum(item["amount"] for item in items) == pages[0]["closing_balance"]
    whole, _ = walk(payer.client, f"/accounts/{payer.one}/statement", limit=200)
    assert len(whole) == paid + 1
    assert all(items == whole[: len(items)] for items, _ in statements)
    chain = f"""SELECT bool_and(balance = sum AND booked_at > before) FROM (SELECT balance, booked_at,
        sum(amount) OVER w, lag(booked_at, 1, '-infinity') OVER w AS before FROM books.entries
        WHERE account_id = '{payer.one}' WINDOW w AS (ORDER BY booked_at)) c"""
    assert payments_stack.sql(payments_stack.primary(), chain) == "t"


def test_payments_are_found_by_status_and_time(payer):
    """A period begins with its first moment and ends before its last."""
    for n in range(5):
        assert payer.pay(f"k{n}").status_code == 201
    path = f"/accounts/{payer.one}/payments"
    items, _ = walk(payer.client, path, limit=2)
    assert [item["key"] for item in items] == [f"{payer.run}-k{n}" for n in (4, 3, 2, 1, 0)]
    times = [item["created_at"] for item in items]
    middle, _ = walk(payer.client, path, **{"from": times[3], "to": times[1]})
    assert middle == items[2:4]
    assert walk(payer.client, path, status="created,settled")[0] == []
    assert walk(payer.client, path, status="booked,failed")[0] == items
    entries, _ = walk(payer.client, f"/accounts/{payer.world}/statement")
    assert [entry["amount"] for entry in entries] == [-5] * 5
    for query, kind in (
        ({"cursor": "x"}, "invalid-cursor"),
        ({"from": "x"}, "invalid-time"),
        ({"limit": 0}, "invalid-limit"),
    ):
        assert problem(payer.client.get(path, params=query)) == (400, f"/problems/{kind}", "no-effect")


def test_an_owned_account_and_its_hold_account_are_seen_by_owner_and_auditor(payer, payments_stack):
    """Everybody else is refused, whichever of the three answers he asks for; the hold account has the same owner."""
    bearer = {role: payments_stack.session(role) for role in ("payer", "auditor", "approver")}
    account = f"{payer.run}-own"
    body = {"account_id": account, "currency": "EUR", "may_be_negative": True, "owned": True}
    assert payer.client.post("/accounts", json=body, headers=bearer["payer"]).status_code == 201
    order = {"debtor": account, "creditor": payer.one, "amount": 9, "currency": "EUR", "flow": "four-eyes"}
    headers = bearer["payer"] | {"Idempotency-Key": f"{payer.run}-own"}
    made = payer.client.post("/payments", json=order, headers=headers)
    assert made.status_code == 201, made.text
    after = {"X-Read-After": made.headers["x-ledger-position"]}
    for name, balance in ((account, -9), (f"{account}%2Fhold", 9)):
        for path in (f"/accounts/{name}", f"/accounts/{name}/payments", f"/accounts/{name}/statement"):
            for roles in ("payer", "auditor"):
                answer = payer.client.get(path, headers=bearer[roles] | after)
                assert answer.status_code == 200, answer.text
            refused = payer.client.get(path, headers=bearer["approver"] | after)
            assert problem(refused) == (403, "/problems/not-allowed", "no-effect")
            assert problem(payer.client.get(path, headers=after))[0] == 401
        assert answer.json()["closing_balance"] == balance
    found = payer.client.get(
        f"/accounts/{account}/payments", params={"status": "created"}, headers=bearer["payer"] | after
    )
    assert [item["payment_id"] for item in found.json()["items"]] == [made.json()["payment_id"]]


@contextmanager
def lagging(stack):
    """One replica that receives everything and replays nothing.

    Patroni ends such a pause within its loop of 5 s, unless it is told to leave everything as it is.
    """
    node = stack.roles()["replica"][0]
    paused = "SELECT pg_get_wal_replay_pause_state() = 'paused'"
    patronictl = ("patronictl", "-c", "/run/patroni.yaml")
    stack.run(node, *patronictl, "pause", "--wait")
    try:
        stack.sql(node, "SELECT pg_wal_replay_pause()")
        within(10, f"{node} stops replaying", lambda: stack.sql(node, paused) == "t")
        yield node
        assert stack.sql(node, paused) == "t", f"{node} went on replaying"
    finally:
        stack.sql(node, "SELECT pg_wal_replay_resume()")
        stack.run(node, *patronictl, "resume", "--wait")
    within(30, "the ledger is whole again", stack.whole)


def test_with_the_token_every_read_sees_the_write_on_whichever_node(payer, payments_stack):
    """One replica lags. Without the token its old answers come; with it the other one or the primary is asked."""
    assert payer.pay("before", 1).status_code == 201
    account = f"/accounts/{payer.one}"
    primary = payments_stack.primary()
    within(10, "both replicas have the account", lambda: _balances(payments_stack, payer) == {"1"})
    with lagging(payments_stack) as old, ThreadPoolExecutor(12) as pool:
        made = payer.pay("after", 10)
        assert made.status_code == 201
        token = {"X-Read-After": made.headers["x-ledger-position"]}

        def read(path, headers=None):
            answer = payer.client.get(path, headers=headers)
            assert answer.status_code == 200, answer.text
            body = answer.json()
            shown = body.get("balance", body.get("closing_balance", len(body.get("items", ()))))
            return answer.headers["x-ledger-reader"], shown

        paths = {account: (1, 11), f"{account}/statement": (1, 11), f"{account}/payments": (1, 2)}
        for path, (before, now) in paths.items():
            bare = set(pool.map(read, [path] * 60))
            assert (old, before) in bare, f"{path} without a token: {bare}"
            fresh = list(pool.map(lambda p: read(p, token), [path] * 60))
            readers = {reader for reader, _ in fresh}
            assert {shown for _, shown in fresh} == {now}
            assert old not in readers
            assert readers - {primary}, f"no replica was good enough for {path}"
        seen = payer.client.get(f"/payments/{made.json()['payment_id']}", headers=token)
        assert (seen.status_code, seen.headers["x-ledger-reader"] != old) == (200, True)
    caught_up = payments_stack.sql(
        old, f"SELECT balance FROM books.accounts WHERE account_id = '{payer.one}'"
    )
    assert caught_up == "11"


def _balances(stack, payer):
    asked = f"SELECT balance FROM books.accounts WHERE account_id = '{payer.one}'"
    return {stack.sql(node, asked) for node in stack.roles()["replica"]}
