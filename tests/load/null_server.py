"""A server on loopback that answers at once, or as badly as it is told: ``python null_server.py [MODE]``.

It prints its port and serves until its standard input ends. The mode is ``good``, or what happens to the
first request of each idempotency key: ``silent`` (no answer), ``refuse`` (503 without effect), ``reset``,
``cut`` (half an answer), ``garbage``;
or what happens to all: ``mute`` (never an answer), ``wrong`` (201 that contradicts the request).
``GET /seen`` lists every key in the order of arrival.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import socket
import struct
import sys

KEY = b"idempotency-key: "
BROKEN = {"cut": b"HTTP/1.1 201 X\r\nContent-Length: 100\r\n\r\n{", "garbage": b"SMTP ready\r\n\r\n"}
NO_EFFECT = b'{"type":"/problems/no-effect"}'


class Server:
    def __init__(self, mode: str) -> None:
        self.mode = mode
        self.seen: list[str] = []

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                lower = head.lower()
                length = _after(lower, b"content-length: ")
                body = await reader.readexactly(int(length)) if length else b""
                if not await self.answer(writer, head.split(b" ")[1], _after(head.lower(), KEY), body):
                    return

    async def answer(self, writer, path, key, body) -> bool:
        """Whether the connection goes on."""
        if path == b"/seen":
            return self._send(writer, 200, json.dumps(self.seen).encode())
        first = key.decode() not in self.seen
        self.seen.append(key.decode())
        if self.mode == "mute" or (self.mode == "silent" and first and key):
            await asyncio.sleep(3600)
        if self.mode == "reset" and first and key:
            linger = struct.pack("ii", 1, 0)
            writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            writer.close()
            return False
        if self.mode in ("cut", "garbage") and first and key:
            writer.write(BROKEN[self.mode])
            await writer.drain()
            writer.close()
            return False
        if self.mode == "refuse" and first and key:
            return self._send(writer, 503, NO_EFFECT, b"application/problem+json")
        wanted = json.loads(body) if body else {}
        if self.mode == "wrong":
            wanted["amount"] = -1
        return self._send(writer, 201, json.dumps({**wanted, "payment_id": "p-" + key.decode()}).encode())

    def _send(self, writer, status: int, body: bytes, kind: bytes = b"application/json") -> bool:
        writer.write(
            b"HTTP/1.1 %d X\r\nContent-Type: %s\r\nX-Served-By: null-1\r\nContent-Length: %d\r\n\r\n%s"
            % (status, kind, len(body), body)
        )
        return True


def _after(head: bytes, name: bytes) -> bytes:
    return head.partition(name)[2].partition(b"\r\n")[0]


async def main(mode: str) -> None:
    made = Server(mode)
    server = await asyncio.start_server(made.serve, "127.0.0.1", 0, backlog=1000)
    print(server.sockets[0].getsockname()[1], flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.buffer.read)
    # Those who are never answered would be complained about.
    os._exit(0)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1] if len(sys.argv) > 1 else "good"))
