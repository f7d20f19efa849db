"""The reference stack's own users: what they set up, what they send, and that they read what they were told."""

from __future__ import annotations

import time
from pathlib import Path

import polars as pl

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
