"""What a client may ask for, checked before the ledger hears of it."""

from __future__ import annotations

import re
import uuid
from dataclasses import dataclass
from typing import Any

from .bodies import fields as _fields
from .bodies import wrong as _wrong
from .currencies import CURRENCIES
from .problems import Refused

__all__ = [
    "AMOUNT_MAX",
    "POSITION",
    "AccountOrder",
    "PaymentOrder",
    "idempotency_key",
    "later",
    "read_after",
]

AMOUNT_MAX = 10**15
"""Minor units in one payment: far from the end of a 64-bit balance, even after a thousand of them."""

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,127}")
_KEY = re.compile(r"[\x21-\x7e]{1,255}")
POSITION = re.compile(r"[0-9A-Fa-f]{1,8}/[0-9A-Fa-f]{1,8}")
"""A position of the database's log."""


@dataclass(frozen=True, slots=True)
class AccountOrder:
    """An account to be opened."""

    account_id: str
    currency: str
    may_be_negative: bool
    owned: bool = False

    @classmethod
    def parse(cls, body: bytes) -> AccountOrder:
        """Read ``{"account_id"?, "currency", "may_be_negative"?, "owned"?}``; without an id it gets a new one.

        ``owned`` makes it the account of the user who opens it, who alone may pay from it.

        Raises:
            Refused: 400 when it is not JSON, 422 when a field is wrong.
        """
        fields = _fields(body, {"account_id", "currency", "may_be_negative", "owned"})
        may_be_negative, owned = (_flag(fields, name) for name in ("may_be_negative", "owned"))
        name = fields.get("account_id", str(uuid.uuid4()))
        return cls(_name("account_id", name), _currency(fields), may_be_negative, owned)


@dataclass(frozen=True, slots=True)
class PaymentOrder:
    """A payment to be made: ``amount`` minor units of ``currency`` from debtor to creditor.

    ``four_eyes``: it is only created, for another person to approve; else it is booked at once.
    """

    debtor: str
    creditor: str
    amount: int
    currency: str
    four_eyes: bool = False

    @classmethod
    def parse(cls, body: bytes) -> PaymentOrder:
        """Read ``{"debtor", "creditor", "amount", "currency", "flow"?}``; flow is ``direct`` or ``four-eyes``.

        Raises:
            Refused: 400 when it is not JSON, 422 when a field is wrong.
        """
        fields = _fields(body, {"debtor", "creditor", "amount", "currency", "flow"})
        debtor, creditor = (_name(side, fields.get(side)) for side in ("debtor", "creditor"))
        if debtor == creditor:
            raise _wrong("creditor", "another account than the debtor", creditor)
        amount = fields.get("amount")
        # bool is an int in Python, and 10.0 is no integer of minor units.
        if type(amount) is not int or not 0 < amount <= AMOUNT_MAX:
            raise _wrong("amount", f"an integer of minor units from 1 to {AMOUNT_MAX}", amount)
        flow = fields.get("flow", "direct")
        if flow not in ("direct", "four-eyes"):
            raise _wrong("flow", "direct or four-eyes", flow)
        return cls(debtor, creditor, amount, _currency(fields), flow == "four-eyes")


def idempotency_key(value: str | None) -> str:
    """The key of a payment, from its header.

    Raises:
        Refused: 400 when it is missing or not 1 to 255 printable characters without a space.
    """
    if value is None:
        raise Refused(400, "key-missing", "A payment needs a key", "Send the header Idempotency-Key.")
    if not _KEY.fullmatch(value):
        detail = "Idempotency-Key is 1 to 255 printable ASCII characters without a space."
        raise Refused(400, "key-malformed", "The key cannot be used", detail)
    return value


def read_after(value: str | None) -> str | None:
    """The position of the log that a read must not be behind, from its header; None: any.

    Raises:
        Refused: 400 when it is no position.
    """
    if value is not None and not POSITION.fullmatch(value):
        detail = "X-Read-After is a position such as 0/16B3748, from an answer's X-Ledger-Position."
        raise Refused(400, "position-malformed", "The position cannot be used", detail)
    return value


def later(position: str | None, other: str) -> str:
    """The later one of two positions of the log."""
    return other if position is None else max(position, other, key=_number)


def _number(position: str) -> int:
    high, low = position.split("/")
    return (int(high, 16) << 32) + int(low, 16)


def _name(field: str, value: object) -> str:
    if not isinstance(value, str) or not _NAME.fullmatch(value):
        raise _wrong(field, "a name of 1 to 128 letters, digits and . _ : -", value)
    return value


def _flag(fields: dict[str, Any], name: str) -> bool:
    value = fields.get(name, False)
    if not isinstance(value, bool):
        raise _wrong(name, "true or false", value)
    return value


def _currency(fields: dict[str, Any]) -> str:
    currency = fields.get("currency")
    if not isinstance(currency, str) or currency not in CURRENCIES:
        raise _wrong("currency", "a currency of ISO 4217, such as EUR", currency)
    return currency
