"""Tries what the stack needs of the engine, on two throw-away containers and a throw-away network.

The *target* publishes a port on the loopback and answers one word on it. The *prober* is confined as the
agent is, enters the target's network namespace and looks whether it is another one than its own. A third
look is from an internal network: it must have no way out.
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

# Perl is in every Debian image; nothing else there can listen.
_LISTEN = (
    "use IO::Socket::INET; $SIG{TERM} = sub { exit };"
    " $s = IO::Socket::INET->new(LocalPort => 8080, Listen => 5, ReuseAddr => 1) or die $!;"
    " while ($c = $s->accept) { print $c 'doctor'; close $c }"
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
    command = throw_away(name, "--detach", "--publish", "127.0.0.1::8080", BASE_IMAGE, "perl", "-e", _LISTEN)
    try:
        yield name, run(command, timeout_s=_RUN_S)
    finally:
        run(["docker", "rm", "--force", "--volumes", name], timeout_s=_RUN_S)


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
    """Enter the target's network namespace from a container that is confined as the agent is."""
    asked = run(["docker", "inspect", "--format", "{{.State.Pid}}", target], timeout_s=_RUN_S)
    look = f"nsenter -t {asked.out.strip()} -n readlink /proc/self/ns/net && readlink /proc/self/ns/net"
    name = f"{target}-prober"
    command = throw_away(name, "--rm", "--pid", "host", *confinement(), BASE_IMAGE, "sh", "-c", look)
    try:
        outcome = run(command, timeout_s=_RUN_S)
    finally:
        run(["docker", "rm", "--force", name], timeout_s=_RUN_S)
    entered = outcome.out.split()
    if outcome.ok and len(set(entered)) == 2:  # noqa: PLR2004  # the target's and its own
        return Outcome(0, f"entered {entered[0]}", "")
    return outcome if not outcome.ok else Outcome(1, "", f"stayed in {entered}")


def _pause(target: str) -> Outcome:
    """Freeze and thaw the target, which needs the freezer of either version of cgroups."""
    paused = run(["docker", "pause", target], timeout_s=_RUN_S)
    thawed = run(["docker", "unpause", target], timeout_s=_RUN_S)
    version = run(["docker", "info", "--format", "{{.CgroupVersion}}"], timeout_s=_RUN_S)
    if not (paused.ok and thawed.ok):
        return paused if not paused.ok else thawed
    return Outcome(0, f"version {version.out.strip()}, froze and thawed", "")


def _internal(target: str) -> Outcome:
    """Look at the routes of a container on an internal network; nothing is sent."""
    network = f"{target}-net"
    made = run(["docker", "network", "create", "--internal", "--label", LABEL, network], timeout_s=_RUN_S)
    if not made.ok:
        return made
    name = f"{target}-inner"
    try:
        command = throw_away(name, "--rm", "--network", network, BASE_IMAGE, "cat", "/proc/net/route")
        routes = run(command, timeout_s=_RUN_S)
    finally:
        run(["docker", "rm", "--force", name], timeout_s=_RUN_S)
        run(["docker", "network", "rm", network], timeout_s=_RUN_S)
    if routes.ok and has_default_route(routes.out):
        return Outcome(1, "", "an internal network has a default route")
    return Outcome(0, "an internal network has no way out", "") if routes.ok else routes


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
    _Trial("internal network", _internal, "containment: the stack has no way out", "See the engine's log"),
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
