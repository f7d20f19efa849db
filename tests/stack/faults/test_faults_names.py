"""The effect of lies about names, as programs inside the nodes see them."""

from __future__ import annotations

import subprocess
import time

import pytest
from faultlab import docker, until

from harness.errors import UnsupportedFault
from harness.faults.catalogue import Dns

pytestmark = pytest.mark.stack

# Asks for a name again and again over one socket; prints what it is told: an address, an error, or silence.
KEEPER = """
import socket, sys
own = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); own.settimeout(0.5); own.connect(("127.0.0.11", 53))
for number, line in enumerate(sys.stdin, 1):
    name = line.strip()
    labels = b"".join(bytes([len(l)]) + l.encode() for l in name.split(".")) + bytes(1)
    own.send(bytes([0, number, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0]) + labels + bytes([0, 1, 0, 1]))
    try:
        while (got := own.recv(512))[1] != number: pass
        print("error" if got[3] & 15 else socket.inet_ntoa(got[-4:]), flush=True)
    except TimeoutError:
        print("silence", flush=True)
"""


def lookup(lab, name, wanted):
    """What libc in a node makes of a name: an address, or None; and how many seconds it took.

    It gives silence up after 3 s: by itself it would ask twice, for 5 s each.
    """
    begun = time.monotonic()
    patience = "RES_OPTIONS=timeout:3 attempts:1"
    words = ["docker", "exec", "--env", patience, lab.ids[name], "getent", "ahostsv4", wanted]
    done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=30)
    found = done.stdout.split()[:1]
    return (found[0] if found else None), time.monotonic() - begun


def test_nxdomain_for_one_name(lab, injector):
    """That name is denied and at once; another one, and another node, get what is right."""
    injector.inject("i1", Dns.nxdomain("a", "b"))
    found, took = lookup(lab, "a", "b")
    assert found is None
    assert took < 2
    assert lookup(lab, "a", "c")[0] == lab.address("c")
    assert lookup(lab, "c", "b")[0] == lab.address("b")
    injector.heal("i1")
    assert lookup(lab, "a", "b")[0] == lab.address("b")
    assert lab.evidence()["verdict"] == "pass"


def test_a_wrong_address(lab, injector):
    """The node believes it."""
    injector.inject("i1", Dns.wrong("a", "b", address="192.0.2.7"))
    assert lookup(lab, "a", "b")[0] == "192.0.2.7"
    injector.heal("i1")
    assert lookup(lab, "a", "b")[0] == lab.address("b")
    assert lab.evidence()["verdict"] == "pass"


def test_slow_names(lab, injector):
    """The right address, later than it was."""
    injector.inject("i1", Dns.slow("a", delay_ms=1000))
    found, took = lookup(lab, "a", "b")
    assert found == lab.address("b")
    assert 1 <= took < 3.5
    injector.heal("i1")
    assert lookup(lab, "a", "b")[1] < 1
    assert lab.evidence()["verdict"] == "pass"


def test_silence_for_every_name(lab, injector):
    """Nothing is answered, and connections that stand do not care."""
    with lab.talk("a", "b") as talk:
        injector.inject("i1", Dns.silence("a"))
        found, took = lookup(lab, "a", "b")
        assert found is None
        assert took > 2
        assert talk("kept") == "ok"
        injector.heal("i1")
    assert lookup(lab, "a", "b")[0] == lab.address("b")
    assert lab.evidence()["verdict"] == "pass"


def test_a_resolver_that_keeps_its_socket_is_lied_to_as_well(lab, injector):
    """As HAProxy's; and when the lie is over the same socket hears the truth again."""
    keeper = subprocess.Popen(
        ["docker", "exec", "-i", lab.ids["a"], "python3", "-uc", KEEPER],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip

    def ask(name):
        keeper.stdin.write(f"{name}\n")
        keeper.stdin.flush()
        return keeper.stdout.readline().strip()

    try:
        assert ask("b") == lab.address("b")
        injector.inject("i1", Dns.nxdomain("a", "b"))
        assert [ask("b"), ask("c")] == ["error", lab.address("c")]
        injector.heal("i1")
        assert ask("b") == lab.address("b")
    finally:
        keeper.stdin.close()
        keeper.wait(10)


def test_a_node_that_restarts_is_lied_to_again(lab, injector):
    """By a new server in its new namespace."""
    injector.inject("i1", Dns.nxdomain("b", "c"))
    docker("restart", "--time", "1", lab.ids["b"])
    until(lambda: lab.rules("b"), 5, "the diversion in the new namespace")
    assert lookup(lab, "b", "c")[0] is None
    assert injector.heal_all() == []
    assert lookup(lab, "b", "c")[0] == lab.address("c")
    assert lab.whole()


def test_what_a_dead_session_diverted_is_found_by_looking(lab):
    """Its server died with it: the rules alone are left, and the sweep takes them out."""
    step = {"do": "dns.lie", "container": lab.ids["a"], "names": [], "answer": "nxdomain"}
    with lab.connect() as agent:
        agent.call("inject", injection="x/i1", do=[step], undo=[], lease_s=60)
    assert lookup(lab, "a", "b")[0] is None
    with lab.connect() as agent:
        assert "a has its names diverted" in agent.leftovers()
        assert agent.sweep()["remaining"] == []
        assert agent.leftovers() == []
    assert lookup(lab, "a", "b")[0] == lab.address("b")


def test_a_name_that_is_nobodys_is_refused(lab):
    """Before anything is touched: a lie about it would change nothing."""
    with pytest.raises(UnsupportedFault, match="the stack has no node nobody to lie about"):
        Dns.nxdomain("a", "nobody").plan(lab)
