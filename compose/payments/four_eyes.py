"""The part of the load in which two people make a payment."""

from __future__ import annotations

import os
import secrets
from collections import deque
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

from harness.load.child import Answer, Call, OpenUser, Seen, WrongAnswer, operation

__all__ = ["CURRENCY", "FourEyes"]

AMOUNT_MAX = 100_00
CURRENCY = "EUR"
REMEMBERED = 2000
# The maker's own accounts, which nobody else pays from.
OWNED = 40
# What there is to approve and read before the first arrival.
STOCK = 20
# A payment was created no longer than this before it was acknowledged, whatever broke meanwhile.
CREATED_WITHIN = timedelta(minutes=1)
# The maker has both roles: what keeps him from his own payments is the rule, not a missing role.
_PEOPLE = {
    "maker": ["payer", "approver"],
    "checker": ["approver"],
    "bystander": ["payer"],
    "auditor": ["auditor"],
}
# Who may see a payment: its creator, who owns the account that pays, an approver, and an auditor.
READERS = ("maker", "checker", "auditor")
# Statuses that may follow one; what was seen once is never behind it.
FOLLOWING = {
    "created": ("created", "approved", "rejected", "settled", "failed"),
    "approved": ("approved", "settled", "failed"),
    **{end: (end,) for end in ("rejected", "settled", "failed")},
}


