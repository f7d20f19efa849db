"""Mirrors: the volumes that x-harness names, on two devices each, instead of disks. No engine is asked."""

from __future__ import annotations

import pytest

from harness import Experiment, Injection, MirrorHalfLost, Rto
from harness.errors import StackModelError
from harness.stack import compose, disks, mirrors
from harness.stack.compose import Stack
from harness.stack.disks import Disk
from harness.stack.mirrors import override
from harness.stack.parts import beside, known_parts

SECTION = """\
x-harness:
  groups: {ledger: {nodes: [ledger-1, ledger-2, ledger-3]}}
  disks: {ledger: {volume: /var/lib/ledger, size_mb: 400}}
  clocks: [ledger]
"""


def test_a_node_knows_its_mirror_and_has_no_disk(stack_folder) -> None:
    """A fault of the other kind finds nothing that it could break."""
    folder = stack_folder(SECTION)
    nodes = {node.name: node for node in Stack.load(folder, parts=["mirrors"])._planned_nodes()}
    assert (nodes["ledger-1"].mirror, nodes["ledger-1"].disk) == ("/var/lib/ledger", None)
    assert nodes["edge"].mirror is None
    plain = Stack.load(folder, parts=["disks"])._planned_nodes()
    assert {node.mirror for node in plain} == {None}


def test_disks_and_mirrors_are_never_together(stack_folder) -> None:
    """They are two kinds of the same volumes; the error says what to do."""
    with pytest.raises(StackModelError, match=r"disks and mirrors: .* never two of them.* two experiments"):
        Stack.load(stack_folder(SECTION), parts=["mirrors", "disks"])
    assert known_parts(["mirrors", "clocks"]) == {"mirrors", "clocks"}


def test_a_session_has_what_it_needs_and_besides_what_can_be_there() -> None:
    """Disks for those who need neither: there are more of them."""
    every = {"disks", "mirrors", "clocks"}
    assert beside(frozenset(), every) == {"disks", "clocks"}
    assert beside(frozenset({"clocks"}), every) == {"disks", "clocks"}
    assert beside(frozenset({"mirrors"}), every) == {"mirrors", "clocks"}
    assert beside(frozenset({"mirrors"}), ()) == {"mirrors"}


def test_a_stack_with_mirrors_is_another_than_one_with_disks(stack_folder) -> None:
    """So the one is built anew when the other is wanted."""
    folder = stack_folder(SECTION)
    with_disks, with_mirrors = (Stack.load(folder, parts=[part])._marks for part in ("disks", "mirrors"))
    assert with_disks != with_mirrors
    assert compose._identity_words(with_mirrors) == "no variant, no profile, mirrors"


def test_the_override_puts_each_volume_on_both_devices() -> None:
    """As the engine's local driver takes it; the agent sees the devices and the files behind them, and nobody else."""
    made = override("p", {"l1": ("/dev/loop7", "/dev/loop8")})
    assert made["volumes"]["l1"] == {
        "driver": "local",
        "driver_opts": {"type": "btrfs", "device": "/dev/loop7", "o": "device=/dev/loop8"},
    }
    assert made["volumes"]["harness-disks"] == {"name": "p_harness-disks", "external": True}
    assert list(made["services"]) == ["harness-agent"]
    assert made["services"]["harness-agent"]["volumes"] == ["/dev:/dev", "harness-disks:/disks"]


def test_nothing_is_made_when_every_leg_is_there(monkeypatch) -> None:
    """Each volume on the devices that hold its files, in order."""
    there = {"/dev/loop0": "/harness-disks/p/l1.a.img", "/dev/loop1": "/harness-disks/p/l1.b.img"}
    monkeypatch.setattr(mirrors, "attached", lambda _project: there)
    wanted = (Disk("l1", 300),)
    assert mirrors.is_ready("p", wanted, override("p", {"l1": ("/dev/loop0", "/dev/loop1")}))
    assert not mirrors.is_ready("p", wanted, override("p", {"l1": ("/dev/loop1", "/dev/loop0")}))
    assert not mirrors.is_ready("p", wanted, override("p", {"l1": ("/dev/loop0", "/dev/loop2")}))
    assert not mirrors.is_ready(
        "p", (*wanted, Disk("l2", 300)), override("p", {"l1": ("/dev/loop0", "/dev/loop1")})
    )
    assert not mirrors.is_ready("p", wanted, disks.override({}))


def test_an_experiment_that_loses_half_a_mirror_needs_mirrors() -> None:
    """By the fault's own word."""
    injections = [Injection(MirrorHalfLost("ledger-1"), at_s=10, for_s=5)]
    assert Experiment(hypothesis="h", expect=[Rto(max_s=1)], injections=injections).parts == {"mirrors"}
