"""The probe of names, on real sockets, with a name server that does not know every name."""

from __future__ import annotations

import contextlib
import socket
import threading
from types import SimpleNamespace

import pytest

from harness.agent.program.clock import now
from harness.agent.program.evidence import names


@pytest.fixture
def server(monkeypatch):
    """It answers for ``known`` at once, and is silent about every other name."""
    own = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    own.bind(("127.0.0.1", 0))

    def answer(message, peer):
        answered = message[:2] + b"\x81\x80" + message[4:6] + b"\0\1\0\0\0\0" + message[12:]
        answered += b"\xc0\x0c\0\1\0\1\0\0\0\x05\0\x04\x7f\0\0\1"
        own.sendto(answered, peer)

    def serve():
        with contextlib.suppress(OSError):
            while True:
                message, peer = own.recvfrom(512)
                if b"known" in message:
                    answer(message, peer)

    threading.Thread(target=serve, daemon=True).start()
    monkeypatch.setattr(names, "SERVER", own.getsockname())
    monkeypatch.setattr(names, "sockets_in", lambda _, kinds: [socket.socket(*kind) for kind in kinds])
    monkeypatch.setattr(names, "identity", lambda _: "its own")
    # Several questions are out at any time, however slow this machine is.
    monkeypatch.setattr(names, "_EVERY_S", 0.01)
    yield own
    own.close()


@pytest.mark.usefixtures("server")
def test_a_name_that_is_never_answered_hides_no_other():
    """On a kept socket the answers come beside questions that are still out: each goes to its own."""
    node = SimpleNamespace(get=lambda _: SimpleNamespace(name="n", pid=1))
    watch = {"container": "c", "names": ["lost", "other", "known"], "answer": "silence"}
    probe = names.NamesProbe(watch, "i1", node, None)
    until = now() + 5
    while now() < until and not all(item.normal_at for item in probe.items):
        probe.tick(now())
    probe.close()
    assert [item.name for item in probe.items if item.normal_at is None] == []
