"""What the workers ask the ledger to know whether the books balance, on real books with a planted defect."""

from __future__ import annotations

import json

import pytest

pytestmark = pytest.mark.stack


@pytest.fixture
def seen(payments_stack, payer):
    """Plants a change by going around the guards, asks as the workers do, and takes all of it back."""
    assert payer.pay("figures", 7).status_code == 201
    asked = "from settlement.outbox import _BOOKS; print(_BOOKS)"
    statement = payments_stack.run("payments-1", "python3", "-c", asked)
    primary = payments_stack.primary()

    def plant(change):
        around = f"BEGIN; SET LOCAL session_replication_role = replica; {change}; {statement}; ROLLBACK"
        (row,) = [line for line in payments_stack.sql(primary, around).splitlines() if "|" in line]
        states, payments, accounts = row.split("|")
        return json.loads(states), int(payments), int(accounts)

    return plant


def test_sound_books_balance(seen, payments_stack):
    """Every payment is counted in its state, and nothing is out of balance."""
    states, payments, accounts = seen("SELECT 1 WHERE false")
    there = payments_stack.sql(payments_stack.primary(), "SELECT count(*) FROM books.payments")
    assert (sum(states.values()), payments, accounts) == (int(there), 0, 0)
    assert states["booked"] >= 1


@pytest.mark.parametrize(
    ("change", "payments", "accounts"),
    [
        ("UPDATE books.accounts SET balance = balance + 1 WHERE account_id = '{one}'", 0, 1),
        ("UPDATE books.entries SET amount = amount + 1 WHERE account_id = '{one}'", 1, 1),
        ("DELETE FROM books.entries WHERE account_id = '{one}'", 1, 1),
    ],
)
def test_what_does_not_balance_is_counted(seen, payer, change, payments, accounts):
    """A balance that was touched, an entry that was changed, and one that is gone."""
    assert seen(change.format(one=payer.one))[1:] == (payments, accounts)
