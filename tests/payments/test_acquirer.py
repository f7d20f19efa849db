"""The acquirer: books on disk, one answer a key, and moods; asked over real sockets on loopback."""

import http.client
import json
import sqlite3
from contextlib import contextmanager
from pathlib import Path
from threading import Thread
from time import monotonic

import pytest
import yaml
from acquirer import __main__ as acquirer_program
from acquirer.books import Books, KeyReused, Order
from acquirer.moods import MODES, Mood, parse
from acquirer.server import Acquirer, Api, Control, Server

ORDER = {"payment_id": "p-1", "amount": 100, "currency": "EUR", "creditor": "acct-2"}


@contextmanager
def serving(folder):
    acquirer = Acquirer(Books(folder / "books.sqlite"))
    servers = [Server(("127.0.0.1", 0), handler, acquirer) for handler in (Api, Control)]
    for server in servers:
        Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    try:
        yield [server.server_address[1] for server in servers]
    finally:
        for server in servers:
            server.shutdown()
            server.server_close()


def ask(port, method, path, body=None, timeout_s=10.0, **headers):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout_s)
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    try:
        connection.request(method, path, None if body is None else json.dumps(body), named)
        response = connection.getresponse()
        return response.status, json.loads(response.read())
    finally:
        connection.close()


def settle(port, key="k-1", **other):
    return ask(port, "POST", "/settlements", {**ORDER, **other}, Idempotency_Key=key)


def mood(port, mode, **more):
    assert ask(port, "PUT", "/mode", {"mode": mode, **more})[0] == 200


def test_a_key_is_settled_once_and_answered_the_same_for_ever(tmp_path):
    """Again, and after a restart: the same row; another body is refused."""
    with serving(tmp_path) as (api, _):
        status, first = settle(api)
        assert (status, first["status"]) == (201, "accepted")
        assert settle(api) == (200, first)
        assert settle(api, amount=101)[0] == 422
    with serving(tmp_path) as (api, _):
        assert settle(api) == (200, first)
        assert ask(api, "GET", "/settlements?after=0")[1] == {"items": [first], "next_after": None}


def test_a_refusal_is_remembered(tmp_path):
    """Or a payment could be failed here and accepted there: the key that was refused stays so."""
    with serving(tmp_path) as (api, control):
        mood(control, "refuse")
        status, row = settle(api)
        assert (status, row["status"]) == (402, "refused")
        mood(control, "normal")
        assert settle(api) == (402, row)
        mood(control, "refuse")
        assert settle(api, "k-2")[0] == 402


@pytest.mark.parametrize("mode", ["accept-and-never-answer", "answer-lost"])
def test_what_is_never_answered_is_accepted_all_the_same(tmp_path, mode):
    """The worst a bank can do: it took the order and said nothing. Asked again, it knows."""
    with serving(tmp_path) as (api, control):
        mood(control, mode)
        lost = (http.client.RemoteDisconnected, TimeoutError)
        with pytest.raises(lost):
            ask(api, "POST", "/settlements", ORDER, timeout_s=0.3, Idempotency_Key="k-1")
        mood(control, "normal")
        assert settle(api)[0] == 200


def test_pages_go_on_after_the_last_number(tmp_path):
    """Every row once, in order."""
    with serving(tmp_path) as (api, _):
        for number in range(5):
            settle(api, f"k-{number}")
        seen, after = [], 0
        while after is not None:
            page = ask(api, "GET", f"/settlements?after={after}&limit=2")[1]
            seen += [row["key"] for row in page["items"]]
            after = page["next_after"]
        assert seen == [f"k-{number}" for number in range(5)]


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        ({**ORDER, "amount": 0}, {"Idempotency_Key": "k"}),
        ({**ORDER, "amount": True}, {"Idempotency_Key": "k"}),
        ({**ORDER, "amount": "100"}, {"Idempotency_Key": "k"}),
        ({**ORDER, "creditor": ""}, {"Idempotency_Key": "k"}),
        ({**ORDER, "more": 1}, {"Idempotency_Key": "k"}),
        (["no"], {"Idempotency_Key": "k"}),
        (ORDER, {}),
    ],
)
def test_what_is_no_settlement_is_refused_and_written_nowhere(tmp_path, body, headers):
    """400, and the books stay empty."""
    with serving(tmp_path) as (api, _):
        assert ask(api, "POST", "/settlements", body, **headers)[0] == 400
        assert ask(api, "GET", "/settlements")[1]["items"] == []


def test_a_row_is_on_disk_before_it_is_answered(tmp_path):
    """WAL with synchronous=FULL: another connection sees it at once, and a power cut keeps it."""
    books = Books(tmp_path / "books.sqlite")
    books.record("k", Order(**ORDER), "accepted")
    other = sqlite3.connect(tmp_path / "books.sqlite")
    assert other.execute("SELECT key FROM settlements").fetchall() == [("k",)]
    assert books._base.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    assert books._base.execute("PRAGMA synchronous").fetchone() == (2,)
    with pytest.raises(KeyReused):
        books.record("k", Order(**{**ORDER, "currency": "USD"}), "accepted")


@pytest.mark.parametrize("mode", MODES)
def test_every_mood_can_be_set_and_read(tmp_path, mode):
    """Over the control port; slow takes its delay, the others none."""
    delay = {"delay_ms": 700} if mode == "slow" else {}
    with serving(tmp_path) as (api, control):
        mood(control, mode, **delay)
        assert ask(control, "GET", "/mode")[1] == {"mode": mode, "delay_ms": delay.get("delay_ms", 0)}
        assert ask(api, "GET", "/mode")[0] == 404, "the API does not lead to the control"


@pytest.mark.parametrize(
    "fields",
    [None, {}, {"mode": "angry"}, {"mode": "slow"}, {"mode": "normal", "delay_ms": 5}, {"mode": "slow", "x": 1},
     {"mode": "slow", "delay_ms": True}, {"mode": "slow", "delay_ms": 60_001}],
)  # fmt: skip
def test_a_wrong_mood_is_refused(fields):
    """One sentence says what is asked for."""
    with pytest.raises(ValueError, match=r"mode|delay_ms"):
        parse(fields)


def test_slow_is_slow(tmp_path):
    """And right all the same."""
    with serving(tmp_path) as (api, control):
        mood(control, "slow", delay_ms=150)
        assert parse({"mode": "slow", "delay_ms": 150}) == Mood("slow", 150)
        before = monotonic()
        assert settle(api)[0] == 201
        assert monotonic() - before >= 0.15


def test_what_the_compose_file_calls_normal_is_what_a_new_acquirer_says(tmp_path):
    """Word for word: the faults put that back, and whoever looks for leftovers compares with it."""
    file = Path(__file__).parents[2] / "compose" / "payments" / "compose.yaml"
    label = yaml.safe_load(file.read_text())["services"]["acquirer"]["labels"]["harness.control"]
    control_api = json.loads(label)
    with serving(tmp_path) as (_, control):
        assert ask(control, "GET", control_api["path"]) == (200, control_api["normal"])
        assert ask(control, "PUT", control_api["path"], control_api["normal"])[0] == 200
    assert control_api["port"] == acquirer_program._CONTROL_PORT
