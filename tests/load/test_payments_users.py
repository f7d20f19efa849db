"""The reference stack's own users: what they set up, what they send, and that they read what they were told."""

from __future__ import annotations

import time
from pathlib import Path

import polars as pl

from harness.checks.base import Recording
from harness.checks.own_writes import ReadYourWrites
from harness.history import read_history

USERS = Path(__file__).parents[2] / "compose" / "payments" / "locustfile.py"


def test_the_payments_users_pay_and_look_closely(null_server, load_of, tmp_path):
    """Against a server that repeats every payment and knows nothing afterwards: payments are ok, reads are wrong."""
    with load_of(null_server().url, locustfile=USERS, rate_per_s=100, longest_s=2.0) as load:
        load.start()
        time.sleep(2.3)
        load.stop(drain_s=5.0)
    operations = read_history(tmp_path / "history.jsonl").operations
    set_up = operations.filter(pl.col("intended_at") < load.started_at)
    assert set_up["kind"].value_counts(sort=True).rows() == [("open_account", 216), ("create_payment", 200)]
    assert set(set_up["outcome"]) == {"ok"}
    by_kind = {
        kind: rows
        for (kind,), rows in operations.filter(pl.col("intended_at") >= load.started_at).group_by("kind")
    }
    paid, read, asked = (by_kind[kind] for kind in ("create_payment", "read_payment", "read_account"))
    assert set(paid["outcome"]) == {"ok"}
    assert paid["payment_id"].is_not_null().all()
    assert (paid["debtor"] != paid["creditor"]).all()
    assert paid.height > 2 * max(read.height, asked.height)
    for rows, wrong in ((read, "wrong answer: debtor is None"), (asked, "wrong answer: account_id is None")):
        assert set(rows["outcome"]) == {"fail"}
        assert rows["error"].str.starts_with(wrong).all()


PEOPLE_MIX = {"log_in": 1, "read_profile": 2, "change_profile": 2}


def test_people_come_only_with_a_mix_that_asks_for_them(users_server, load_of, tmp_path):
    """They register and log in once; changes go on the version of the one before; a lost answer repeats its key."""
    server = users_server("lossy")
    with load_of(server.url, locustfile=USERS, rate_per_s=60, longest_s=2.0, mix=PEOPLE_MIX) as load:
        load.start()
        time.sleep(2.3)
        load.stop(drain_s=5.0)
    operations = read_history(tmp_path / "history.jsonl").operations
    set_up = operations.filter(pl.col("intended_at") < load.started_at)
    counts = dict(set_up["kind"].value_counts().rows())
    assert (counts["register"], counts["log_in"]) == (60, 60)
    arrived = operations.filter(pl.col("intended_at") >= load.started_at)
    assert set(arrived["kind"]) == set(PEOPLE_MIX)
    assert set(arrived["outcome"]) == {"ok"}, arrived.filter(pl.col("outcome") != "ok")["error"]
    changes = arrived.filter(pl.col("kind") == "change_profile")
    assert set(changes["attempts"]) == {1, 2}


def test_a_profile_that_went_back_is_a_wrong_answer(users_server, load_of, tmp_path):
    """A server that forgets the last change is caught by the next look."""
    with load_of(
        users_server("forgetful").url, locustfile=USERS, rate_per_s=60, longest_s=3.0, mix=PEOPLE_MIX
    ) as load:
        load.start()
        time.sleep(3.3)
        load.stop(drain_s=5.0)
    operations = read_history(tmp_path / "history.jsonl").operations
    reads = operations.filter(pl.col("kind") == "read_profile")
    wrong = reads.filter(pl.col("outcome") == "fail")
    assert wrong.height > 3
    assert wrong["error"].str.contains("at version").all()


