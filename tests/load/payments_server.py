"""The rules of four eyes in a few dictionaries: ``python payments_server.py MODE``.

``strict``: who may not is refused. ``open``: nobody is asked who he is, and everything is done that can be.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
import sys
import time


class Payments:
    def __init__(self, mode: str) -> None:
        self.strict = mode == "strict"
        self.roles: dict[str, list[str]] = {}
        self.sessions: dict[str, tuple[str, float]] = {}
        self.owners: dict[str, str] = {}
        self.by_key: dict[str, dict] = {}
        self.payments: dict[str, dict] = {}

    async def serve(self, reader, writer) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode()
                length = re.search(r"(?i)content-length: (\d+)", head)
                text = await reader.readexactly(int(length[1]) if length else 0)
                body = json.loads(text) if text else {}
                method, path, _ = head.split(" ", 2)
                key = re.search(r"(?i)idempotency-key: (\S+)", head)
                token = re.search(r"(?i)authorization: bearer (\S+)", head)
                status, shown = self.answer(method, path, body, key and key[1], token[1] if token else "")
                text = json.dumps(shown).encode()
                writer.write(
                    b"HTTP/1.1 %d X\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s"
                    % (status, len(text), text)
                )

    def answer(self, method, path, body, key, token):
        if path == "/users":
            self.roles[body["login"]] = body["roles"]
            return 201, {"login": body["login"], "version": 1}
        if path == "/sessions":
            token = f"Token-{len(self.sessions)}"
            self.sessions[token] = (body["login"], time.monotonic() + body.get("lifetime_s", 3600))
            return 201, {"token": token}
        if "prefix=" in path:
            # The observer's, whose secret nobody of the load has.
            return (401, {}) if self.strict else (200, {"items": [], "next_after": None})
        login, ends_at = self.sessions.get(token, ("", 0.0))
        who = login if time.monotonic() < ends_at else ""
        if path == "/accounts":
            if body.get("owned"):
                self.owners[body["account_id"]] = who
            return 201, body
        if path == "/payments":
            return self.create(body, key, who)
        return self.look(method, path, who)

    def look(self, method, path, who):
        name = path.split("/")[2]
        if path.endswith("/statement"):
            return (403, {}) if self.strict and self.owners[name] != who else (200, {"items": []})
        payment = self.payments.get(name)
        if payment is None:
            return 404, {}
        if method != "GET":
            return self.decide(payment, path, who)
        return (200, payment) if self.may_see(payment, who) else (403 if who else 401, {})

    def may_see(self, payment, who):
        owners = {self.owners.get(payment["debtor"]), self.owners.get(payment["creditor"])} - {None}
        insider = {"approver", "auditor"} & set(self.roles.get(who, ()))
        return not (self.strict and owners) or who in {*owners, payment["creator"]} or bool(insider)

    def create(self, body, key, who):
        if self.strict and body.get("flow") == "four-eyes":
            if not who:
                return 401, {}
            if "payer" not in self.roles[who] or self.owners.get(body["debtor"], who) != who:
                return 403, {}
        saved = self.by_key.get(key)
        if saved and self.strict and saved["amount"] != body["amount"]:
            return 422, {}
        if saved is None:
            payment_id = f"p-{len(self.payments)}"
            saved = {**body, "key": key, "payment_id": payment_id, "status": "created", "creator": who}
            self.by_key[key] = self.payments[payment_id] = saved
        return 201, saved

    def decide(self, payment, path, who):
        if self.strict and (not who or "approver" not in self.roles[who] or payment["creator"] == who):
            return 403, {}
        if payment["status"] != "created":
            return 422, {}
        payment["status"] = "approved" if path.endswith("approve") else "rejected"
        return 200, payment


async def main(mode: str) -> None:
    server = await asyncio.start_server(Payments(mode).serve, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await asyncio.to_thread(sys.stdin.read)


asyncio.run(main(sys.argv[1]))
