"""The planted defects: off by themselves, never silent, and each the one that it says."""

from __future__ import annotations

import asyncio
import logging
from typing import ClassVar

import pytest
from payments.http import Request
from payments.planted import APPROVE_UNCHECKED, STALE_READS, planted
from payments.problems import Refused
from payments.routes import Api

ROW = {"payment_id": "p-1", "status": "created"}


class Sight:
    owners = frozenset()
    headers: ClassVar = {"x-ledger-reader": "ledger-1", "x-ledger-position": "0/20"}


class Ledger:
    """Knows one payer, and writes down what it is asked."""

    def __init__(self):
        self.after = []
        self.decided = []

    async def principal(self, _token_sha256):
        return "u-1", ["payer"]

    async def payment(self, _payment_id, after):
        self.after.append(after)
        return ROW, Sight

    async def decide(self, payment_id, _key, actor, decision):
        self.decided.append((payment_id, actor, decision))
        return ROW, False, Receipt


class Receipt:
    writer, position = "ledger-1/1", "0/20"


def ask(api, method, path, **headers):
    found = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    scope = {"method": method, "raw_path": path.encode(), "path": path, "query_string": b"", "headers": found}

    async def receive():
        return {"type": "http.request", "body": b"", "more_body": False}

    request = Request(scope, receive)
    return asyncio.run(api.route(request)[1](request))


def test_nothing_is_planted_by_itself(caplog):
    """An environment that names no defect has none, and nothing is said."""
    assert planted({}, STALE_READS) == planted({"PLANTED_DEFECT": ""}, STALE_READS) == ""
    assert not caplog.records


def test_a_planted_defect_says_so(caplog):
    """The log has a warning with the defect's name."""
    with caplog.at_level(logging.WARNING):
        assert planted({"PLANTED_DEFECT": STALE_READS}, STALE_READS, APPROVE_UNCHECKED) == STALE_READS
    assert "planted defect stale-reads" in caplog.text


def test_another_service_s_defect_is_refused():
    """A control that plants nothing would prove nothing, so the service does not start."""
    with pytest.raises(ValueError, match=r"PLANTED_DEFECT=alerts-off is none of this service's: stale-reads"):
        planted({"PLANTED_DEFECT": "alerts-off"}, STALE_READS)


@pytest.mark.parametrize(
    ("defect", "after"), [("", "0/10"), (APPROVE_UNCHECKED, "0/10"), (STALE_READS, None)]
)
def test_only_stale_reads_forgets_the_position(defect, after):
    """The reader's position reaches the ledger, but for the one defect."""
    ledger = Ledger()
    assert ask(Api(ledger, "", defect), "GET", "/payments/p-1", x_read_after="0/10").status == 200
    assert ledger.after == [after]


def approve(ledger, defect):
    path = "/payments/p-1/approve"
    return ask(Api(ledger, "", defect), "POST", path, idempotency_key="k", authorization="Bearer t")


@pytest.mark.parametrize("defect", ["", STALE_READS])
def test_a_payer_may_not_approve(defect):
    """The role is asked for before the ledger is."""
    ledger = Ledger()
    with pytest.raises(Refused, match="This needs the role approver"):
        approve(ledger, defect)
    assert ledger.decided == []


def test_only_approve_unchecked_lets_a_payer_approve():
    """The one defect."""
    ledger = Ledger()
    assert approve(ledger, APPROVE_UNCHECKED).status == 200
    assert ledger.decided == [("p-1", "u-1", "approved")]