FORBIDDEN = (
    "forbidden_no_token",
    "forbidden_expired_token",
    "forbidden_self_approval",
    "forbidden_payer_approval",
    "forbidden_other_body",
    "forbidden_list",
    "forbidden_anothers_account",
    "forbidden_anothers_payment",
    "forbidden_anothers_statement",
)
LIFE_MIX = {
    "create_four_eyes": 4,
    "approve": 3,
    "reject": 1,
    "read_status": 2,
    "list_payments": 4,
    "read_statement": 4,
    **dict.fromkeys(FORBIDDEN, 1),
}


def lived(server, load_of, tmp_path):
    """Two seconds of a payment's whole life: what arrived, and every attempt."""
    secrets = {"USERS_ADMIN_TOKEN": "an administrator's token"}
    with load_of(
        server.url, locustfile=USERS, rate_per_s=80, longest_s=2.0, mix=LIFE_MIX, secrets=secrets
    ) as load:
        load.start()
        time.sleep(2.3)
        load.stop(drain_s=5.0)
    history = read_history(tmp_path / "history.jsonl")
    arrived = history.operations.filter(pl.col("intended_at") >= load.started_at)
    assert set(arrived["kind"]) == set(LIFE_MIX)
    return arrived, history


def own_writes(history):
    """The check's finding; it looks at nothing but the history."""
    tables = {"operations": history.operations, "attempts": history.attempts, "load_ended": True}
    return ReadYourWrites().judge(Recording(run="r1", books=None, timeline=None, steady=None, **tables))


def test_a_whole_life_is_created_approved_followed_listed_and_stated(life_server, load_of, tmp_path):
    """All of it goes well, everything forbidden is refused, and lists and statements are reads that are judged."""
    arrived, history = lived(life_server("good"), load_of, tmp_path)
    wanted = arrived.filter(~pl.col("forbidden"))
    assert set(wanted["outcome"]) == {"ok"}, wanted.filter(pl.col("outcome") != "ok")["error"]
    refused = arrived.filter("forbidden")
    assert set(refused["outcome"]) == {"fail"}
    assert set(refused["status"]) <= {401, 403, 422}
    looked = history.attempts.join(arrived, on="key").filter(
        pl.col("kind").is_in(["list_payments", "read_statement"])
    )
    assert (
        looked["after"].null_count() == looked["reads"].null_count() == looked["payment_id"].null_count() == 0
    )
    assert looked.filter(pl.col("kind") == "list_payments")["seen"].null_count() == 0
    finding = own_writes(history)
    assert (finding.verdict.value, finding.numbers["stale_reads"]) == ("pass", 0)
    assert finding.numbers["token_reads"] > looked.height / 2


def test_a_list_or_a_statement_that_lacks_what_its_token_covers_is_read_behind(
    life_server, load_of, tmp_path
):
    """A server that answers from an old copy, whatever position it is shown, fails ReadYourWrites by both kinds."""
    arrived, history = lived(life_server("stale"), load_of, tmp_path)
    lacking = arrived.filter(pl.col("error").str.ends_with("is not there"))
    assert set(lacking["kind"]) == {"list_payments", "read_statement"}
    finding = own_writes(history)
    assert finding.verdict.value == "fail"
    assert finding.numbers["stale_reads"] >= lacking.height


def test_a_statement_that_does_not_add_up_is_a_wrong_answer(life_server, load_of, tmp_path):
    """And nothing else is."""
    arrived, _ = lived(life_server("wrong"), load_of, tmp_path)
    wrong = arrived.filter(pl.col("error").str.starts_with("wrong answer"))
    assert set(wrong["kind"]) == {"read_statement"}
    assert wrong["error"].str.contains("the balance is").all()


def test_a_server_that_refuses_nothing_is_found_out_by_every_forbidden_kind(life_server, load_of, tmp_path):
    """Each kind can succeed, so that its refusal says something."""
    arrived, _ = lived(life_server("open"), load_of, tmp_path)
    assert set(arrived.filter(pl.col("forbidden") & (pl.col("outcome") == "ok"))["kind"]) == set(FORBIDDEN)
