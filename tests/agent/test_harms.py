"""What the agent keeps on a container: the words for the kernel, without a kernel."""

from __future__ import annotations

import errno
import ipaddress
import os
from dataclasses import replace
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_rules import table

from harness.agent.program import cgroups, clocks, cpu, dns, filters, lying, memory, rules, shaping, slots
from harness.agent.program.cgroups import Group
from harness.agent.program.containers import Container
from harness.agent.program.processes import Process
from harness.agent.program.refusal import Failed, Refused
from harness.faults.catalogue import Netem, RateLimit
from harness.stack.node import Node

NAMES = st.from_regex(r"[a-z0-9/-]{1,40}", fullmatch=True)
LABELS = st.from_regex(r"[a-z0-9-]{1,20}(\.[a-z0-9-]{1,20}){0,2}", fullmatch=True)


class MadeContainers:
    """Containers that a test makes up."""

    def __init__(self, *known):
        self.known = {each.id: each for each in known}

    def get(self, container):
        return self.known[container]

    refresh = get

    def addresses(self, container):
        return self.known[container].every_address


A = Container("A", "a", pid=1, addresses={"n": ("10.0.0.1",)})
B = Container("B", "b", pid=2, addresses={"n": ("10.0.0.2", "fd00::2")})


# Filters -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rule", "version", "words"),
    [
        (
            {"way": "in", "share": 0.25},
            4,
            ["-s 10.0.0.2 -m statistic --mode random --probability 0.250000000 -j DROP"],
        ),
        ({"way": "out"}, 6, ["-d fd00::2 -j DROP"]),
        ({"way": "in", "port": 5432}, 4, ["-s 10.0.0.2 -p tcp -m tcp --dport 5432 -j DROP"]),
        ({"way": "out", "port": 5432}, 4, ["-d 10.0.0.2 -p tcp -m tcp --sport 5432 -j DROP"]),
    ],
)
def test_a_rule_for_a_peer(rule, version, words):
    """One for each of its addresses of that IP version."""
    assert filters.bodies(rule, B.every_address, version) == words


def test_a_rule_for_everybody_spares_the_node_itself():
    """Its own loopback is not a link."""
    rule = {"way": "in", "port": 80, "reset": True}
    assert filters.bodies(rule, None, 4) == [
        "! -i lo -p tcp -m tcp --dport 80 -j REJECT --reject-with tcp-reset"
    ]


def test_the_addresses_of_the_kernels_table():
    """In the host's byte order word by word; one of version 4 that is mapped into 6 is one of version 4."""
    assert filters._end("0100007F:1F90") == ("127.0.0.1", 8080)
    assert filters._end("0000000000000000FFFF00000200000A:1538") == ("10.0.0.2", 5432)
    assert filters._end("000000000000000000000000" + "01000000:0016") == ("::1", 22)


def test_the_established_connections_of_this_process():
    """Those with the peers that are asked for, and no others."""
    import socket

    with (
        socket.create_server(("127.0.0.1", 0)) as server,
        socket.create_connection(server.getsockname()) as own,
    ):
        found = filters.established(os.getpid(), 4, frozenset({"127.0.0.1"}))
        assert ("127.0.0.1", own.getsockname()[1], *server.getsockname()) in found
        assert filters.established(os.getpid(), 4, frozenset({"192.0.2.1"})) == []
        assert filters.established(os.getpid(), 6, frozenset({"127.0.0.1"})) == []


@given(NAMES, st.lists(st.sampled_from(["-s 10.0.0.1 -j DROP", "! -i lo -j DROP"]), max_size=3))
def test_filled_chains_are_found_and_cleaned(name, words):
    """As those of a cut are."""
    before = [":DOCKER_OUTPUT - [0:0]", "-A OUTPUT -d 127.0.0.11/32 -j DOCKER_OUTPUT"]
    saved = table(rules.fill(name, words, words, fresh=True), before)
    assert rules.marks("\n".join(saved)) == [f"harness:{name}"]
    assert table(rules.clean("\n".join(saved)), saved) == before


