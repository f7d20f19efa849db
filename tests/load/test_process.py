"""The load process end to end, against a server on loopback: what is sent, what is recorded, how it ends."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import textwrap
import time
from collections import Counter
from pathlib import Path

import polars as pl
import pytest

from harness.clock import now
from harness.errors import ExperimentError, LoadError
from harness.history import read_history
from harness.load.plan import arrivals

OPEN_MIX = {"create_payment": 3.0, "look": 1.0}


def history_of(tmp_path):
    return read_history(tmp_path / "history.jsonl")


def arrived(history):
    """What the schedule brought; the set-up's operations apart."""
    return history.operations.filter(pl.col("kind") != "open_account")


def test_arrivals_keep_the_seeded_schedule(null_server, load_of, tmp_path):
    """Intended times and kinds are the plan's, every operation is acknowledged once, and the parent hears of it."""
    ticks = []
    with load_of(null_server().url, on_tick=ticks.append, longest_s=3.0) as load:
        load.start()
        time.sleep(max(0.0, load.started_at + 5.2 - now()))
        assert load.alive
        summary = load.stop(drain_s=5.0)
    history = history_of(tmp_path)
    plan = list(arrivals(rate_per_s=40, spacing="poisson", weights=OPEN_MIX, seed=7, longest_s=3.0))
    operations = arrived(history)
    assert operations["kind"].to_list() == [arrival.kind for arrival in plan]
    offsets = (operations["intended_at"] - load.started_at).to_list()
    assert offsets == pytest.approx([arrival.offset_s for arrival in plan], abs=1e-5)
    assert operations.filter(pl.col("sent_at") < pl.col("intended_at") - 1e-6).is_empty()
    assert set(operations["outcome"]) == {"ok"}
    assert set(operations["node"]) == {"null-1"}
    assert (summary.arrivals, summary.ok, summary.cut_off) == (len(plan), len(plan), 0)
    assert history.ended
    assert history.header["closed"] is load.closed is False
    judged = [tick for tick in ticks if tick.window_start is not None]
    assert [round(tick.window_start - load.started_at) for tick in judged[:3]] == [0, 1, 2]
    assert [tick.judged for tick in judged[:3]] == [sum(int(a.offset_s) == n for a in plan) for n in range(3)]
    assert sum(tick.arrivals for tick in ticks) == len(plan)


def test_the_same_seed_sends_the_same_requests(null_server, load_of, tmp_path):
    """What is drawn inside an operation repeats too."""
    amounts = []
    for run in ("one", "two"):
        with load_of(null_server().url, longest_s=1.0) as load:
            load.start()
            time.sleep(1.5)
            load.stop(drain_s=5.0)
        amounts.append(arrived(history_of(tmp_path))["amount"].to_list())
        (tmp_path / "history.jsonl").rename(tmp_path / run)
    assert amounts[0] == amounts[1]
    assert len(set(amounts[0])) > 2


NEEDS_A_SECRET = """
import os
from harness.load.child import Call, OpenUser, operation

class Admin(OpenUser):
    def set_up(self):
        assert os.environ["ADMIN_TOKEN"] == "a-word-nobody-should-see"

    @operation(weight=1, write=False)
    def look(self, key):
        return Call("GET", "/accounts/a")
"""


def test_a_secret_is_in_the_loads_environment_and_nowhere_else(null_server, load_of, locustfile, tmp_path):
    """The locustfile finds it; the command line and the files of the run do not show it."""
    secrets = {"ADMIN_TOKEN": "a-word-nobody-should-see"}
    file = locustfile(NEEDS_A_SECRET)
    with load_of(null_server().url, locustfile=file, longest_s=1.0, secrets=secrets) as load:
        load.start()
        assert b"a-word" not in Path(f"/proc/{load.pid}/cmdline").read_bytes()
        load.stop(drain_s=5.0)
    written = [path.read_bytes() for path in tmp_path.rglob("*") if path.is_file() and path != file]
    assert written
    assert not any(b"a-word" in text for text in written)


