"""What the reference stack's load tries and must not: refused by whoever keeps the rules, seen where nobody does."""

from __future__ import annotations

import time
from pathlib import Path

import polars as pl
import pytest

from harness.history import read_history

USERS = Path(__file__).parents[2] / "compose" / "payments" / "locustfile.py"
KINDS = {
    "forbidden_no_token": 401,
    "forbidden_expired_token": 401,
    "forbidden_anothers_account": 403,
    "forbidden_anothers_payment": 403,
    "forbidden_anothers_statement": 403,
    "forbidden_list": 401,
    "forbidden_self_approval": 403,
    "forbidden_payer_approval": 403,
    "forbidden_other_body": 422,
}
MIX = {"create_four_eyes": 3, "approve": 3, "read_status": 3, **dict.fromkeys(KINDS, 1)}


@pytest.fixture
def arrived(payments_server, load_of, tmp_path):
    """Loads a server of that mode and gives the operations that arrived."""

    def run(mode, mix):
        secrets = {"USERS_ADMIN_TOKEN": "t" * 32}
        url = payments_server(mode).url
        with load_of(url, locustfile=USERS, rate_per_s=90, longest_s=2.0, mix=mix, secrets=secrets) as load:
            load.start()
            time.sleep(2.3)
            load.stop(drain_s=5.0)
        operations = read_history(tmp_path / "history.jsonl").operations
        return operations.filter(pl.col("intended_at") >= load.started_at)

    return run


def test_who_keeps_the_rules_refuses_each_by_its_own_rule(arrived):
    """Every forbidden kind is marked so and refused with its rule's status; what is allowed goes on beside it."""
    operations = arrived("strict", MIX)
    assert set(operations.filter(~pl.col("forbidden"))["outcome"]) == {"ok"}
    refused = operations.filter(pl.col("forbidden"))
    assert set(refused.select("kind", "outcome", "status").iter_rows()) == {
        (kind, "fail", status) for kind, status in KINDS.items()
    }
    looks = {"forbidden_anothers_payment", "forbidden_anothers_statement", "forbidden_list"}
    assert set(refused.filter(~pl.col("write"))["kind"]) == looks


def test_who_keeps_no_rule_is_seen_to_let_each_through(arrived):
    """Nothing but the rule stands in the way of a forbidden operation: without it, each kind is acknowledged."""
    tried = arrived("open", MIX).filter(pl.col("forbidden") & (pl.col("outcome") == "ok"))
    assert set(tried["kind"]) == set(KINDS)
    assert tried.height >= 5 * len(KINDS)