# Shaping -----------------------------------------------------------------------------------


class MadeKernel:
    """Takes the words that `tc` and `ip` are given, and answers as they do."""

    def __init__(self, devices=("lo", "eth0", "eth1")):
        self.devices, self.queues, self.told = devices, {}, []

    def run_in(self, _pid, argv):
        if argv[0] == "ip":
            return 0, "".join(f"{n}: {d}@if7: <UP>\n" for n, d in enumerate(self.devices, 1)), ""
        self.told.append(" ".join(argv))
        if argv[2] == "show":
            shown = [f"qdisc {q[0]} 4a52: dev {d} root refcnt 2" for d, q in self.queues.items()]
            return 0, "\n".join(["qdisc noqueue 0: dev lo root refcnt 2", *shown, ""]), ""
        device = argv[4]
        if argv[2] == "add":
            self.queues[device] = argv[argv.index("4a52:") + 1 :]
        else:
            del self.queues[device]
        return 0, "", ""


@pytest.fixture
def kernel(monkeypatch):
    made = MadeKernel()
    monkeypatch.setattr(shaping, "run_in", made.run_in)
    return made


class MadeScene:
    nodes = (Node("a", "lab", "A"), Node("b", "lab", "B"))

    def resolve(self, selector):
        return tuple(node for node in self.nodes if node.name == selector)


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (RateLimit("a", 1000), "tbf rate 1000kbit burst 3000b latency 400ms"),
        (RateLimit("a", 20000), "tbf rate 20000kbit burst 25000b latency 400ms"),
        (Netem.delay("a", 100), "netem delay 100ms"),
        (Netem.delay("a", 100, jitter_ms=20), "netem delay 100ms 20ms"),
        (Netem.loss("a", 0.25), "netem loss 25%"),
        (Netem.corrupt("a", 0.1), "netem corrupt 10%"),
        (Netem.duplicate("a", 0.025), "netem duplicate 2.5%"),
        (Netem.reorder("a", 0.5), "netem delay 20ms reorder 50%"),
    ],
)
def test_what_tc_is_told(kernel, fault, words):
    """Every interface but the loopback gets the queue, by our handle; the heal takes it away, twice is fine."""
    plan = fault.plan(MadeScene())
    harm = shaping.Shaping(MadeContainers(A, B))
    harm.begin("i1", plan.inject[0])
    added = [line for line in kernel.told if " add " in line]
    assert added == [f"tc qdisc add dev eth{n} root handle 4a52: {words}" for n in (0, 1)]
    assert [left.what for left in harm.left(A)] == ["a has a queue of a fault on eth0, eth1"]
    harm.end("i1", plan.heal[0])
    harm.end("i1", plan.heal[0])
    assert kernel.queues == {}
    assert list(harm.left(A)) == []


def test_an_interface_that_came_later_gets_the_queue_too(kernel):
    """A node that was connected to another network, or restarted; what has it already is let alone."""
    harm = shaping.Shaping(MadeContainers(A))
    harm.begin("i1", {"container": "A", "queue": ["tbf"]})
    kernel.devices = ("lo", "eth0", "eth1", "eth2")
    harm.again("A")
    assert sorted(kernel.queues) == ["eth0", "eth1", "eth2"]
    assert sum(" add " in line for line in kernel.told) == 3


def test_two_queues_on_one_node_are_refused(kernel):
    """Before anything is done; on another node it is fine."""
    harm = shaping.Shaping(MadeContainers(A, B))
    harm.begin("i1", {"container": "A", "queue": ["tbf"]})
    with pytest.raises(Refused, match="a has a queue of i1 already"):
        harm.begin("i2", {"container": "A", "queue": ["netem"]})
    harm.end("i2", {"container": "A", "queue": ["netem"]})
    assert sorted(kernel.queues) == ["eth0", "eth1"]
    harm.begin("i3", {"container": "B", "queue": ["netem"]})
    harm.end("i1", {"container": "A"})
    harm.begin("i2", {"container": "A", "queue": ["netem"]})