@pytest.mark.parametrize(
    ("mode", "first", "error"),
    [
        ("silent", "info", "timeout"),
        ("reset", "info", "reset"),
        ("cut", "info", "broken-answer"),
        ("garbage", "info", "broken-answer"),
        ("refuse", "fail", "http-503"),
    ],
)
def test_an_attempt_without_acknowledgement_sends_the_same_key_again(
    null_server, load_of, tmp_path, mode, first, error
):
    """The server saw each payment's key twice; the first attempt and its outcome are in the history."""
    server = null_server(mode)
    with load_of(server.url, longest_s=1.0, rate_per_s=20) as load:
        load.start()
        time.sleep(1.2)
        load.stop(drain_s=10.0)
    history = history_of(tmp_path)
    payments = arrived(history).filter(pl.col("write"))
    assert payments.height > 5
    assert set(payments["outcome"]) == {"ok"}
    assert set(payments["attempts"]) == {2}
    assert Counter(server.seen()) == dict.fromkeys(payments["key"], 2)
    firsts = history.attempts.filter(
        pl.col("key").is_in(payments["key"].to_list()) & (pl.col("attempt") == 1)
    )
    assert set(firsts["outcome"]) == {first}
    assert set(firsts["error"]) == {error}


def test_a_wrong_answer_to_a_write_is_no_acknowledgement(null_server, load_of, tmp_path):
    """Nobody knows what was written, so it is info, says why, and is not sent again."""
    server = null_server("wrong")
    with load_of(server.url, longest_s=1.0) as load:
        load.start()
        time.sleep(1.2)
        load.stop(drain_s=5.0)
    payments = arrived(history_of(tmp_path)).filter(pl.col("write"))
    assert set(payments["outcome"]) == {"info"}
    assert set(payments["error"]) == {"wrong answer: the amount is another"}
    assert set(payments["attempts"]) == {1}


MUTE = """
from harness.load.child import Call, OpenUser, operation

class Waits(OpenUser):
    @operation(weight=1, write=True)
    def create_payment(self, key):
        return Call("POST", "/payments", {}, {"Idempotency-Key": key})
"""


def test_arrivals_beyond_the_bound_are_dropped_and_counted(null_server, load_of, locustfile, tmp_path):
    """The server never answers: the bound holds, the rest are drops, and what is under way at the end is info."""
    file = locustfile(MUTE)
    with load_of(
        null_server("mute").url,
        locustfile=file,
        longest_s=4.0,
        rate_per_s=30,
        client_timeout_s=2.0,
        in_flight_max=120,
    ) as load:
        load.start()
        time.sleep(max(0.0, load.started_at + 4.5 - now()))
        summary = load.stop(drain_s=0.2)
    history = history_of(tmp_path)
    dropped = history.operations.filter(pl.col("dropped"))
    under_way = history.operations.filter(~pl.col("dropped"))
    assert dropped.height == summary.dropped > 0
    assert under_way.height == summary.cut_off == 120
    assert set(dropped["outcome"]) == {"fail"}
    assert dropped["sent_at"].is_null().all()
    assert set(under_way["outcome"]) == {"info"}
    assert history.ended


def test_nobody_listening_is_a_failure(load_of, locustfile, tmp_path):
    """Every attempt was refused before a byte was sent, so the operation surely had no effect."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))  # nobody else gets it meanwhile, and nobody listens
        url = f"http://127.0.0.1:{held.getsockname()[1]}"
        with load_of(url, locustfile=locustfile(MUTE), longest_s=1.0) as load:
            load.start()
            time.sleep(1.2)
            load.stop(drain_s=10.0)
    history = history_of(tmp_path)
    assert set(history.operations["outcome"]) == {"fail"}
    assert set(history.operations["attempts"]) == {4}
    assert set(history.attempts["error"]) == {"refused"}


def test_a_killed_load_leaves_what_it_recorded(null_server, load_of, tmp_path):
    """The history reads, says that it has no end, and the parent is told how the process ended."""
    with load_of(null_server().url, rate_per_s=200) as load:
        load.start()
        time.sleep(1.0)
        os.kill(load.pid, signal.SIGKILL)
        with pytest.raises(LoadError, match="killed by signal 9"):
            load.stop(drain_s=1.0)
        assert not load.alive
    history = history_of(tmp_path)
    assert not history.ended
    assert (arrived(history)["outcome"] == "ok").sum() > 50


PARENT = """
import sys, time
from pathlib import Path
from harness.load.process import LoadProcess, LoadSpec
from harness.workload import Load

