"""The effect of what spoils a link without cutting it, measured from inside the nodes and not by the agent."""

from __future__ import annotations

import statistics
import subprocess
import time

import pytest
from faultlab import docker, until

from harness.faults.catalogue import HalfOpen, Isolate, PacketLoss, PortBlocked, RateLimit

pytestmark = pytest.mark.stack

# Counts which of 400 datagrams to a peer's echo over UDP came back.
COUNT = """
import socket, sys, time
own = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); own.settimeout(0.3)
own.connect((sys.argv[1], 7001)); back = 0
for number in range(400):
    own.send(b"%d" % number)
    time.sleep(0.0005)
try:
    while True: own.recv(64); back += 1
except TimeoutError: print(back)
"""

# Sends 100 kB to a peer's echo, and says how long it took to have it all back.
BULK = """
import socket, sys, threading, time
own = socket.create_connection((sys.argv[1], 7000)); begun = time.monotonic(); left = 100_000
threading.Thread(target=own.sendall, args=(bytes(left),)).start()
while left: left -= len(own.recv(65536))
print(time.monotonic() - begun)
"""


def inside(lab, name, program, *arguments):
    return docker("exec", lab.ids[name], "python3", "-c", program, *arguments)


def knock(lab, name, port):
    """What a program inside a node sees of a port of b: open, refused or silent."""
    words = [
        "docker",
        "exec",
        lab.ids[name],
        "timeout",
        "0.5",
        "bash",
        "-c",
        f"</dev/tcp/{lab.address('b')}/{port}",
    ]
    done = subprocess.run(words, capture_output=True, check=False, timeout=20)
    return {0: "open", 124: "silent"}.get(done.returncode, "refused")


@pytest.mark.parametrize("share", [0.1, 0.5])
def test_packet_loss_loses_its_share(lab, injector, share):
    """Of datagrams and of their echoes: both ways lose, each by the same lot; without the fault nothing is lost."""
    assert int(inside(lab, "a", COUNT, "b")) == 400
    injector.inject("i1", PacketLoss("a", share, peers="b"))
    back = int(inside(lab, "a", COUNT, "b"))
    assert 0.6 * (1 - share) ** 2 < back / 400 < min(1, 1.4 * (1 - share) ** 2)
    assert int(inside(lab, "a", COUNT, "c")) == 400
    injector.heal("i1")
    assert int(inside(lab, "a", COUNT, "b")) == 400
    assert lab.evidence()["verdict"] == "pass"
    assert "datagrams lost" in lab.evidence()["items"][0]["measured"]


def test_connections_survive_packet_loss(lab, injector):
    """TCP sends again what was lost."""
    with lab.talk("a", "b") as talk:
        injector.inject("i1", PacketLoss("a", 0.05))
        assert "ok" in [talk("kept") for _ in range(20)]
        injector.heal("i1")
        until(lambda: talk("kept") == "ok", 10, "the same connection")


def test_half_open_kills_what_stands_and_nothing_else(lab, injector):
    """The old connection is silent, a new one to the same peer works, other peers notice nothing."""
    with lab.talk("a", "b") as talk, lab.talk("b", "a") as back, lab.talk("a", "c") as other:
        injector.inject("i1", HalfOpen("a", "b"))
        assert [talk("kept"), back("kept"), other("kept")] == ["no", "no", "ok"]
        assert [talk("fresh"), back("fresh"), other("fresh")] == ["ok"] * 3
        with lab.talk("a", "b") as later:
            assert later("kept") == "ok"
        injector.heal("i1")
        until(lambda: talk("kept") == "ok", 10, "the old connection, which both ends still hold")
    assert lab.evidence()["verdict"] == "pass"


def test_a_blocked_port_is_silent_and_the_others_are_open(lab, injector):
    """Also for a connection that stands."""
    with lab.talk("a", "b") as talk:
        assert [knock(lab, "a", port) for port in (7000, 8000)] == ["open", "open"]
        injector.inject("i1", PortBlocked("b", 7000))
        assert [knock(lab, "a", port) for port in (7000, 8000)] == ["silent", "open"]
        assert talk("kept") == "no"
        injector.heal("i1")
        assert knock(lab, "a", 7000) == "open"
    assert lab.evidence()["verdict"] == "pass"