class FourEyes(OpenUser):
    """Creates payments, lets another person decide on them, and follows them. No kind arrives unless a mix asks."""

    abstract = True
    needs_people: ClassVar[frozenset[str]] = frozenset(
        {"create_four_eyes", "approve", "reject", "read_status", "list_payments", "read_statement"}
    )
    """The kinds for which there must be people and a stock."""

    def set_up_four_eyes(self, accounts: Sequence[str]) -> None:
        """Register the people, log each in once, and create a stock; nothing when no such kind arrives."""
        if not self.kinds & self.needs_people:
            return
        self._parties = list(accounts)
        self._passes: dict[str, str] = {}
        self._positions: dict[str, str] = {}
        self._statuses: dict[str, str] = {}
        self._since: dict[str, str] = {}
        self._to_decide: deque[dict[str, Any]] = deque()
        self._followed: deque[dict[str, Any]] = deque(maxlen=REMEMBERED)
        self._decided: tuple[str, str, str] | None = None
        # Only this process knows it, and only for this run.
        self._password = secrets.token_urlsafe(24)
        self.prepare("register", {self.key(f"{who}-new"): self._employ(who) for who in _PEOPLE})
        self.prepare("log_in", {self.key(f"{who}-in"): self._let_in(who) for who in _PEOPLE})
        self._owned = [self.key(f"own-{number}") for number in range(OWNED)]
        self.prepare(
            "open_account", {f"{name}-open": self._open_owned(name, "maker") for name in self._owned}
        )
        stock = [self.key(f"stock-{number}") for number in range(STOCK)]
        self.prepare("create_four_eyes", {key: self.create_four_eyes(key) for key in stock})

    @operation(weight=0, write=True)
    def create_four_eyes(self, key: str) -> Call:
        """A payment that waits for another person's approval."""
        terms = self._terms()

        def verify(answer: Answer) -> Seen:
            payment = {**terms, "key": key, "payment_id": str(answer.json()["payment_id"])}
            self._since[payment["payment_id"]] = f"{datetime.now(UTC) - CREATED_WITHIN:%Y-%m-%dT%H:%M:%SZ}"
            self._to_decide.append(payment)
            self._followed.append(payment)
            return self._seen(answer, answer.json(), payment)

        body = {**terms, "flow": "four-eyes"}
        return Call("POST", "/payments", body, self._as("maker", key), request=terms, verify=verify)

    @operation(weight=0, write=True)
    def approve(self, key: str) -> Call:
        """The other person approves the oldest payment that waits."""
        return self._decide(key, "approve")

    @operation(weight=0, write=True)
    def reject(self, key: str) -> Call:
        """The other person rejects it."""
        return self._decide(key, "reject")

    @operation(weight=0, write=False)
    def read_status(self, key: str) -> Call:  # noqa: ARG002  # a read sends no key
        """Somebody who may looks where a payment is by now; never behind what was seen of it."""
        payment = self._one_followed()
        payment_id = payment["payment_id"]
        return Call(
            "GET",
            f"/payments/{payment_id}",
            headers=self._as(self.random.choice(READERS)),
            verify=lambda answer: self._seen(answer, answer.json(), payment),
            after=self._positions.get(payment_id),
            reads=payment_id,
        )

    def _one_followed(self) -> dict[str, Any]:
        return self._followed[int(self.random.random() * len(self._followed))]

    def _employ(self, who: str) -> Call:
        body = {"login": self._name_of(who), "password": self._password, "roles": _PEOPLE[who]}
        headers = {
            "Authorization": f"Bearer {os.environ['USERS_ADMIN_TOKEN']}",
            "Idempotency-Key": self.key(f"{who}-new"),
        }
        return Call("POST", "/users", body, headers)

    def _let_in(self, who: str) -> Call:
        def verify(answer: Answer) -> None:
            self._passes[who] = str(answer.json()["token"])

        body = {"login": self._name_of(who), "password": self._password}
        return Call("POST", "/sessions", body, verify=verify)

    def _open_owned(self, name: str, owner: str) -> Call:
        # He may owe: the load is not about funds.
        body = {"account_id": name, "currency": CURRENCY, "may_be_negative": True, "owned": True}
        return Call("POST", "/accounts", body, self._as(owner))

    def _name_of(self, who: str) -> str:
        return self.key(who).lower()

    def _as(self, who: str, key: str | None = None) -> dict[str, str]:
        shown = {"Authorization": f"Bearer {self._passes[who]}"}
        return shown if key is None else {"Idempotency-Key": key, **shown}

    def _terms(self) -> dict[str, Any]:
        debtor, creditor = self.random.choice(self._owned), self.random.choice(self._parties)
        amount = self.random.randint(1, AMOUNT_MAX)
        return {"debtor": debtor, "creditor": creditor, "amount": amount, "currency": CURRENCY}

    def _decide(self, key: str, action: str) -> Call:
        if not self._to_decide:
            return self._decide_again()
        payment = self._to_decide.popleft()
        self._decided = (payment["payment_id"], action, key)
        path = f"/payments/{payment['payment_id']}/{action}"
        return Call(
            "POST",
            path,
            headers=self._as("checker", key),
            verify=lambda answer: self._seen(answer, answer.json(), payment),
        )

    def _decide_again(self) -> Call:
        """Nothing waits: the last decision once more, with its own key, is answered as it was."""
        if self._decided is None:
            raise WrongAnswer("nothing was ever there to decide on")
        payment_id, action, key = self._decided
        return Call("POST", f"/payments/{payment_id}/{action}", headers=self._as("checker", key))

    def _seen(self, answer: Answer, shown: Mapping[str, Any], payment: Mapping[str, Any]) -> Seen:
        """What an answer shows of a payment, which must be that payment; remembered for whoever looks next."""
        for name, value in payment.items():
            if shown.get(name) != value:
                raise WrongAnswer(f"{name} is {shown.get(name)!r}, not {value!r}")
        payment_id, status = payment["payment_id"], str(shown["status"])
        position = answer.headers.get("x-ledger-position")
        known = self._positions.get(payment_id)
        if position and (known is None or _number(position) > _number(known)):
            self._positions[payment_id] = position
        if status in FOLLOWING.get(self._statuses.get(payment_id, "created"), ()):
            self._statuses[payment_id] = status
        return Seen(payment_id, status)


def _number(position: str) -> int:
    """A position of the log, such as 0/16B3748, as a number."""
    high, _, low = position.partition("/")
    return (int(high, 16) << 32) + int(low, 16)