# Names -------------------------------------------------------------------------------------


@given(st.integers(0, 65535), LABELS, st.ip_addresses(v=4))
def test_an_answer_says_what_it_was_given(number, name, address):
    """The question is read back in small letters, and the answer gives the address, for its own type alone."""
    message = dns.ask(number, name.upper())
    asked = dns.question(message)
    assert (asked.name, asked.kind, asked.end) == (name, dns.A, len(message))
    told = dns.answer(message, asked, address=address.packed)
    assert (told[:2], dns.code(told), dns.addresses(told)) == (message[:2], 0, [address.packed])
    denied = dns.answer(message, asked, error=3)
    assert (dns.code(denied), dns.addresses(denied)) == (3, [])
    other = dns.ask(number, name, kind=28)
    assert dns.addresses(dns.answer(other, dns.question(other), address=address.packed)) == []


@given(st.binary(max_size=60))
def test_what_is_no_message_is_not_read(message):
    """Whatever comes, the liar lives."""
    asked = dns.question(message)
    assert asked is None or asked.end <= len(message)
    assert isinstance(dns.addresses(message), list)


@given(NAMES, st.integers(1, 65535), st.integers(1, 65535))
def test_a_diversion_is_taken_out_to_the_line(name, served, asking):
    """From each of its tables, by looking; what the engine has there stays."""
    raw, nat = lying.diversion(name, served, asking).split("COMMIT\n")[:2]
    engine = [":DOCKER_OUTPUT - [0:0]", "-A OUTPUT -d 127.0.0.11/32 -j DOCKER_OUTPUT"]
    for script, before in ((raw, []), (nat, engine)):
        kind = script.split("\n")[0]
        saved = table(script + "COMMIT", before)
        assert saved != before
        withdrawn = lying.withdrawal("\n".join([kind, *saved]), rules.chain(name))
        assert table(withdrawn.strip(), saved) == before
        assert lying.withdrawal("\n".join([kind, *before])) == ""


def test_a_diversion_spares_what_the_liar_asks():
    """Else it would ask itself."""
    script = lying.diversion("r1/i1", 40000, 50000)
    asked = [line for line in script.splitlines() if "--dport 53" in line]
    assert len(asked) == 2
    assert all("! --sport 50000" in line for line in asked)


# CPU time and memory -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("version", "before", "after"),
    [
        (1, {"cpu.cfs_quota_us": "-1", "cpu.cfs_period_us": "100000"}, {"cpu.cfs_quota_us": "25000"}),
        (2, {"cpu.max": "max 100000"}, {"cpu.max": "25000 100000"}),
    ],
)
def test_a_quota_in_either_version_of_the_groups(tmp_path, monkeypatch, version, before, after):
    """It is set, read back, found by looking, and taken away; a configured one comes back."""
    for name, text in before.items():
        (tmp_path / name).write_text(text)
    own = Group(tmp_path, version)
    monkeypatch.setattr(cpu, "group", lambda _pid, _controller: own)
    harm = cpu.CpuLimit(MadeContainers(A))
    assert cpu.quota_of(own) is None
    harm.begin("i1", {"container": "A", "cpus": 0.25})
    assert {name: (tmp_path / name).read_text() for name in after} == after
    assert cpu.quota_of(own) == 0.25
    assert [left.what for left in harm.left(A)] == ["a has 0.25 CPUs instead of all CPUs"]
    harm.end("i1", {"container": "A", "cpus": 0.25})
    assert {name: (tmp_path / name).read_text() for name in before} == before
    configured = Container("A", "a", pid=1, cpus=0.5)
    limited = cpu.CpuLimit(MadeContainers(configured))
    limited.end("i1", {"container": "A"})
    assert cpu.quota_of(own) == 0.5
    assert list(limited.left(configured)) == []


