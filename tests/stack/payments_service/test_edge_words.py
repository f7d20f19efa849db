"""The edge's own word on a request's effect: its 503 says that no node took the request, and that must be so.

The edge's image, with its configuration, in front of one node that counts what it took and then behaves badly.
"""

from __future__ import annotations

import os
import threading
import time

import httpx
import pytest
from payments_stack import docker, within

pytestmark = pytest.mark.stack

_NODE = """
import asyncio, os, signal, socket, struct
ready = True

async def serve(reader, writer):
    global ready
    path = (await reader.readuntil(b"\\r\\n\\r\\n")).decode().split()[1]
    if path in ("/health/ready", "/taken"):
        body = open("/tmp/taken", "rb").read() if path == "/taken" else b""
        status = 200 if ready else 503
        writer.write(b"HTTP/1.1 %d x\\r\\nContent-Length: %d\\r\\n\\r\\n%s" % (status, len(body), body))
        writer.close()
        return
    with open("/tmp/taken", "a") as file:
        print(path, file=file)
    if path == "/reset":
        own = writer.get_extra_info("socket")
        own.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    elif path == "/half":
        writer.write(b"HTTP/1.1 201 Cre")
        await writer.drain()
    elif path == "/dies":
        os.kill(os.getpid(), signal.SIGKILL)
    elif path == "/marked-down":
        ready = False
        await asyncio.sleep(6)
        ready = True
    elif path.startswith("/late"):
        await asyncio.sleep(30)
    writer.close()

async def main():
    open("/tmp/taken", "a").close()
    async with await asyncio.start_server(serve, "", 8000) as server:
        await server.serve_forever()

asyncio.run(main())
"""
_SUPERVISOR = 'while :; do python3 -c "$NODE"; done'
"""It dies and comes back, as a service does."""


@pytest.fixture(scope="module")
def edge(payments_stack):
    """The address of an edge whose only node is the one above."""
    name = f"edge-words-{os.getpid()}"
    docker("network", "create", name)
    try:
        # One after another: the second is not made when the first could not be.
        docker("run", "-d", "--name", f"{name}-node", "--network", name, "--network-alias", "payments-1", "--init",
               "--env", f"NODE={_NODE}", "--entrypoint", "bash", f"{payments_stack.project}-payments",
               "-c", _SUPERVISOR)  # fmt: skip
        docker("run", "-d", "--name", f"{name}-edge", "--network", name, "--publish", "127.0.0.1::8080",
               f"{payments_stack.project}-edge")  # fmt: skip
        base = "http://" + docker("port", f"{name}-edge", "8080").strip()
        within(20, "the edge sees the node", lambda: _taken(base) is not None)
        yield base
    finally:
        docker("rm", "--force", "--volumes", f"{name}-edge", f"{name}-node")
        docker("network", "rm", name)


def _taken(base):
    """Every request that the node took, by path; None while the edge has no node."""
    try:
        answer = httpx.get(base + "/taken", timeout=5)
    except httpx.HTTPError:
        return None
    return answer.text.split() if answer.is_success else None


def _ends(base, path):
    """How a client sees the request end: a status, or a connection that closed; and the edge's word."""
    try:
        answer = httpx.post(base + path, json={"amount": 1}, timeout=10)
    except httpx.HTTPError as error:
        return type(error).__name__, ""
    return answer.status_code, answer.headers.get("payment-outcome", "")


def _serves(base):
    return within(15, "the node serves", lambda: _taken(base) is not None)


@pytest.mark.parametrize("path", ["/close", "/reset", "/half", "/late", "/dies", "/marked-down"])
def test_what_a_node_took_is_never_said_to_be_without_effect(edge, path):
    """However the node ends a request that it took, the edge says that nobody knows; and it is sent once."""
    _serves(edge)
    status, word = _ends(edge, path)
    assert (status, word) in ((502, "unknown"), (504, "unknown"))
    _serves(edge)
    assert _taken(edge).count(path) == 1


def test_who_is_told_no_effect_while_the_node_dies_was_not_taken(edge):
    """Requests arrive one after another as the node dies and comes back."""
    _serves(edge)
    seen = {}

    def send(path):
        seen[path] = _ends(edge, path)

    paths = [f"/late-{number}" for number in range(30)]
    threads = [threading.Thread(target=send, args=(path,)) for path in paths]
    for number, thread in enumerate(threads):
        thread.start()
        time.sleep(0.02)
        if number in (10, 20):
            _ends(edge, "/dies")
    for thread in threads:
        thread.join()
    _serves(edge)
    taken = _taken(edge)
    refused = {path for path, (_, word) in seen.items() if word == "no-effect"}
    assert not refused & set(taken)
    assert all(taken.count(path) <= 1 for path in paths)
    assert len(set(paths) & set(taken)) > 10, "the node took requests, or nothing is proven"


def test_with_nobody_to_take_it_the_word_is_no_effect(edge):
    """The word is given where it is due, to every request, also to a client that would keep its connection."""
    _serves(edge)
    with httpx.Client(base_url=edge, timeout=10) as client:
        client.get("/taken")
        docker("stop", "--time", "0", f"edge-words-{os.getpid()}-node")
        until = time.monotonic() + 5
        seen = set()
        while time.monotonic() < until:
            answer = client.post("/anything", json={"amount": 1})
            seen.add((answer.status_code, answer.headers.get("payment-outcome", "")))
    assert seen == {(503, "no-effect")}
