"""Paths that can fail: how services start with the pass-through. No engine is asked."""

from __future__ import annotations

import pytest

from harness.errors import StackModelError
from harness.stack.files import stack_files
from harness.stack.model import load_model
from harness.stack.paths import override

SECTION = """\
x-harness:
  groups: {ledger: {nodes: [ledger-1, ledger-2, ledger-3]}}
  paths: {ledger: /var/lib/ledger}
"""


def image(entry=("tini", "--"), command=("start", "$HOME"), user=""):
    return lambda _name: (list(entry), list(command), user)


def made(section, starts):
    volumes = {"volumes": [{"type": "volume", "source": "db", "target": "/data"}]}
    return override("p", {"db": "/data"}, {"services": {"db": volumes | section}}, starts)["services"]["db"]


def test_every_service_of_the_group_has_one(stack_folder) -> None:
    """Over the volume that the group names."""
    model = load_model(stack_files(stack_folder(SECTION)))
    assert model.need_paths() == dict.fromkeys(("ledger-1", "ledger-2", "ledger-3"), "/var/lib/ledger")


@pytest.mark.parametrize(
    ("section", "command"),
    [
        ({}, ["tini", "--", "start", "$$HOME"]),
        ({"command": ["run", "$$X"]}, ["tini", "--", "run", "$$X"]),
        ({"entrypoint": ["go"]}, ["go"]),
        ({"entrypoint": ["go"], "command": ["on"]}, ["go", "on"]),
    ],
)
def test_it_starts_what_the_service_starts(section, command) -> None:
    """By Compose's own rules, and a dollar of the image is no variable of Compose."""
    service = made(section, image())
    assert service["entrypoint"] == ["/harness-passthrough/passthrough", "/data", "--"]
    assert service["command"] == command
    assert service["labels"]["harness.passthrough"] == "/data"


@pytest.mark.parametrize("user", ["postgres", "1000:1000"])
def test_a_service_that_does_not_start_as_root_is_refused(user) -> None:
    """By its image, or by its section; with what to do."""
    for section, starts in (({}, image(user=user)), ({"user": user}, image())):
        with pytest.raises(StackModelError, match=r"db starts as .*only root"):
            made(section, starts)
    assert made({"user": "root"}, image(user=user))


def test_a_service_without_a_command_is_refused() -> None:
    """There would be nothing to start."""
    with pytest.raises(StackModelError, match="db has no command"):
        made({}, image((), ()))


def test_a_service_without_that_volume_is_refused() -> None:
    """The pass-through would have nothing to lie over."""
    with pytest.raises(StackModelError, match="db has no volume at /data"):
        made({"volumes": [{"type": "volume", "source": "db", "target": "/other"}]}, image())


def test_an_unknown_group_is_named(stack_folder) -> None:
    """With its line."""
    with pytest.raises(StackModelError, match="there is no group 'leger'"):
        load_model(stack_files(stack_folder("x-harness:\n  paths: {leger: /data}\n")))