def test_the_group_of_a_controller(tmp_path):
    """Version 1 under the controller's own name or a joint one; version 2 has one for all; both at once, too."""
    proc, root = tmp_path / "proc", tmp_path / "cgroup"
    (proc / "7").mkdir(parents=True)
    (root / "cpu,cpuacct").mkdir(parents=True)
    (proc / "7" / "cgroup").write_text("4:memory:/docker/x\n1:cpu,cpuacct:/docker/x\n0::/sys\n")
    assert cgroups.group(7, "memory", root, proc) == Group(root / "memory/docker/x", 1)
    assert cgroups.group(7, "cpuacct", root, proc) == Group(root / "cpu,cpuacct/docker/x", 1)
    assert cgroups.group(7, "io", root, proc) == Group(root / "sys", 2)
    assert cgroups.group(8, "io", root, proc) is None


class MadeGroup(Group):
    """A memory group whose kernel refuses a limit below what is in use, as version 1 does."""

    def write(self, name, value):
        used = int((self.path / "memory.usage_in_bytes").read_text()) if self.version == 1 else 0
        if value not in ("-1", "max") and int(value) < used:
            raise OSError(errno.EBUSY, "busy")
        super().write(name, value)


@pytest.mark.parametrize(
    ("version", "limit", "used", "unlimited"),
    [(1, "memory.limit_in_bytes", "memory.usage_in_bytes", "-1"), (2, "memory.max", "memory.current", "max")],
)
def test_a_memory_limit_in_either_version_of_the_groups(
    tmp_path, monkeypatch, version, limit, used, unlimited
):
    """Version 2 takes it as it is; version 1 only above what is in use, and the rest is pressed out."""
    (tmp_path / limit).write_text("9223372036854771712" if version == 1 else "max")
    (tmp_path / used).write_text(str(100 * 2**20))
    own, pressed = MadeGroup(tmp_path, version), []
    monkeypatch.setattr(memory, "group", lambda _pid, _controller: own)
    monkeypatch.setattr(memory, "identify", lambda pid: Process(pid, 5))
    monkeypatch.setattr(
        memory, "_press", lambda _own, size: pressed.append(size) or os.open("/dev/null", os.O_RDONLY)
    )
    harm = memory.MemoryLimit(MadeContainers(A))
    assert list(harm.left(A)) == []
    harm.begin("i1", {"container": "A", "limit_bytes": 64 * 2**20})
    got = int((tmp_path / limit).read_text())
    assert got - sum(pressed) == 64 * 2**20
    assert bool(pressed) == (version == 1)
    harm.again("A")
    assert len(pressed) <= 1, "a network that was connected is no restart"
    assert [left.what for left in harm.left(A)] == [f"a has {got // 2**20} MiB of memory instead of all"]
    harm.end("i1", {"container": "A", "limit_bytes": 64 * 2**20})
    assert (tmp_path / limit).read_text() == unlimited
    harm.end("i1", {"container": "A", "limit_bytes": 64 * 2**20})


def test_what_presses_is_the_groups_and_goes_when_it_is_closed(tmp_path):
    """The program that fills it joins the group first."""
    descriptor = memory._press(Group(tmp_path, 2), 200_000)
    assert os.fstat(descriptor).st_size == 4 * 64 * 1024
    assert (tmp_path / "cgroup.procs").read_text().strip().isdigit()
    os.close(descriptor)


def test_a_limit_that_cannot_be_set_is_an_error(tmp_path):
    """It names the container."""
    own = Group(tmp_path / "memory.max" / "no", 2)
    (tmp_path / "memory.max").write_text("")
    with pytest.raises(Failed, match="a: its memory limit could not be set"):
        memory._set(A, own, 2**20)


# Slots -------------------------------------------------------------------------------------


def test_the_state_of_a_refusal():
    """An error tells its SQLSTATE; a question for the password is none."""
    assert slots._refusal(b"R\0\0\0\x08\0\0\0\x03") == ""
    assert slots._refusal(b"E\0\0\0\x30SFATAL\0C53300\0Msorry\0\0") == slots.FULL
    assert slots._refusal(b"E\0\0\0\x05\0") == "unknown"


