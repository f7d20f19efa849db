"""The users of the payment system: they pay each other and look at what they paid."""

from __future__ import annotations

from collections import deque
from typing import Any

from account_readers import AccountReaders
from forbidden import Forbidden
from people import People

from harness.clock import now
from harness.load.child import Answer, Call, WrongAnswer, operation

ACCOUNTS = 200
# Payments of one debtor wait for each other, so several accounts fund the others.
WORLDS = 16
FUNDS = 1_000_000_00
AMOUNT_MAX = 100_00
CURRENCY = "EUR"
# A payment is read back when a replica has had this long to replay it.
READABLE_AFTER_S = 1.0
REMEMBERED = 2000


class PaymentsUser(People, Forbidden, AccountReaders):
    """Creates payments between the run's own accounts, and reads payments and accounts."""

    def set_up(self) -> None:
        """Open the run's accounts, and fund them by payments like any other."""
        self._fresh: deque[tuple[float, dict[str, Any]]] = deque()
        self._readable: deque[dict[str, Any]] = deque(maxlen=REMEMBERED)
        self._accounts = [self.key(f"acct-{number}") for number in range(ACCOUNTS)]
        worlds = [self.key(f"world-{number}") for number in range(WORLDS)]
        opened = {f"{name}-open": self._open(name, may_be_negative=True) for name in worlds}
        opened |= {f"{name}-open": self._open(name) for name in self._accounts}
        self.prepare("open_account", opened)
        keys = [self.key(f"fund-{number}") for number in range(ACCOUNTS)]
        funding = {
            key: self._pay(key, worlds[number % WORLDS], name, FUNDS)
            for number, (key, name) in enumerate(zip(keys, self._accounts, strict=True))
        }
        self.prepare("create_payment", funding)
        self.set_up_people()
        self.set_up_four_eyes(self._accounts)
        self.set_up_forbidden()

    @operation(weight=6, write=True)
    def create_payment(self, key: str) -> Call:
        """A random amount from one account to another."""
        debtor, creditor = self.random.sample(self._accounts, 2)
        return self._pay(key, debtor, creditor, self.random.randint(1, AMOUNT_MAX))

    @operation(weight=2, write=False)
    def read_payment(self, key: str) -> Call:  # noqa: ARG002  # a read sends no key
        """A payment that was acknowledged a moment ago, which must read as it was acknowledged."""
        self._let_age()
        # In the first second of a load that was set up within one, only the oldest is near enough to old.
        old = self._readable or [self._fresh[0][1]]
        payment = old[int(self.random.random() * len(old))]
        return Call("GET", f"/payments/{payment['payment_id']}", verify=lambda answer: _same(answer, payment))

    @operation(weight=2, write=False)
    def read_account(self, key: str) -> Call:  # noqa: ARG002  # the same
        """An account, which must be itself."""
        account = self.random.choice(self._accounts)
        wanted = {"account_id": account, "currency": CURRENCY}
        return Call("GET", f"/accounts/{account}", verify=lambda answer: _same(answer, wanted))

    def _let_age(self) -> None:
        """Move the acknowledged payments that are old enough by now to those that are read."""
        old_enough = now() - READABLE_AFTER_S
        while self._fresh and self._fresh[0][0] <= old_enough:
            self._readable.append(self._fresh.popleft()[1])

    def _open(self, name: str, *, may_be_negative: bool = False) -> Call:
        body = {"account_id": name, "currency": CURRENCY, "may_be_negative": may_be_negative}
        return Call("POST", "/accounts", body, verify=lambda answer: _same(answer, body))

    def _pay(self, key: str, debtor: str, creditor: str, amount: int) -> Call:
        body = {"debtor": debtor, "creditor": creditor, "amount": amount, "currency": CURRENCY}

        def verify(answer: Answer) -> str:
            _same(answer, body)
            payment_id = str(answer.json()["payment_id"])
            self._fresh.append((now(), {**body, "payment_id": payment_id}))
            return payment_id

        return Call("POST", "/payments", body, {"Idempotency-Key": key}, request=body, verify=verify)


def _same(answer: Answer, wanted: dict[str, Any]) -> None:
    got = answer.json()
    for name, value in wanted.items():
        if got.get(name) != value:
            raise WrongAnswer(f"{name} is {got.get(name)!r}, not {value!r}")