def test_a_port_blocked_with_a_reset_refuses(lab, injector):
    """Who knocks is told at once, and who has a connection too; the node itself still reaches it."""
    with lab.talk("a", "b") as talk:
        injector.inject("i1", PortBlocked("b", 7000, reset=True))
        begun = time.monotonic()
        assert knock(lab, "a", 7000) == "refused"
        assert talk("kept") == "no"
        assert time.monotonic() - begun < 5
        docker("exec", lab.ids["b"], "bash", "-c", "</dev/tcp/127.0.0.1/7000")
        injector.heal("i1")
        assert talk("fresh") == "ok"
    assert lab.evidence()["verdict"] == "pass"


def test_a_rate_limit_makes_a_transfer_as_long_as_it_must_be(lab, injector):
    """100 kB at 1 Mbit/s take 0.8 s; without the limit they take no time."""
    before = float(inside(lab, "a", BULK, "b"))
    injector.inject("i1", RateLimit("a", 1000))
    limited = statistics.median(float(inside(lab, "a", BULK, "b")) for _ in range(3))
    injector.heal("i1")
    after = float(inside(lab, "a", BULK, "b"))
    print(f"100 kB: {before:.3f} s, limited {limited:.3f} s, after {after:.3f} s")
    assert before < 0.3
    assert 0.6 < limited < 2
    assert after < 0.3
    assert lab.evidence()["verdict"] == "pass"


def test_a_second_queue_is_refused(lab, injector):
    """A node's interface has room for one: the second injection is an error, and the first stays."""
    from harness.errors import AgentError

    injector.inject("i1", RateLimit("a", 1000))
    with pytest.raises(AgentError, match=r"a has a queue of lab/i1 already"):
        injector.inject("i2", RateLimit("a", 2000))
    assert float(inside(lab, "a", BULK, "b")) > 0.4
    assert injector.heal_all() == []
    assert lab.whole()


@pytest.mark.parametrize("order", [("i1", "i2", "i3"), ("i3", "i1", "i2"), ("i2", "i3", "i1")], ids="-".join)
def test_faults_over_each_other_heal_in_any_order(lab, injector, order):
    """Each takes out its own harm alone, and is proven."""
    injector.inject("i1", PortBlocked("b", 8000))
    injector.inject("i2", PacketLoss("a", 0.2, peers="b"))
    injector.inject("i3", RateLimit("b", 5000))
    gone = set()
    for one in order:
        injector.heal(one)
        gone.add(one)
        assert knock(lab, "c", 8000) == ("open" if "i1" in gone else "silent")
    assert [keys["verdict"] for kind, _, keys in lab.events if kind == "evidence"] == ["pass"] * 3
    assert lab.whole()


def test_a_node_that_restarts_is_harmed_again(lab, injector):
    """Its new namespace has the rules and the queue; the heal leaves nothing."""
    injector.inject("i1", PortBlocked("b", 7000))
    injector.inject("i2", RateLimit("b", 1000))
    docker("restart", "--time", "1", lab.ids["b"])
    until(lambda: lab.rules("b"), 5, "the rules in the new namespace")
    until(lambda: "4a52:" in docker("exec", lab.ids["b"], "tc", "qdisc", "show"), 5, "the queue")
    assert knock(lab, "a", 7000) == "silent"
    assert injector.heal_all() == []
    assert knock(lab, "a", 7000) == "open"
    assert lab.whole()


def test_a_cut_over_a_lossy_link(lab, injector):
    """What another injection cuts cannot show that the loss is gone, and does not count."""
    injector.inject("i1", PacketLoss("a", 0.3, peers="b"))
    injector.inject("i2", Isolate("a"))
    injector.heal("i1")
    injector.heal("i2")
    assert [keys["verdict"] for kind, _, keys in lab.events if kind == "evidence"] == ["pass"] * 2
