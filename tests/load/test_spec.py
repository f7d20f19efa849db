"""Where the load may go is checked before anything starts."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.errors import LoadError
from harness.load.spec import LoadSpec, is_loopback
from harness.workload import Load

HERE = Path(__file__)


def spec(**keys):
    given = {
        "locustfile": HERE, "host": "http://127.0.0.1:80", "run_id": "r", "seed": 1, "load": Load(mix={"a": 1}),
        "longest_s": 1.0, "history": HERE.parent / "h.jsonl",
    }  # fmt: skip
    return LoadSpec(**given | keys)


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "127.9.9.9", "::1", "localhost", "LOCALHOST", "::ffff:127.0.0.1"]
)
def test_loopback_is_what_never_leaves_the_machine(host):
    """By name or by any of its addresses."""
    assert is_loopback(host)


@pytest.mark.parametrize(
    "host", [None, "", "10.0.0.1", "0.0.0.0", "::", "bank.example", "127.0.0.1.bank.example", "128.0.0.1"]
)
def test_everything_else_is_not(host):
    """No name server is asked, so a name is not trusted."""
    assert not is_loopback(host)


@pytest.mark.parametrize(
    "url",
    [
        "http://10.0.0.1:80",
        "http://bank.example",
        "127.0.0.1:80",
        "ftp://127.0.0.1",
        "http://127.0.0.1@a.example",
        "",
    ],
)
def test_a_load_on_another_machine_is_refused(url):
    """Before anything starts."""
    with pytest.raises(LoadError, match="loopback"):
        spec(host=url)


def test_a_missing_locustfile_is_named(tmp_path):
    """With the key of the Compose file that names it."""
    with pytest.raises(LoadError, match="x-harness"):
        spec(locustfile=tmp_path / "none.py")


def test_a_spec_survives_the_command_line():
    """What the child reads is what the parent meant."""
    assert LoadSpec.from_json(spec().to_json()) == spec()
