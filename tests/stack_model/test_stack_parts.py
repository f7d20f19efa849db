"""The parts of a stack: their names, and how those of a stack that is up are known again."""

from __future__ import annotations

import json
import re

import pytest

from harness.errors import StackModelError
from harness.stack.compose import Stack
from harness.stack.parts import PARTS, check_parts, known_parts, parts_that_are_up

SECTION = """\
x-harness:
  groups: {ledger: {nodes: [ledger-1, ledger-2, ledger-3]}}
  disks: {ledger: {volume: /var/lib/ledger, size_mb: 400}}
  clocks: [ledger]
"""


def test_an_unknown_part_is_refused_by_name() -> None:
    """With those that there are."""
    with pytest.raises(StackModelError, match=f"'wings': a stack has no part .*{', '.join(PARTS)}"):
        known_parts(["disks", "wings"])


@pytest.mark.parametrize("part", PARTS)
def test_a_part_that_the_stack_does_not_name_is_refused(stack_folder, part: str) -> None:
    """Before anything is touched, with the key to add."""
    with pytest.raises(StackModelError, match=r"x-harness\."):
        check_parts([part], Stack.load(stack_folder()).model)


def test_a_volume_is_not_both_breakable_and_under_a_pass_through(stack_folder) -> None:
    """The pass-through would hide the disk from who breaks it."""
    section = SECTION + "  paths: {ledger: /var/lib/ledger}\n"
    with pytest.raises(StackModelError, match="on mirrors or under a pass-through"):
        Stack.load(stack_folder(section), parts=["disks", "paths"])
    assert Stack.load(stack_folder(section), parts=["clocks", "paths"]).parts == {"clocks", "paths"}


@pytest.mark.parametrize("part", PARTS)
def test_it_can_be_asked_for_by_hand(part: str) -> None:
    """Each is an option of `harness up`."""
    from click.testing import CliRunner

    from harness.cli import main

    assert re.search(rf"--{part}\b", CliRunner().invoke(main, ["up", "--help"]).output)


@pytest.mark.parametrize(
    ("kept", "parts"),
    [
        ({}, set()),
        ({"parts": ["clocks", "disks"]}, {"clocks", "disks"}),
        ({"parts": []}, set()),
        ({"disks": True, "clocks": False}, {"disks"}),
    ],
)
def test_what_a_stack_is_up_with_is_known_again(kept, parts) -> None:
    """Also what an older harness kept: a truth value a part."""
    assert parts_that_are_up(kept) == parts


def test_a_stack_that_is_up_with_an_unknown_part_is_refused(stack_folder, tmp_path, monkeypatch) -> None:
    """As a newer harness may have left it; `harness down` then goes by the label alone."""
    monkeypatch.chdir(tmp_path)
    folder = stack_folder(SECTION)
    state = Stack.load(folder, "p", parts=["disks"]).state
    state.write("up.json", {"parts": ["disks"]})
    assert Stack.as_it_is_up(folder, "p").parts == {"disks"}
    state.path.joinpath("up.json").write_text(json.dumps({"parts": ["wings"]}))
    with pytest.raises(StackModelError, match="wings"):
        Stack.as_it_is_up(folder, "p")