spec = LoadSpec(locustfile=Path(sys.argv[1]), host=sys.argv[2], run_id="r1", seed=7, load=Load(rate_per_s=40),
                longest_s=300, history=Path(sys.argv[3]))
load = LoadProcess(spec)
load.start()
print(load.pid, flush=True)
time.sleep(300)
"""


def test_the_load_ends_with_its_parent(null_server, eventually, tmp_path):
    """The harness is killed with SIGKILL: the load process goes at once, and sends nothing more."""
    server = null_server()
    here = Path(__file__).parent
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT, f"{here}/open_locustfile.py", server.url, tmp_path / "history.jsonl"],
        stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    with parent:
        child = int(parent.stdout.readline())
        eventually(lambda: len(server.seen()) > 5, "the load sends")
        parent.kill()
        eventually(lambda: not Path(f"/proc/{child}/fd/1").exists(), "the load process is gone", within_s=5.0)
    seen = server.seen()
    time.sleep(0.5)
    assert server.seen() == seen
    assert not history_of(tmp_path).ended


def test_an_interrupt_of_the_terminal_does_not_end_the_load(null_server, load_of):
    """Ctrl-C reaches the harness, which stops the load in order: the load is in another session and ignores it."""
    with load_of(null_server().url) as load:
        load.start()
        assert os.getsid(load.pid) != os.getsid(0)
        os.kill(load.pid, signal.SIGINT)
        time.sleep(0.5)
        assert load.alive
        assert load.stop(drain_s=5.0).ok > 0


def test_leaving_the_block_ends_the_process(null_server, load_of):
    """Also without a stop."""
    with load_of(null_server().url) as load:
        load.start()
        pid = load.pid
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


ORDINARY = """
import locust
from locust import FastHttpUser, HttpUser, constant_pacing, task

class Shopper(FastHttpUser):
    host = "http://bank.example"
    wait_time = constant_pacing(0.2)

    @task
    def look(self):
        self.client.get("/things/1", name="/things")
        self.client.post("/buy", json={})

class Browser(HttpUser):
    wait_time = constant_pacing(0.2)

    @task
    def look(self):
        with self.client.get("/page", catch_response=True) as answer:
            answer.failure("not what was asked for")

@locust.events.test_start.add_listener
def told(**_):
    print("the locustfile's own listener was called")
"""


def test_an_ordinary_locustfile_is_a_closed_load(null_server, load_of, locustfile, tmp_path):
    """Each request is an operation; the history says that the load was closed; the host is the harness's."""
    with load_of(null_server().url, locustfile=locustfile(ORDINARY), rate_per_s=4) as load:
        load.start()
        time.sleep(2.0)
        summary = load.stop(drain_s=5.0)
        assert load.closed
    history = history_of(tmp_path)
    assert history.header["closed"] is True
    assert history.ended
    by_kind = {kind: rows for (kind,), rows in history.operations.group_by("kind")}
    assert set(by_kind) == {"/things", "/buy", "/page"}
    assert set(by_kind["/buy"]["write"]) == {True}
    assert set(by_kind["/things"]["write"]) == {False}
    assert set(by_kind["/buy"]["outcome"]) == {"ok"}
    assert set(by_kind["/page"]["outcome"]) == {"fail"}
    assert set(by_kind["/page"]["error"]) == {"wrong answer: not what was asked for"}
    assert history.operations["key"].str.starts_with("r1-").all()
    assert summary.arrivals == history.operations.height
    assert "own listener was called" in (tmp_path / "load.log").read_text()


