"""The ledger in a few lists: it reads pages as pages.sql does, and takes payments between two of them."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from payments.problems import Refused
from payments.queries import Statement

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
POSITION = "0/16B3748"


def stamp(second):
    return f"{BEGIN + timedelta(seconds=second):%Y-%m-%dT%H:%M:%S.%f}Z"


@dataclass
class Sight:
    owners: frozenset[str]
    reader: str = "ledger-2"
    position: str = POSITION

    @property
    def headers(self):
        return {"x-ledger-reader": self.reader, "x-ledger-position": self.position}


@dataclass
class MadeLedger:
    """One account's books. ``principals``: user id and roles by token."""

    owner: str | None = None
    payments: list[dict] = field(default_factory=list)
    entries: list[dict] = field(default_factory=list)
    principals: dict[bytes, tuple[str, list[str]]] = field(default_factory=dict)
    asked: list[object] = field(default_factory=list)
    balance: int = 0

    def pay(self, second, amount, status="booked"):
        made = uuid.UUID(int=1000 + len(self.payments) * 7919 % 1000)
        self.payments.append({"payment_id": str(made), "status": status, "created_at": stamp(second)})
        self.balance += amount
        self.entries.append(
            {
                "payment_id": str(made),
                "amount": amount,
                "balance": self.balance,
                "booked_at": stamp(second),
            }
        )

    def pay_next(self, status="booked"):
        """As soon after the last one as can be, which may be within a period that is being read."""
        last = max((entry["booked_at"] for entry in self.entries), default=stamp(0))
        self.pay((datetime.fromisoformat(last) - BEGIN).total_seconds() + 1e-6, 1, status)

    @property
    def sight(self):
        return Sight(frozenset() if self.owner is None else frozenset({self.owner}))

    async def principal(self, token_sha256):
        return self.principals.get(token_sha256)

    async def account(self, account_id, after=None):
        self._look(account_id, after)
        return {"account_id": account_id, "balance": self.balance}, self.sight

    async def payments_of(self, query):
        self._look(query.account_id, query.after)
        wanted = [
            item
            for item in self.payments
            if item["status"] in query.statuses
            and _at_or_after(item["created_at"], query.begin)
            and _before((item["created_at"], item["payment_id"]), query.before)
        ]
        wanted.sort(key=lambda item: (item["created_at"], item["payment_id"]), reverse=True)
        return wanted[: query.limit + 1], self.sight

    async def statement_of(self, query):
        self._look(query.account_id, query.after)

        def before(time):
            return [entry for entry in self.entries if not _at_or_after(entry["booked_at"], time)]

        def balance_before(time):
            return before(time)[-1]["balance"] if before(time) else 0

        end = before(query.period.end)
        page = [entry for entry in end if _at_or_after(entry["booked_at"], query.begin)][: query.limit]
        return Statement(
            "EUR",
            balance_before(query.period.begin),
            balance_before(query.begin),
            balance_before(query.period.end),
            self.balance,
            end[-1]["booked_at"] if end else None,
            page,
        ), self.sight

    def _look(self, account_id, after):
        self.asked.append(after)
        if account_id != "a":
            raise Refused(404, "account-not-found", "There is no such account", account_id)


def _at_or_after(time, begin):
    return begin == "-infinity" or (begin != "infinity" and time >= begin)


def _before(place, end):
    return end[0] == "infinity" or place < end
