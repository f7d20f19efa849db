"""The watch of the books, with a ledger that answers by a list."""

import asyncio

import pytest
from payments.problems import NoEffect
from settlement.books import Books, BooksWatch

GOOD = Books({"settled": 3, "approved": 1}, 0, 0)
BAD = Books({"settled": 3, "approved": 1}, 1, 2)


class Ledger:
    """Gives or raises the next of its answers."""

    def __init__(self, *answers, takes_s=0.0):
        self.answers = list(answers)
        self.takes_s = takes_s

    async def books(self):
        await asyncio.sleep(self.takes_s)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


def figures(watch):
    lines = [line.rpartition(" ") for line in watch.figures() if not line.startswith("#")]
    return {name: float(value) for name, _, value in lines}


def looked(*answers):
    watch = BooksWatch(Ledger(*answers))
    for _ in answers:
        asyncio.run(watch.look())
    return figures(watch)


def test_before_the_first_look_nothing_is_said():
    """A made-up 0 would say that the books balance."""
    assert looked() == {}
    assert looked(NoEffect("no ledger")) == {}


def test_what_was_seen_is_said():
    """Payments by state, and what does not balance."""
    seen = looked(GOOD, BAD)
    assert seen.pop("ledger_books_age_seconds") < 1
    assert seen == {
        'ledger_payments{status="settled"}': 3,
        'ledger_payments{status="approved"}': 1,
        'ledger_unbalanced{what="payments"}': 1,
        'ledger_unbalanced{what="accounts"}': 2,
    }


@pytest.mark.parametrize("trouble", [NoEffect("no ledger"), RuntimeError("unforeseen")])
def test_a_look_that_fails_leaves_the_last_one_to_age(trouble, monkeypatch):
    """The age is what tells that nobody looks any more."""
    watch = BooksWatch(Ledger(GOOD, trouble))
    now = 100.0
    monkeypatch.setattr("settlement.books.time.monotonic", lambda: now)
    asyncio.run(watch.look())
    now = 170.0
    asyncio.run(watch.look())
    assert figures(watch)["ledger_books_age_seconds"] == 70
    assert figures(watch)['ledger_unbalanced{what="payments"}'] == 0


def test_a_long_look_is_followed_by_a_long_pause():
    """A ledger that has grown is looked at less often."""
    assert asyncio.run(BooksWatch(Ledger(GOOD)).look()) == 5
    assert asyncio.run(BooksWatch(Ledger(GOOD, takes_s=0.3)).look()) >= 6


def test_the_watch_looks_by_itself_until_it_is_ended():
    """It begins at once."""

    async def main():
        watch = BooksWatch(Ledger(GOOD))
        watch.begin()
        await asyncio.sleep(0.05)
        await watch.end()
        return figures(watch)

    assert asyncio.run(main())['ledger_payments{status="settled"}'] == 3
