"""The payments service on its real, replicated ledger."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import pairwise

import pytest
from payments_stack import Payer, docker, within

pytestmark = pytest.mark.stack


@contextmanager
def without_replicas(stack):
    """Both replicas stopped in their tracks, so that no commit can be confirmed."""
    paused = [stack.container(node) for node in stack.roles()["replica"]]
    docker("pause", *paused)
    try:
        yield
    finally:
        docker("unpause", *paused)
        within(30, "the ledger is whole again", stack.whole)


def problem(answer):
    return answer.status_code, answer.json()["type"], answer.headers["payment-outcome"]


UNKNOWN = (504, "/problems/outcome-unknown", "unknown")


def test_one_key_from_ten_clients_at_once_pays_once(payer, payments_stack):
    """Ten equal requests at the same moment: one booking, ten equal answers, nine of them marked as saved."""
    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(lambda _: payer.pay("same", 7), range(10)))
    assert [answer.status_code for answer in answers] == [201] * 10
    assert len({answer.text for answer in answers}) == 1
    assert sum(answer.headers.get("idempotent-replayed") == "true" for answer in answers) == 9
    primary = payments_stack.primary()
    assert (
        payments_stack.sql(primary, f"SELECT balance FROM books.accounts WHERE account_id = '{payer.one}'")
        == "7"
    )


def test_one_key_with_another_body_is_refused(payer):
    """The second body is refused with 422, and the first payment stands as it was."""
    assert payer.pay("k", 7).status_code == 201
    assert problem(payer.pay("k", 8)) == (422, "/problems/key-reused", "no-effect")
    assert payer.balance(payer.one) == 7


def test_a_payment_without_funds_is_refused_and_its_key_stays_free(payer):
    """402 has no effect at all: the same key pays once the money is there."""
    refused = payer.pay("k", 7, payer.one, payer.two)
    assert problem(refused) == (402, "/problems/insufficient-funds", "no-effect")
    assert payer.pay("fund", 7).status_code == 201
    paid = payer.pay("k", 7, payer.one, payer.two)
    assert paid.status_code == 201
    assert "idempotent-replayed" not in paid.headers


def test_money_that_is_there_once_is_spent_once(payer):
    """Ten payments race for funds that suffice for three."""
    assert payer.pay("fund", 30).status_code == 201
    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(lambda n: payer.pay(f"k{n}", 10, payer.one, payer.two), range(10)))
    assert sorted(answer.status_code for answer in answers) == [201] * 3 + [402] * 7


def test_payments_in_both_directions_do_not_lock_each_other_out(payer):
    """Opposite payments take their locks in one order: a hundred of them, and no deadlock."""
    assert payer.pay("fund", 1000).status_code == 201

    def back_and_forth(n):
        pair = (payer.one, payer.two) if n % 2 else (payer.two, payer.world)
        return payer.pay(f"k{n}", 1, *pair).status_code

    with ThreadPoolExecutor(10) as pool:
        assert set(pool.map(back_and_forth, range(100))) <= {201, 402}


def test_a_payment_can_be_read_as_soon_as_it_is_acknowledged(payer):
    """Reads go to replicas, which may be behind: what one lacks is asked of the primary before it is a 404."""
    for n in range(30):
        made = payer.pay(f"k{n}").json()
        read = payer.client.get(f"/payments/{made['payment_id']}")
        assert (read.status_code, read.json()) == (200, made)
    missing = payer.client.get("/payments/00000000-0000-0000-0000-000000000000")
    assert problem(missing) == (404, "/problems/payment-not-found", "no-effect")


def test_lists_are_read_page_by_page(payer, payments_stack):
    """The pages of a prefix hold every payment once, in order of their keys."""
    keys = sorted(f"{payer.run}-p{n}" for n in range(7))
    for key in keys:
        assert payer.pay(key.removeprefix(f"{payer.run}-")).status_code == 201
    seen, after = [], ""
    while after is not None:
        query = {"key_prefix": f"{payer.run}-p", "after": after, "limit": 3}
        page = payer.client.get("/payments", params=query, headers=payments_stack.observer).json()
        seen += [item["key"] for item in page["items"]]
        after = page["next_after"]
    assert seen == keys


def test_without_a_replica_nothing_is_acknowledged_not_even_a_saved_answer(payer, payments_stack):
    """A new payment and a replay both wait for replication, and are told at the deadline that nobody knows."""
    assert payer.pay("old").status_code == 201
    with without_replicas(payments_stack):
        began = time.monotonic()
        # The replay first: the new payment would hold the accounts' locks.
        assert problem(payer.pay("old")) == UNKNOWN
        assert problem(payer.pay("new", 5, payer.world, payer.two)) == UNKNOWN
        assert 2.8 < time.monotonic() - began < 4
    settled = payer.pay("new", 5, payer.world, payer.two)
    assert settled.status_code == 201
    assert settled.headers["idempotent-replayed"] == "true"


def test_who_waits_behind_an_unconfirmed_payment_is_told_that_nothing_happened(payer, payments_stack):
    """The account's lock is held by a commit that waits: the next payment gives up without effect."""
    with without_replicas(payments_stack):
        assert problem(payer.pay("first")) == UNKNOWN
        assert problem(payer.pay("second"))[1:] == ("/problems/no-effect", "no-effect")


