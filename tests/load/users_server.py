"""The users service in a few dictionaries; accounts and payments are always fine: ``python users_server.py MODE``.

``lossy``: every third change takes effect and its answer is lost. ``forgetful``: changes are answered and not kept.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
import sys


class Users:
    def __init__(self, mode: str) -> None:
        self.mode = mode
        self.people: dict[str, dict[str, object]] = {}
        self.tokens: dict[str, str] = {}
        self.changed: dict[str, dict[str, object]] = {}

    async def serve(self, reader, writer) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode()
                headers = dict(re.findall(r"(?m)^([\w-]+): (.*?)\r$", head.lower()))
                length = int(headers.get("content-length", 0))
                body = json.loads(await reader.readexactly(length)) if length else {}
                method, path, _ = head.split(" ", 2)
                # A token's letters count, so it is taken from the head as it came.
                token = re.search(r"(?i)authorization: bearer (\S+)", head)
                answer = self.answer(method, path, body, headers, token[1] if token else "")
                if answer is None:
                    writer.close()
                    return
                status, shown = answer
                text = json.dumps(shown).encode()
                more = "".join(f"{name}: {value}\r\n" for name, value in self.headers().items()).encode()
                writer.write(
                    b"HTTP/1.1 %d X\r\nContent-Type: application/json\r\n%sContent-Length: %d\r\n\r\n%s"
                    % (status, more, len(text), text)
                )

    def headers(self):
        """Of every answer, besides the usual ones."""
        return {}

    def answer(self, method, path, body, headers, token):
        if (method, path) == ("POST", "/users"):
            login = body["login"]
            self.people[login] = {"login": login, "version": 1, "profile": body.get("profile", {})}
            self.people[login]["roles"] = body.get("roles", ["payer"])
            return 201, self.people[login]
        if (method, path) == ("POST", "/sessions"):
            token = f"Token-{len(self.tokens)}"
            self.tokens[token] = body["login"]
            return 201, {"token": token}
        if path != "/users/me":
            return 201, {**body, "payment_id": "p"}
        if token not in self.tokens:
            return 401, {}
        own = self.people[self.tokens[token]]
        return (200, own) if method == "GET" else self.change(own, body, headers)

    def change(self, own, body, headers):
        key = headers["idempotency-key"]
        if key in self.changed:
            return 200, self.changed[key]
        if headers["if-match"] not in (f'"{own["version"]}"', "*"):
            return 412, {}
        new = {**own, "version": own["version"] + 1, "profile": body["profile"]}
        self.changed[key] = new
        if self.mode != "forgetful":
            self.people[own["login"]] = new
        return None if self.mode == "lossy" and len(self.changed) % 3 == 0 else (200, new)


async def main(users: Users) -> None:
    server = await asyncio.start_server(users.serve, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(main(Users(sys.argv[1])))
