"""Tries what the stack needs of the engine, on throw-away containers and a throw-away network.

The *target* publishes a port on the loopback and answers one word on it. The *probes* are confined as the
agent is, and enter the target's network namespace: one looks, the other takes its way out away.
"""

from __future__ import annotations

import secrets
import socket
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass

from harness.stack.doctor.place import LABEL, confinement, throw_away
from harness.stack.doctor.report import Row
from harness.stack.setup.base_image import BASE_IMAGE
from harness.stack.setup.program import Outcome, run

__all__ = ["container_rows"]

_RUN_S = 30.0
_ANSWER_S = 5.0
_WORD = b"doctor"
_OLD = ("--filter", f"label={LABEL}", "--filter", "until=5m")

# Perl is in every Debian image; nothing else there can listen.
_LISTEN = (
    "use IO::Socket::INET; $SIG{$_} = sub { exit } for qw(TERM ALRM); alarm 60;"
    " $s = IO::Socket::INET->new(LocalPort => 8080, Listen => 5, ReuseAddr => 1) or die $!;"
    " while ($c = $s->accept) { print $c 'doctor'; close $c }"
)

# The base image has no ip program. SIOCDELRT with a struct rtentry: destination, gateway and mask of no
# address, flags of a gateway's route; asked again until there is none left.
_DROP_ROUTES = (
    "socket($s, 2, 2, 0) or die $!; $any = pack(q(S x14), 2);"
    " $route = pack(q(L! a16 a16 a16 S x6), 0, $any, $any, $any, 3) . chr(0) x 64;"
    " 1 while ioctl($s, 0x890C, $route)"
)


@dataclass(frozen=True, slots=True)
class _Trial:
    name: str
    attempt: Callable[[str], Outcome]
    enables: str
    mend: str


def container_rows(*, ready: bool) -> tuple[Row, ...]:
    """Try each; nothing is left of it.

    Args:
        ready: whether the engine and the base image are there.
    """
    if not ready:
        return tuple(_row(trial, None, "needs the engine and the base image") for trial in _TRIALS)
    with _target() as (name, started), ThreadPoolExecutor(len(_TRIALS)) as pool:
        if not started.ok:
            return tuple(_row(trial, False, started.said) for trial in _TRIALS)
        outcomes = list(pool.map(lambda trial: trial.attempt(name), _TRIALS))
    return tuple(_row(trial, each.ok, each.said) for trial, each in zip(_TRIALS, outcomes, strict=True))


@contextmanager
def _target() -> Iterator[tuple[str, Outcome]]:
    name = f"harness-doctor-{secrets.token_hex(4)}"
    command = throw_away(
        name, "--rm", "--detach", "--publish", "127.0.0.1::8080", BASE_IMAGE, "perl", "-e", _LISTEN
    )
    try:
        yield name, run(command, timeout_s=_RUN_S)
    finally:
        run(["docker", "rm", "--force", "--volumes", name], timeout_s=_RUN_S)
        # What a doctor that was killed left: containers end by themselves, a network does not.
        run(["docker", "network", "prune", "--force", *_OLD], timeout_s=_RUN_S)


def _publish(target: str) -> Outcome:
    """Read the target's word through the port that the engine picked."""
    asked = run(["docker", "port", target, "8080/tcp"], timeout_s=_RUN_S)
    if not asked.ok:
        return asked
    address = asked.out.split()[0]
    deadline = time.monotonic() + _ANSWER_S
    while time.monotonic() < deadline:
        if _word(int(address.rpartition(":")[2])) == _WORD:
            return Outcome(0, f"{address} answered", "")
        time.sleep(0.02)
    return Outcome(1, "", f"{address} did not answer within {_ANSWER_S:g} s")


def _word(port: int) -> bytes:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1) as connection:
            return connection.recv(len(_WORD))
    except OSError:
        return b""


