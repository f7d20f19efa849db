"""Ports that a stack publishes: free, apart, and the same for as long as it lives."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from harness.errors import StackError
from harness.stack import free_ports
from harness.stack.free_ports import keep_ports


def test_fresh_ports_are_free_and_apart() -> None:
    """Each can be bound on loopback, none is given twice, and none is one that the kernel gives to clients."""
    ports = keep_ports({}, [f"PORT_{number}" for number in range(20)])
    assert len(set(ports.values())) == 20
    first = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    for port in ports.values():
        assert 10240 <= port < first
        with socket.create_server(("127.0.0.1", port)):
            pass


def test_a_known_port_stays_and_an_old_name_goes() -> None:
    """Whether it is free is not asked again: the stack itself holds it."""
    with socket.create_server(("127.0.0.1", 0)) as held:
        port = held.getsockname()[1]
        assert keep_ports({"EDGE": port, "OLD": 7}, ["EDGE"]) == {"EDGE": port}


def test_a_port_in_use_is_not_picked(monkeypatch) -> None:
    """Where only two are left and one is taken, it is the other; where none is, that is said."""
    monkeypatch.setattr(free_ports, "_clients_from", lambda: free_ports._FIRST + 2)
    with socket.create_server(("127.0.0.1", free_ports._FIRST)):
        assert keep_ports({}, ["A"]) == {"A": free_ports._FIRST + 1}
        with pytest.raises(StackError, match="no port from 10240 to 10241 is free"):
            keep_ports({"A": free_ports._FIRST + 1}, ["A", "B"])