def test_a_load_that_leaves_the_machine_is_ended(null_server, load_of, locustfile, eventually):
    """The connection is refused in the process itself; nothing is sent, and the parent is told where it went."""
    file = locustfile("""
from locust import FastHttpUser, task

class Far(FastHttpUser):
    @task
    def go(self):
        self.client.get("http://192.0.2.1/")
""")
    with load_of(null_server().url, locustfile=file, rate_per_s=1) as load:
        load.start()
        eventually(lambda: not load.alive, "the load is ended")
        with pytest.raises(LoadError, match=r"192\.0\.2\.1"):
            load.check()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("import nothing_that_exists", "fails to import: ModuleNotFoundError"),
        ("x = 1", "there is no user class"),
        ("from harness.load.child import OpenUser\nclass A(OpenUser): pass", "A has no operation"),
        (MUTE + "class More(Waits): pass\n", "one OpenUser is the whole load, but there are Waits, More"),
    ],
)
def test_a_wrong_locustfile_is_one_clear_error(null_server, load_of, locustfile, text, said):
    """It names the file and what is wrong with it, and counts as wrong input."""
    with (
        load_of(null_server().url, locustfile=locustfile(text)) as load,
        pytest.raises(ExperimentError) as refused,
    ):
        load.start()
    assert said in str(refused.value)
    assert "given_locustfile.py" in str(refused.value)


def test_a_mix_of_unknown_kinds_is_refused(null_server, load_of):
    """With the near miss."""
    load = load_of(null_server().url, mix={"create_paiment": 1.0})
    with load, pytest.raises(ExperimentError, match="Did you mean 'create_payment'"):
        load.start()


def test_a_set_up_that_fails_says_what_failed(load_of, null_server, locustfile):
    """A refusal is told at once, with its key and its status."""
    file = locustfile(
        MUTE
        + """
    def set_up(self):
        self.prepare("open_account", {self.key("acct-1"): Call("GET", "/accounts/1", verify=lambda answer: 1 / 0)})
"""
    )
    with load_of(null_server().url, locustfile=file) as load, pytest.raises(LoadError) as failed:
        load.start()
    assert "open_account r1-acct-1 ended as fail (wrong answer: ZeroDivisionError" in str(failed.value)


def test_an_operation_that_raises_ends_the_load(load_of, null_server, locustfile, eventually):
    """A mistake in a locustfile is no arrival that quietly never was."""
    file = locustfile(
        textwrap.dedent(MUTE).replace("return Call", "raise KeyError('oops')\n        return Call")
    )
    with load_of(null_server().url, locustfile=file) as load:
        load.start()
        eventually(lambda: not load.alive, "the load is ended")
        with pytest.raises(LoadError, match="KeyError: 'oops'"):
            load.stop(1.0)


def test_stopping_during_the_set_up_is_in_order(load_of, null_server, eventually, tmp_path):
    """The harness is interrupted before the first arrival: the load ends at once, with nothing arrived."""
    load = load_of(null_server("mute").url)
    with load:
        load.spawn()
        history = tmp_path / "history.jsonl"
        eventually(lambda: history.exists() and '"invoke"' in history.read_text(), "the set-up sends")
        began = time.monotonic()
        assert load.stop(drain_s=5.0).arrivals == 0
        assert time.monotonic() - began < 5.0
    assert history_of(tmp_path).ended


def test_a_proxy_of_the_environment_is_not_used(null_server, load_of, monkeypatch, tmp_path, locustfile):
    """The load goes to loopback directly."""
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    with load_of(null_server().url, locustfile=locustfile(ORDINARY), rate_per_s=4) as load:
        load.start()
        time.sleep(1.0)
        load.stop(drain_s=5.0)
    by_kind = history_of(tmp_path).operations.filter(pl.col("kind") != "/page")
    assert set(by_kind["outcome"]) == {"ok"}


def test_what_a_listener_raises_is_not_lost(null_server, load_of, eventually):
    """The thread that reads the load's pulse would otherwise end in silence."""

    def breaks(_tick):
        raise ValueError("the console broke")

    with load_of(null_server().url, on_tick=breaks) as load:
        load.start()
        eventually(lambda: not load.alive, "the mistake is noticed")
        with pytest.raises(LoadError, match="the console broke"):
            load.check()
