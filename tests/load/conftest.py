"""A server to load, and a load to put on it; both in processes of their own, on loopback."""

from __future__ import annotations

import json
import subprocess
import sys
import time
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import pytest

from harness.load.process import LoadProcess, LoadSpec
from harness.workload import Load

HERE = Path(__file__).parent


@dataclass
class NullServer:
    port: int

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def seen(self):
        """Every idempotency key in the order of arrival."""
        with urllib.request.urlopen(f"{self.url}/seen", timeout=10) as answer:
            return [key for key in json.load(answer) if key]


@pytest.fixture
def null_server():
    """Starts servers in a mode each; they end with the test."""
    yield from _servers("null_server.py")


@pytest.fixture
def users_server():
    """The same, of servers that know people."""
    yield from _servers("users_server.py")


@pytest.fixture
def payments_server():
    """The same, of servers that know who may pay and approve."""
    yield from _servers("payments_server.py")


@pytest.fixture
def life_server():
    """The same, of servers that know a payment's whole life."""
    yield from _servers("life_server.py")


def _servers(program):
    started = []

    def start(mode="good"):
        process = subprocess.Popen(
            [sys.executable, HERE / program, mode],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        return NullServer(int(process.stdout.readline()))

    yield start
    for process in started:
        process.communicate(timeout=20)


@pytest.fixture
def load_of(tmp_path):
    """Makes a load process that writes its history into the test's own folder."""

    def make(
        url,
        *,
        locustfile=HERE / "open_locustfile.py",
        on_tick=lambda _tick: None,
        longest_s=60.0,
        secrets=MappingProxyType({}),
        **load,
    ):
        load = {"rate_per_s": 40, "client_timeout_s": 0.5} | load
        spec = LoadSpec(
            locustfile=Path(locustfile), host=url, run_id="r1", seed=7, load=Load(**load), longest_s=longest_s,
            history=tmp_path / "history.jsonl", set_up_max_s=10.0,
        )  # fmt: skip
        return LoadProcess(spec, on_tick, secrets)

    return make


@pytest.fixture
def eventually():
    """Waits for something to become true, and says what did not."""

    def wait(holds, what, within_s=30.0):
        deadline = time.monotonic() + within_s
        while not holds():
            assert time.monotonic() < deadline, f"not within {within_s:g} s: {what}"
            time.sleep(0.05)

    return wait


@pytest.fixture
def locustfile(tmp_path):
    """Writes a locustfile."""

    def write(text):
        path = tmp_path / "given_locustfile.py"
        path.write_text(text)
        return path

    return write
