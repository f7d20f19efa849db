"""A payment's whole life in a few lists, with people and their rights: ``python life_server.py MODE``.

``good``: as the stack is. ``stale``: lists and statements are those of half a second ago, whatever position is shown.
``wrong``: statements do not add up. ``open``: nobody is refused anything.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import sys
import time
from urllib.parse import parse_qs, urlsplit

from users_server import Users, main

LAG_S = 0.5


class Life(Users):
    """Positions count the changes; a status moves on with every look at it, as if settlement were quick."""

    def __init__(self, mode):
        super().__init__(mode)
        self.owners = {}
        self.expires = {}
        self.payments = {}
        self.changes = 0

    def headers(self):
        return {"X-Ledger-Position": f"0/{self.changes:X}"}

    def answer(self, method, path, body, headers, token):
        if token in self.expires and time.monotonic() > self.expires[token]:
            token = ""
        parts = urlsplit(path)
        if "prefix=" in parts.query:
            # The observer's, whose secret nobody of the load has.
            return (200, {"items": [], "next_after": None}) if self.mode == "open" else (401, {})
        found = self.of_payments(method, parts, body, headers, token)
        if found is not None:
            return found
        answer = super().answer(method, path, body, headers, token)
        if path == "/sessions" and "lifetime_s" in body:
            self.expires[answer[1]["token"]] = time.monotonic() + body["lifetime_s"]
        return answer

    def of_payments(self, method, parts, body, headers, token):
        steps = parts.path.strip("/").split("/")
        login = self.tokens.get(token)
        match method, steps:
            case "POST", ["accounts"]:
                self.owners[body["account_id"]] = login if body.get("owned") else None
                return 201, body
            case "POST", ["payments"] if body.get("flow") == "four-eyes":
                return self.create(body, headers["idempotency-key"], login)
            case "POST", ["payments", payment_id, action]:
                return self.decide(self.payments[payment_id], action, login)
            case "GET", ["payments", payment_id]:
                return self.one(self.payments[payment_id], login)
            case "GET", ["accounts", account, what]:
                query = {name: values[-1] for name, values in parse_qs(parts.query).items()}
                return self.look(account, what, query, login)
        return None

    def one(self, payment, login):
        insider = {"approver", "auditor"} & set(self.people.get(login, {}).get("roles", ()))
        if self.mode != "open" and login != payment["creator"] and not insider:
            return (403 if login else 401), {}
        return 200, self.move_on(payment)

    def look(self, account, what, query, login):
        if not self.may_see(account, login):
            return (403 if login else 401), {}
        pages = {"payments": self.listed, "statement": self.statement}
        return 200, pages[what](account, query)

    def create(self, body, key, login):
        known = next((p for p in self.payments.values() if p["key"] == key), None)
        if self.mode != "open":
            if login is None:
                return 401, {}
            if self.owners[body["debtor"]] not in (None, login):
                return 403, {}
            if known and known["amount"] != body["amount"]:
                return 422, {}
        if known is None:
            self.changes += 1
            now = dt.datetime.now(dt.UTC)
            terms = {name: body[name] for name in ("debtor", "creditor", "amount", "currency")}
            made = {"payment_id": f"p{len(self.payments)}", "key": key, **terms, "status": "created"}
            known = made | {"created_at": f"{now:%Y-%m-%dT%H:%M:%S.%fZ}", "creator": login}
            self.payments[known["payment_id"]] = known
        return 201, known

    def decide(self, payment, action, login):
        if self.mode != "open":
            if payment["creator"] == login:
                return 403, {}
            if "approver" not in self.people.get(login, {}).get("roles", ()):
                return 403, {}
        if payment["status"] == "created":
            self.changes += 1
            payment["status"] = {"approve": "approved", "reject": "rejected"}[action]
        return 200, payment

    def move_on(self, payment):
        if payment["status"] == "approved":
            self.changes += 1
            payment["status"] = "settled"
        return payment

    def may_see(self, account, login):
        own = self.owners.get(account)
        auditor = "auditor" in self.people.get(login, {}).get("roles", ())
        return self.mode == "open" or own in (None, login) or auditor

    def known(self, account, query):
        """The account's payments in the order of time, as far as this copy has come."""
        moment = dt.datetime.now(dt.UTC) - dt.timedelta(seconds=LAG_S)
        newest = f"{moment:%Y-%m-%dT%H:%M:%S.%fZ}" if self.mode == "stale" else "9"
        mine = [p for p in self.payments.values() if account in (p["debtor"], p["creditor"])]
        return [p for p in mine if query.get("from", "") <= p["created_at"] <= newest]

    def listed(self, account, query):
        found = [p for p in self.known(account, query) if p["status"] in query["status"].split(",")]
        return {"items": found[::-1], "next_cursor": None}

    def statement(self, account, query):
        items, balance = [], 0
        for payment in self.known(account, query):
            amount = -payment["amount"] if payment["debtor"] == account else payment["amount"]
            balance += amount + (self.mode == "wrong")
            items.append({"payment_id": payment["payment_id"], "amount": amount, "balance": balance})
        return {"opening_balance": 0, "closing_balance": balance, "items": items, "next_cursor": None}


if __name__ == "__main__":
    asyncio.run(main(Life(sys.argv[1])))
