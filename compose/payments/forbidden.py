"""The part of the load in which some try what they must not. Each attempt must be refused, whatever is broken."""

from __future__ import annotations

import time

from four_eyes import FourEyes

from harness.load.child import Call, operation

__all__ = ["Forbidden"]

_EXPIRES_AFTER_S = 1


class Forbidden(FourEyes):
    """What must be refused at all times. No kind arrives unless a mix asks."""

    abstract = True

    def set_up_forbidden(self) -> None:
        """Let a session expire, when somebody will show its token."""
        if "forbidden_expired_token" in self.kinds:
            call = self._let_in("maker", name="expired", lifetime_s=_EXPIRES_AFTER_S)
            self.prepare("log_in", {self.key("expired-in"): call})
            # It began before its answer came, so by then it is over.
            time.sleep(_EXPIRES_AFTER_S)

    @operation(weight=0, write=True, forbidden=True)
    def forbidden_no_token(self, key: str) -> Call:
        """A payment by nobody."""
        return Call("POST", "/payments", {**self._terms(), "flow": "four-eyes"}, {"Idempotency-Key": key})

    @operation(weight=0, write=True, forbidden=True)
    def forbidden_expired_token(self, key: str) -> Call:
        """A payment by somebody whose session is over."""
        body = {**self._terms(), "flow": "four-eyes"}
        return Call("POST", "/payments", body, self._as("expired", key))

    @operation(weight=0, write=True, forbidden=True)
    def forbidden_self_approval(self, key: str) -> Call:
        """Who created a payment approves it."""
        return Call("POST", self._target("approve"), headers=self._as("maker", key))

    @operation(weight=0, write=True, forbidden=True)
    def forbidden_payer_approval(self, key: str) -> Call:
        """Somebody approves who is no approver."""
        return Call("POST", self._target("approve"), headers=self._as("bystander", key))

    @operation(weight=0, write=True, forbidden=True)
    def forbidden_other_body(self, key: str) -> Call:  # noqa: ARG002  # it sends another's
        """A key that was used is sent with another body."""
        payment = self.random.choice(self._followed)
        body = {name: payment[name] for name in ("debtor", "creditor", "currency")}
        body |= {"amount": payment["amount"] + 1, "flow": "four-eyes"}
        return Call("POST", "/payments", body, self._as("maker", payment["key"]))

    @operation(weight=0, write=True, forbidden=True)
    def forbidden_others_account(self, key: str) -> Call:
        """Somebody pays from another's account."""
        body = {**self._terms(), "flow": "four-eyes"}
        return Call("POST", "/payments", body, self._as("bystander", key))

    @operation(weight=0, write=False, forbidden=True)
    def forbidden_others_statement(self, key: str) -> Call:  # noqa: ARG002  # a read sends no key
        """Somebody reads the statement of another's account."""
        account = self.random.choice(self._owned)
        return Call("GET", f"/accounts/{account}/statement", headers=self._as("bystander"))

    def _target(self, action: str) -> str:
        return f"/payments/{self.random.choice(self._followed)['payment_id']}/{action}"
