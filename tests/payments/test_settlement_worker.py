"""The worker, with an outbox and a bank that remember what they were asked."""

import asyncio
import json
import logging
import time

import pytest
from payments.logs import JsonLines
from payments.problems import NoEffect
from payments.settings import Address
from payments.settings import Settings as LedgerSettings
from settlement.judging import Answer, Item
from settlement.settings import Settings
from settlement.worker import Worker

LEDGER = LedgerSettings(write=Address("w", 1), read=Address("r", 1), password="x")


class Outbox:
    """Holds items; what is finished or parked is gone, what is postponed comes back at once."""

    def __init__(self, *items, finish_fails=0):
        self.items = {item.payment_id: item for item in items}
        self.lent = set()
        self.finished = []
        self.postponed = []
        self.took_most = 0
        self.finish_fails = finish_fails

    async def take(self, most):
        free = [item for name, item in self.items.items() if name not in self.lent][:most]
        self.lent |= {item.payment_id for item in free}
        self.took_most = max(self.took_most, len(self.lent))
        return free

    async def finish(self, item, status):
        if self.finish_fails:
            self.finish_fails -= 1
            self.lent.discard(item.payment_id)  # its lease ends
            raise NoEffect("no primary")
        self.finished.append((item.payment_id, status))
        self.items.pop(item.payment_id, None)
        self.lent.discard(item.payment_id)
        return status

    async def postpone(self, item, again):
        self.postponed.append((item.payment_id, again))
        self.lent.discard(item.payment_id)
        if again.park:
            del self.items[item.payment_id]
        else:
            strikes = item.strikes + again.strike
            self.items[item.payment_id] = Item(
                **item.body, attempts=item.attempts + 1, strikes=strikes, key=item.key
            )

    async def backlog(self):
        raise NoEffect("not now")


class Bank:
    """Answers by a list for each payment, the last one for ever."""

    def __init__(self, answers, takes_s=0.0):
        self.answers = answers
        self.takes_s = takes_s
        self.calls = []

    def settle(self, item):
        time.sleep(self.takes_s)
        self.calls.append(item.payment_id)
        return self.answers(item, self.calls.count(item.payment_id))


def accepted(item, _):
    return Answer(201, {**item.body, "status": "accepted"})


def item(number=1):
    return Item(f"p-{number}", 100, "EUR", "acct-2")


def run(outbox, bank, *, until=lambda outbox: not outbox.items, lanes=4, settles_first=False):
    async def main():
        settings = Settings(
            worker="settlement-1",
            ledger=LEDGER,
            acquirer=Address("a", 1),
            lanes=lanes,
            poll_s=0.005,
            settles_first=settles_first,
        )
        worker = Worker(settings, outbox, bank)
        worker.begin()
        async with asyncio.timeout(5):
            while not until(outbox):  # noqa: ASYNC110  # the fakes tell nobody
                await asyncio.sleep(0.005)
        await worker.end()
        return worker

    return asyncio.run(main())


def test_every_item_is_asked_once_and_posted_once():
    """Nothing is left, nothing is done twice, and never more is under way than there are lanes."""
    outbox = Outbox(*map(item, range(20)))
    bank = Bank(accepted, takes_s=0.002)
    worker = run(outbox, bank)
    assert sorted(bank.calls) == sorted(f"p-{n}" for n in range(20))
    assert sorted(outbox.finished) == sorted((f"p-{n}", "settled") for n in range(20))
    assert outbox.took_most <= 4
    assert worker.counts == {"settled": 20}
    assert worker.ready


def test_without_an_answer_the_same_payment_is_asked_again_until_there_is_one():
    """The money stays where it is meanwhile."""
    outbox = Outbox(item())
    bank = Bank(lambda it, n: Answer(None, error="timed out") if n < 8 else accepted(it, n))
    worker = run(outbox, bank)
    assert outbox.finished == [("p-1", "settled")]
    assert worker.counts == {"again": 7, "settled": 1}
    assert [again.park for _, again in outbox.postponed] == [False] * 7


def test_a_poison_item_is_parked_and_the_others_go_on():
    """Five answers that are none, and it is out of the way."""
    outbox = Outbox(item(1), item(2))
    bank = Bank(lambda it, n: Answer(422) if it.payment_id == "p-1" else accepted(it, n))
    worker = run(outbox, bank)
    assert outbox.finished == [("p-2", "settled")]
    assert worker.counts == {"again": 4, "parked": 1, "settled": 1}


def test_what_the_ledger_did_not_take_is_asked_and_posted_again():
    """The acquirer hears the same key twice; the books get one settlement."""
    outbox = Outbox(item(), finish_fails=2)
    bank = Bank(accepted)
    worker = run(outbox, bank)
    assert outbox.finished == [("p-1", "settled")]
    assert bank.calls == ["p-1"] * 3
    assert worker.counts == {"unposted": 2, "settled": 1}


def test_a_refusal_is_posted_as_failed():
    """The acquirer's saved word."""
    outbox = Outbox(item())
    run(outbox, Bank(lambda it, _: Answer(402, {**it.body, "status": "refused"})))
    assert outbox.finished == [("p-1", "failed")]


@pytest.mark.parametrize("settles_first", [False, True])
def test_only_the_planted_defect_posts_what_the_acquirer_never_heard_of(settles_first):
    """The variant settle-before-commit: settled in the books, while the acquirer does not answer."""
    outbox = Outbox(item())
    bank = Bank(lambda *_: Answer(None, error="refused"))
    run(outbox, bank, until=lambda _: bank.calls, settles_first=settles_first)
    assert bool(outbox.finished) is settles_first


def test_the_log_names_the_payment_and_its_creators_key(caplog):
    """One JSON line for what is tried again, and one when it is parked; nothing for what goes well."""
    outbox = Outbox(Item("p-1", 100, "EUR", "acct-2", key="run-7"), item(2))
    bank = Bank(lambda it, n: Answer(422) if it.payment_id == "p-1" else accepted(it, n))
    with caplog.at_level(logging.INFO, "settlement"):
        run(outbox, bank)
    lines = [json.loads(JsonLines("settlement", "settlement-1").format(record)) for record in caplog.records]
    about = {"payment_id": "p-1", "service": "settlement", "node": "settlement-1"}
    assert all(about.items() <= line.items() and line["error"] for line in lines)
    assert [(line["level"], line["message"], line["attempts"]) for line in lines] == [
        ("warning", "tried again", 1),
        ("error", "parked", 5),
    ]
    assert lines[0]["key"] == "run-7"
    assert lines[0]["at"].endswith("+00:00")


def test_an_error_that_nobody_foresaw_is_one_line_with_its_trace(caplog):
    """A trace over many lines could not be counted, nor found by its payment."""

    def broken(_item, n):
        raise ZeroDivisionError(f"call {n}")

    outbox = Outbox(item())
    with caplog.at_level(logging.INFO, "settlement"):
        run(outbox, Bank(broken), until=lambda _: caplog.records)
    line = json.loads(JsonLines("settlement", "settlement-1").format(caplog.records[0]))
    assert (line["level"], line["payment_id"]) == ("error", "p-1")
    assert "ZeroDivisionError: call 1" in line["trace"]