@pytest.mark.parametrize("end", ["pg_cancel_backend", "pg_terminate_backend"])
def test_a_commit_that_is_ended_while_it_waits_is_no_acknowledgement(payer, payments_stack, end):
    """A cancelled wait comes back as success with a warning, a terminated one as a broken connection."""
    primary = payments_stack.primary()
    with without_replicas(payments_stack), ThreadPoolExecutor(1) as pool:
        answer = pool.submit(payer.pay, "k")
        waiting = (
            f"SELECT {end}(pid) FROM pg_stat_activity WHERE usename = 'payments' AND wait_event = 'SyncRep'"
        )
        within(1.2, "a commit waits for its replica", lambda: payments_stack.sql(primary, waiting) == "t")
        assert problem(answer.result()) == UNKNOWN
        if end == "pg_cancel_backend":
            assert "replicat" in answer.result().json()["detail"]


def test_a_commit_that_has_no_standby_to_wait_for_is_no_acknowledgement(payer, payments_stack):
    """As in the first seconds of a new cluster: it commits at once, and the client is told that nobody knows."""
    primary = payments_stack.primary()
    assert payer.pay("before").status_code == 201
    payments_stack.sql(primary, "ALTER SYSTEM SET synchronous_standby_names = ''")
    try:
        payments_stack.sql(primary, "SELECT pg_reload_conf()")
        within(5, "nothing is acknowledged", lambda: payer.status("before") == 504)
        refused = payer.pay("new")
        assert problem(refused) == UNKNOWN
        assert "no standby to wait for" in refused.json()["detail"]
    finally:
        payments_stack.sql(primary, "ALTER SYSTEM RESET synchronous_standby_names")
        payments_stack.sql(primary, "SELECT pg_reload_conf()")
        within(30, "the ledger is whole again", payments_stack.whole)
    within(5, "payments are acknowledged", lambda: payer.status("before") == 201)
    settled = payer.pay("new")
    assert (settled.status_code, settled.headers["idempotent-replayed"]) == (201, "true")


def test_entries_that_do_not_balance_never_get_in(payer, payments_stack):
    """The guard is the database's own: not even its owner can book half a payment."""
    made = payer.pay("k").json()
    half = f"""INSERT INTO books.entries
               VALUES ('{made["payment_id"]}', '{payer.two}', 1, 'EUR', 1, now(), 1)"""
    with pytest.raises(AssertionError, match="do not balance"):
        payments_stack.sql(payments_stack.primary(), half)
    empty = f"""INSERT INTO books.payments (key, debtor, creditor, amount, currency)
                VALUES ('{payer.run}-empty', '{payer.one}', '{payer.two}', 1, 'EUR')"""
    with pytest.raises(AssertionError, match="do not balance"):
        payments_stack.sql(payments_stack.primary(), empty)


def test_the_service_itself_cannot_write_a_table(payments_stack):
    """Its role reads, and writes through the functions alone."""
    primary = payments_stack.primary()
    for statement in ("UPDATE books.accounts SET balance = 0", "DELETE FROM books.entries"):
        with pytest.raises(AssertionError, match="permission denied"):
            payments_stack.sql(primary, f"SET ROLE payments; {statement}")


def test_a_read_only_ledger_is_surely_without_effect(payer, payments_stack):
    """A service led to a replica for its writes says no-effect, and so it is."""
    start = (
        "LEDGER_WRITE=ledger-router:5001 exec python3 -m uvicorn payments.app:create --factory --port 8099"
    )
    node = payments_stack.container("payments-1")
    docker("exec", "-d", node, "sh", "-c", start)
    try:
        within(
            20,
            "the second service answers",
            lambda: _inside(node, "GET", "/health/live", "x", "")[0] == "200",
        )
        body = f'{{"debtor":"{payer.world}","creditor":"{payer.one}","amount":5,"currency":"EUR"}}'
        status, outcome = _inside(node, "POST", "/payments", f"{payer.run}-k", body)
        assert (status, outcome) == ("503", "no-effect")
    finally:
        _inside_end(node)
    query = {"key_prefix": f"{payer.run}-k"}
    listed = payer.client.get("/payments", params=query, headers=payments_stack.observer)
    assert listed.json()["items"] == []


_REQUEST = """import http.client, sys
method, path, key, body = sys.argv[1:]
try:
    connection = http.client.HTTPConnection("127.0.0.1", 8099, timeout=5)
    connection.request(method, path, body or None, {"Idempotency-Key": key})
    answer = connection.getresponse()
    print(answer.status, answer.headers.get("Payment-Outcome"))
except OSError as error:
    print("none", type(error).__name__)
"""

