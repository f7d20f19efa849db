"""No node of the reference stack has a way out, by the kernel's own word. Nothing is sent beyond this machine."""

from __future__ import annotations

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest
from looking import containers

pytestmark = pytest.mark.stack

OUTSIDE = ("198.51.100.1", "2001:db8::1")
"""Addresses for documentation: the kernel is asked for its route there, and nothing is sent."""
_CONNECT = """
import socket, sys
try:
    socket.create_connection((sys.argv[1], 9), 0.5).close()
except TimeoutError:
    sys.exit(1)
except OSError as error:
    sys.exit(0 if isinstance(error, ConnectionRefusedError) else 1)
"""
"""Ends with 0 when the host answered, be it with a refusal."""


def docker(*words):
    return subprocess.run(["docker", *words], capture_output=True, text=True, check=True).stdout.strip()


def ends_well(pid, *argv):
    """Whether a program of this machine ends with 0 in the network namespace of a process."""
    done = subprocess.run(["nsenter", "-t", pid, "-n", *argv], capture_output=True, check=False)
    return done.returncode == 0


def gateways(container):
    """The host's own addresses on the container's networks."""
    networks = json.loads(docker("inspect", "--format", "{{json .NetworkSettings.Networks}}", container))
    configs = (json.loads(docker("network", "inspect", name))[0]["IPAM"]["Config"] for name in networks)
    return [pool["Gateway"].partition("/")[0] for pools in configs for pool in pools if pool.get("Gateway")]


def ways_out(container, pid):
    """How a node could get to the host, or beyond it."""
    return [
        *(f"a route to {there}" for there in OUTSIDE if ends_well(pid, "ip", "route", "get", there)),
        *(
            f"the host at {own}"
            for own in gateways(container)
            if ends_well(pid, sys.executable, "-c", _CONNECT, own)
        ),
    ]


def test_no_node_has_a_way_out(harness_command):
    """Every node of the stack, and the agent itself; the edge's published port answers all the same."""
    up = harness_command("up")
    assert up.returncode == 0, up.stderr
    nodes = containers(harness_command.project)
    names = [one["name"] for one in nodes]
    assert len(names) == 12
    with ThreadPoolExecutor() as pool:  # most of it is waiting for what nobody answers
        open_ways = dict(zip(names, pool.map(ways_out, names, (one["pid"] for one in nodes)), strict=True))
    assert not any(open_ways.values()), open_ways


def test_an_ordinary_container_has_both():
    """The negative control: what the test above looks for is there when nobody takes it away."""
    name = docker("run", "--detach", "--rm", "debian:trixie-slim", "sleep", "60")
    try:
        pid = docker("inspect", "--format", "{{.State.Pid}}", name)
        seen = ways_out(name, pid)
    finally:
        docker("rm", "--force", name)
    assert f"a route to {OUTSIDE[0]}" in seen
    assert any(way.startswith("the host at ") for way in seen)
