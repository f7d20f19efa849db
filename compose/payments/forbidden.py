"""The part of the load that tries what it must not. Each kind is refused at all times, or the stack fails open.

Of each, all is right but one thing, so that only one rule stands between it and its success: a payment that is approved
still waits for a decision, and an account that is another's has no limit.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, ClassVar

import gevent
from four_eyes import FourEyes

from harness.clock import now
from harness.load.child import Answer, Call, operation

__all__ = ["Forbidden"]

# Payments that wait for ever: nobody who may decides on them. A stack that fails open loses one to each attempt.
BAIT = 40
LIFETIME_S = 1
# More than any clock that is corrected meanwhile goes back.
MARGIN_S = 0.5
_KINDS = frozenset(
    {
        "forbidden_no_token",
        "forbidden_expired_token",
        "forbidden_anothers_account",
        "forbidden_anothers_payment",
        "forbidden_anothers_statement",
        "forbidden_list",
        "forbidden_self_approval",
        "forbidden_payer_approval",
        "forbidden_other_body",
    }
)


class Forbidden(FourEyes):
    """What the stack must refuse. No kind arrives unless a mix asks."""

    abstract = True
    needs_people: ClassVar[frozenset[str]] = FourEyes.needs_people | _KINDS

    def set_up_forbidden(self) -> None:
        """Make what there is to misuse; nothing when no such kind arrives. Follows ``set_up_four_eyes``."""
        if not self.kinds & _KINDS:
            return
        self._bait: list[str] = []
        self._anothers = self.key("bystanders-own")
        self._let_expire()
        self.prepare(
            "open_account", {f"{self._anothers}-open": self._open_owned(self._anothers, "bystander")}
        )
        keys = [self.key(f"bait-{number}") for number in range(BAIT)]
        self.prepare("create_four_eyes", {key: self._lay(key) for key in keys})
        gevent.sleep(max(0.0, self._expired_at + MARGIN_S - now()))

    @operation(weight=0, write=True, forbidden=True)
    def forbidden_no_token(self, key: str) -> Call:
        """A payment by nobody."""
        return self._create({"Idempotency-Key": key})

    @operation(weight=0, write=True, forbidden=True)
    def forbidden_expired_token(self, key: str) -> Call:
        """A payment by the maker, with a token whose time is over."""
        return self._create({"Idempotency-Key": key, "Authorization": f"Bearer {self._expired}"})

    @operation(weight=0, write=True, forbidden=True)
    def forbidden_anothers_account(self, key: str) -> Call:
        """The maker pays from an account that is another's."""
        return self._create(self._as("maker", key), debtor=self._anothers)

    @operation(weight=0, write=False, forbidden=True)
    def forbidden_anothers_payment(self, key: str) -> Call:  # noqa: ARG002  # a read sends no key
        """Somebody reads a payment, whose id he knows, between others."""
        payment_id = self._one_followed()["payment_id"]
        return Call("GET", f"/payments/{payment_id}", headers=self._as("bystander"))

    @operation(weight=0, write=False, forbidden=True)
    def forbidden_anothers_statement(self, key: str) -> Call:  # noqa: ARG002  # a read sends no key
        """The maker reads the statement of an account that is another's."""
        return Call("GET", f"/accounts/{self._anothers}/statement", headers=self._as("maker"))

    @operation(weight=0, write=False, forbidden=True)
    def forbidden_list(self, key: str) -> Call:  # noqa: ARG002  # the same
        """The auditor, who may see each of them, lists everybody's payments or accounts as the observer does."""
        what = self.random.choice(("payments?key_prefix", "accounts?prefix"))
        return Call("GET", f"/{what}={self.key('')}&limit=1", headers=self._as("auditor"))

    @operation(weight=0, write=True, forbidden=True)
    def forbidden_self_approval(self, key: str) -> Call:
        """Who created a payment approves it."""
        return Call("POST", self._approval(), headers=self._as("maker", key))

    @operation(weight=0, write=True, forbidden=True)
    def forbidden_payer_approval(self, key: str) -> Call:
        """Somebody approves who is no approver."""
        return Call("POST", self._approval(), headers=self._as("bystander", key))

    @operation(weight=0, write=True, forbidden=True)
    def forbidden_other_body(self, key: str) -> Call:  # noqa: ARG002  # it sends another's
        """A key that was used is sent with another body."""
        payment = self.random.choice(self._followed)
        body = {name: payment[name] for name in ("debtor", "creditor", "currency")}
        body |= {"amount": payment["amount"] + 1, "flow": "four-eyes"}
        return Call("POST", "/payments", body, self._as("maker", payment["key"]))

    def _create(self, headers: dict[str, str], **other_terms: Any) -> Call:
        return Call("POST", "/payments", {**self._terms(), **other_terms, "flow": "four-eyes"}, headers)

    def _approval(self) -> str:
        return f"/payments/{self.random.choice(self._bait)}/approve"

    def _lay(self, key: str) -> Call:
        terms = self._terms()

        def verify(answer: Answer) -> str:
            payment_id = str(answer.json()["payment_id"])
            self._bait.append(payment_id)
            return payment_id

        body = {**terms, "flow": "four-eyes"}
        return Call("POST", "/payments", body, self._as("maker", key), request=terms, verify=verify)

    def _let_expire(self) -> None:
        """Log the maker in once more, for a second."""
        call = self._let_in("maker")

        def verify(answer: Answer) -> None:
            self._expired = str(answer.json()["token"])
            # The session began before its answer came, so it is over by then.
            self._expired_at = now() + LIFETIME_S

        body = {**(call.body or {}), "lifetime_s": LIFETIME_S}
        self.prepare("log_in", {self.key("maker-in-for-a-second"): replace(call, body=body, verify=verify)})