def test_nobodys_address_is_nobodys():
    """The address that is told instead is one for documentation."""
    from harness.faults.catalogue import Dns

    assert ipaddress.ip_address(Dns.wrong("a").address) in ipaddress.ip_network("192.0.2.0/24")


# Clocks ------------------------------------------------------------------------------------


@pytest.fixture
def clocked(tmp_path, monkeypatch):
    """A container whose root is a folder here; its file is its own."""
    (tmp_path / "etc").mkdir()
    named = Container("A", "a", pid=1, labels={clocks.LABEL: "/etc/faketimerc"})
    place = {"FAKETIME_TIMESTAMP_FILE": "/etc/faketimerc"}
    monkeypatch.setattr(clocks, "root_of", lambda _pid: tmp_path)
    monkeypatch.setattr(clocks, "environment", lambda _pid: dict(place))
    monkeypatch.setattr(clocks, "told", lambda _pid: (2, 3))
    return SimpleNamespace(container=named, file=tmp_path / "etc" / "faketimerc", place=place)


@pytest.mark.parametrize(
    ("by_s", "text"), [(300, "+300.000\n"), (-2.5, "-2.500\n"), (3e8, "+300000000.000\n")]
)
def test_a_skewed_clock_is_a_file_that_is_found_and_removed(clocked, by_s, text):
    """In seconds with a sign, for everybody to read; without it the time is right, and twice is as good."""
    harm = clocks.ClockSkew(MadeContainers(clocked.container))
    assert list(harm.left(clocked.container)) == []
    harm.begin("i1", {"container": "A", "by_s": by_s})
    assert clocked.file.read_text() == text
    assert clocked.file.stat().st_mode & 0o777 == 0o644
    assert [each.what for each in harm.left(clocked.container)] == [
        f"a has its clock off by {text.strip()} s"
    ]
    for _ in range(2):
        harm.end("i1", {"container": "A"})
        assert list(clocked.file.parent.iterdir()) == []


def test_what_was_down_at_the_heal_is_right_when_it_runs_again(clocked):
    """And what is still wanted stays over a restart."""
    running, down = clocked.container, replace(clocked.container, pid=0)
    made = MadeContainers(running)
    harm = clocks.ClockSkew(made)
    harm.begin("i1", {"container": "A", "by_s": 5})
    harm.again("A")
    assert clocked.file.exists()
    made.known["A"] = down
    harm.end("i1", {"container": "A"})
    assert clocked.file.exists()
    made.known["A"] = running
    harm.again("A")
    assert not clocked.file.exists()


def test_one_clock_is_skewed_once(clocked):
    """And the one that was refused takes nothing of the other's away."""
    harm = clocks.ClockSkew(MadeContainers(clocked.container))
    harm.begin("i1", {"container": "A", "by_s": 5})
    with pytest.raises(Refused, match="a has a skewed clock of i1 already"):
        harm.begin("i2", {"container": "A", "by_s": 7})
    harm.end("i2", {"container": "A"})
    assert clocked.file.read_text() == "+5.000\n"


def test_a_container_whose_processes_would_not_notice_is_refused(clocked, monkeypatch):
    """No label; another file than they read; no library."""
    with pytest.raises(Refused, match=r"b has no clock .* no label harness\.clock"):
        clocks.ClockSkew(MadeContainers(B)).begin("i1", {"container": "B", "by_s": 5})
    harm = clocks.ClockSkew(MadeContainers(clocked.container))
    clocked.place["FAKETIME_TIMESTAMP_FILE"] = "/elsewhere"
    with pytest.raises(Refused, match="runs with FAKETIME_TIMESTAMP_FILE=/elsewhere"):
        harm.begin("i1", {"container": "A", "by_s": 5})
    clocked.place["FAKETIME_TIMESTAMP_FILE"] = "/etc/faketimerc"
    monkeypatch.setattr(clocks, "told", lambda _pid: (0, 3))
    with pytest.raises(Refused, match="its image needs"):
        harm.begin("i2", {"container": "A", "by_s": 5})
    assert not clocked.file.exists()
