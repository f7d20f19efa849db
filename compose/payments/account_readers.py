"""The part of the load in which people look at their accounts: what they paid, and their statements.

Each looks for a payment that was acknowledged before, shows the position that he knows, and must find it: the list and
the statement that lack it are wrong answers, so ReadYourWrites judges them as it judges the reads of one payment.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from four_eyes import FOLLOWING, FourEyes

from harness.load.child import Answer, Call, Seen, WrongAnswer, operation

__all__ = ["AccountReaders"]

# The most that one page may have: more than one account is paid from within a minute.
_LIMIT = 200


class AccountReaders(FourEyes):
    """Queries and statements of the maker's own accounts. No kind arrives unless a mix asks."""

    abstract = True

    @operation(weight=0, write=False)
    def list_payments(self, key: str) -> Call:  # noqa: ARG002  # a read sends no key
        """The owner lists what he paid, by time and by the statuses that one of his payments may have by now."""
        payment = self._one_followed()
        statuses = FOLLOWING[self._statuses[payment["payment_id"]]]

        def verify(answer: Answer) -> Seen | None:
            page = answer.json()
            for item in page["items"]:
                if (
                    payment["debtor"] not in (item["debtor"], item["creditor"])
                    or item["status"] not in statuses
                ):
                    raise WrongAnswer(f"it lists {item}, asked for {statuses} of {payment['debtor']}")
            item = _of(payment, page)
            return item and self._seen(answer, item, payment)

        return self._look("maker", payment, "payments", verify, status=",".join(statuses))

    @operation(weight=0, write=False)
    def read_statement(self, key: str) -> Call:  # noqa: ARG002  # a read sends no key
        """The auditor reads a statement of the minutes since a payment, which must add up and have that payment."""
        payment = self._one_followed()

        def verify(answer: Answer) -> str | None:
            page = answer.json()
            _adds_up(page)
            entry = _of(payment, page)
            if entry and entry["amount"] != -payment["amount"]:
                raise WrongAnswer(f"the entry has {entry['amount']}, not {-payment['amount']}")
            return entry and str(entry["payment_id"])

        return self._look("auditor", payment, "statement", verify)

    def _look(self, who: str, payment: dict[str, Any], what: str, verify: Any, **query: str) -> Call:
        payment_id = payment["payment_id"]
        asked = urlencode({"from": self._since[payment_id], "limit": _LIMIT, **query})
        return Call(
            "GET",
            f"/accounts/{payment['debtor']}/{what}?{asked}",
            headers=self._as(who),
            verify=verify,
            after=self._positions.get(payment_id),
            reads=payment_id,
        )


def _of(payment: dict[str, Any], page: dict[str, Any]) -> dict[str, Any] | None:
    """The payment's first line in the page; None when it may be on a later one."""
    for item in page["items"]:
        if item["payment_id"] == payment["payment_id"]:
            return item  # type: ignore[no-any-return]  # any JSON
    if page["next_cursor"] is None:
        raise WrongAnswer(f"payment {payment['payment_id']} is not there")
    return None


def _adds_up(page: dict[str, Any]) -> None:
    balance = page["opening_balance"]
    for entry in page["items"]:
        balance += entry["amount"]
        if entry["balance"] != balance:
            raise WrongAnswer(f"after {entry['payment_id']} the balance is {entry['balance']}, not {balance}")
    if page["next_cursor"] is None and balance != page["closing_balance"]:
        raise WrongAnswer(f"it closes with {page['closing_balance']}, and its entries lead to {balance}")