_END = """import os, signal
for number in filter(str.isdigit, os.listdir("/proc")):
    words = open(f"/proc/{number}/cmdline").read().split(chr(0))
    if "8099" in words:
        os.kill(int(number), signal.SIGTERM)
"""


def _inside(node, *words):
    return docker("exec", node, "python3", "-c", _REQUEST, *words).split()


def _inside_end(node):
    docker("exec", node, "python3", "-c", _END)


_GIVEN_UP = """import asyncio, gc
from payments.pool import Pool
from payments.problems import NoEffect
from payments.settings import Address, Settings

async def silent(reader, writer):
    await asyncio.sleep(60)

async def give_up(pool):
    try:
        await pool.take(asyncio.get_running_loop().time() + 0.3)
    except NoEffect:
        return "given up"

async def main():
    await asyncio.start_server(silent, "127.0.0.1", 8098)
    here = Address("127.0.0.1", 8098)
    pool = Pool(here, Settings(write=here, read=here, password="x"))
    said = await asyncio.gather(*[give_up(pool) for _ in range(20)])
    remote = [line.split()[2:4] for line in open("/proc/net/tcp") if ":" in line]
    print(said.count("given up"), remote.count(["0100007F:1FA2", "01"]))

gc.disable()
asyncio.run(main())
"""


def test_a_connection_that_was_given_up_is_closed_at_once(payments_stack):
    """Left to the garbage collector, each would take a slot of a ledger that was slow for a moment."""
    node = payments_stack.container("payments-1")
    given_up, still_open = docker("exec", node, "python3", "-c", _GIVEN_UP).split()
    assert (given_up, still_open) == ("20", "0")


def test_without_a_payments_node_the_edge_says_that_nothing_happened(payer, payments_stack):
    """The edge's own 503 is a problem document too, with the word no-effect."""
    nodes = [payments_stack.container(f"payments-{n}") for n in (1, 2, 3)]
    docker("kill", *nodes)
    try:
        within(8, "the edge has no node left", lambda: payer.status("k") == 503)
        assert problem(payer.pay("k"))[1:] == ("/problems/no-effect", "no-effect")
    finally:
        docker("start", *nodes)
    within(20, "payments go through again", lambda: payer.status("k") == 201)


def test_payments_go_on_when_the_primary_is_restarted(payer, payments_stack):
    """Each key is sent until it is acknowledged; afterwards every one is in the books once, and the gap was short."""
    stop = threading.Event()
    acknowledged = []

    def pay_on(worker):
        own = Payer(payments_stack)
        n = 0
        while not stop.is_set():
            if _pay_until(own, f"{worker}-{n}", stop):
                acknowledged.append((time.monotonic(), own.run, f"{own.run}-{worker}-{n}"))
                n += 1
        return own.run

    with ThreadPoolExecutor(4) as pool:
        workers = [pool.submit(pay_on, n) for n in range(4)]
        within(10, "payments flow", lambda: len(acknowledged) > 20)
        docker("restart", "-t", "30", payments_stack.container(payments_stack.primary()))
        at_restart = len(acknowledged)
        within(60, "payments flow again", lambda: len(acknowledged) > at_restart + 40)
        stop.set()
        runs = [worker.result() for worker in workers]
    times = [at for at, _, _ in sorted(acknowledged)]
    assert max(later - earlier for earlier, later in pairwise(times)) < 25
    within(60, "the ledger is whole again", payments_stack.whole)
    booked = [item["key"] for run in runs for item in _payments(payments_stack, run)]
    assert len(booked) == len(set(booked))
    assert {key for _, _, key in acknowledged} <= set(booked)


def _pay_until(payer, key, stop):
    until = time.monotonic() + 60
    while time.monotonic() < until and not stop.is_set():
        if payer.status(key) == 201:
            return True
        time.sleep(0.05)
    return False


def _payments(stack, run):
    items, after = [], ""
    with stack.client() as client:
        while after is not None:
            query = {"key_prefix": f"{run}-", "after": after}
            answer = client.get("/payments", params=query, headers=stack.observer)
            items += answer.json()["items"]
            after = answer.json()["next_after"]
    return items


def test_no_password_is_in_a_log_an_image_or_a_command_line(payments_stack):
    """Passwords are in the environment of the containers that need them, and nowhere else."""
    logs = payments_stack.compose("logs", "--no-color")
    assert "ledger-1" in logs
    processes = "".join(
        docker("top", payments_stack.container(f"ledger-{n}"), "-eo", "pid,args") for n in (1, 2, 3)
    )
    images = payments_stack.compose("config", "--images").split()
    history = "".join(docker("history", "--no-trunc", image) for image in images)
    for name, password in payments_stack.passwords.items():
        assert password not in logs + processes + history, f"{name} leaked"