def _enter(target: str) -> Outcome:
    """Look at the target's interfaces from outside it: an address of its network is among them."""
    form = "{{range .NetworkSettings.Networks}}{{.IPAddress}} {{end}}"
    asked = run(["docker", "inspect", "--format", form, target], timeout_s=_RUN_S)
    address = next(iter(asked.out.split()), "")
    looked = _probe(target, "prober", "cat /proc/net/fib_trie")
    if not looked.ok or not address:
        return looked if address else Outcome(1, "", "the target has no address")
    seen = address in looked.out.split()
    return (
        Outcome(0, f"saw its address {address}", "")
        if seen
        else Outcome(1, "", f"{address} is not seen there")
    )


def _pause(target: str) -> Outcome:
    """Freeze and thaw the target, which needs the freezer of either version of cgroups."""
    paused = run(["docker", "pause", target], timeout_s=_RUN_S)
    thawed = run(["docker", "unpause", target], timeout_s=_RUN_S)
    version = run(["docker", "info", "--format", "{{.CgroupVersion}}"], timeout_s=_RUN_S)
    if not (paused.ok and thawed.ok):
        return paused if not paused.ok else thawed
    return Outcome(0, f"version {version.out.strip()}, froze and thawed", "")


def _contain(target: str) -> Outcome:
    """Do to the target what the agent does to the edge: put it on an internal network, take its way out.

    Its published port must still answer. Nothing is sent anywhere but there.
    """
    network = f"{target}-net"
    made = run(["docker", "network", "create", "--internal", "--label", LABEL, network], timeout_s=_RUN_S)
    try:
        joined = run(["docker", "network", "connect", network, target], timeout_s=_RUN_S) if made.ok else made
        routes = (
            _probe(target, "routes", f"perl -e '{_DROP_ROUTES}' && cat /proc/net/route")
            if joined.ok
            else joined
        )
        if not routes.ok:
            return routes
        if has_default_route(routes.out):
            return Outcome(1, "", "its default route stays")
        answered = _publish(target)
        return Outcome(0, "no way out, and the port still answers", "") if answered.ok else answered
    finally:
        run(["docker", "network", "disconnect", "--force", network, target], timeout_s=_RUN_S)
        run(["docker", "network", "rm", network], timeout_s=_RUN_S)


def _probe(target: str, task: str, command: str) -> Outcome:
    """Run a command of the base image in the target's network namespace, confined as the agent is."""
    asked = run(["docker", "inspect", "--format", "{{.State.Pid}}", target], timeout_s=_RUN_S)
    if not asked.ok:
        return asked
    name = f"{target}-{task}"
    options = ["--rm", "--pid", "host", *confinement(), BASE_IMAGE]
    entered = ["nsenter", "--target", asked.out.strip(), "--net", "sh", "-c", command]
    try:
        return run([*throw_away(name, *options), *entered], timeout_s=_RUN_S)
    finally:
        run(["docker", "rm", "--force", name], timeout_s=_RUN_S)


def has_default_route(routes: str) -> bool:
    """Whether /proc/net/route, as printed, holds a route to everywhere."""
    rows = [line.split() for line in routes.splitlines()[1:]]
    return any(row[1:2] == ["00000000"] and row[7:8] == ["00000000"] for row in rows)


def _row(trial: _Trial, ok: bool | None, found: str) -> Row:  # noqa: FBT001  # it is the row's own field
    return Row(name=trial.name, ok=ok, found=found, enables=trial.enables, mend=trial.mend, required=True)


_TRIALS = (
    _Trial(
        "published port", _publish, "the load reaches the edge, on the loopback alone", "See the engine's log"
    ),
    _Trial(
        "containment",
        _contain,
        "the stack has no way out, and is reached all the same",
        "See the engine's log",
    ),
    _Trial(
        "nsenter",
        _enter,
        "network faults, and asking a node that is cut off",
        "Allow the engine to grant SYS_ADMIN, SYS_PTRACE and NET_ADMIN, and pid: host (no rootless engine)",
    ),
    _Trial(
        "cgroup freezer", _pause, "Pause", "Mount the cgroup hierarchy (version 2, or version 1 with freezer)"
    ),
)
