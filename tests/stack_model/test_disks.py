"""Breakable disks: which volumes lie on them, and how they are found again. No engine is asked."""

from __future__ import annotations

import pytest

from harness import Experiment, Injection, Kill, Rto
from harness.errors import StackModelError
from harness.stack import compose, disks, teardown
from harness.stack.compose import Stack
from harness.stack.disks import Disk, attached, disks_of, override
from harness.stack.files import stack_files
from harness.stack.model import load_model

SECTION = """\
x-harness:
  groups: {ledger: {nodes: [ledger-1, ledger-2, ledger-3]}}
  disks: {ledger: {volume: /var/lib/ledger, size_mb: 400}}
"""


def config_of(volumes, place):
    """Compose's merged files, with a volume at that place in some services."""
    services = {f"ledger-{number}": {} for number in (1, 2, 3)}
    for service, volume in volumes.items():
        other = {"type": "volume", "source": "other", "target": "/other"}
        services[service]["volumes"] = [other, {"type": "volume", "source": volume, "target": place}]
    return {"services": services}


def model_of(folder):
    return load_model(stack_files(folder))


def test_each_node_of_the_group_has_its_own_disk(stack_folder) -> None:
    """The named volume at that place, whichever other volumes the node has; no other group has one."""
    config = config_of({"ledger-1": "l1", "ledger-2": "l2", "ledger-3": "l3"}, "/var/lib/ledger")
    assert disks_of(model_of(stack_folder(SECTION)), config) == (
        Disk("l1", 400),
        Disk("l2", 400),
        Disk("l3", 400),
    )


def test_a_node_without_that_volume_is_named(stack_folder) -> None:
    """A bind mount at that place is no volume; the error says where and what to add."""
    config = config_of({"ledger-1": "l1", "ledger-2": "l2"}, "/var/lib/ledger")
    config["services"]["ledger-3"]["volumes"] = [
        {"type": "bind", "source": "/x", "target": "/var/lib/ledger"}
    ]
    with pytest.raises(StackModelError, match=r"ledger-3 has no named volume at /var/lib/ledger"):
        disks_of(model_of(stack_folder(SECTION)), config)


@pytest.mark.parametrize(
    ("section", "said"),
    [
        ("disks: {leger: {volume: /x}}", "there is no group 'leger'"),
        ("disks: {ledger-1: {volume: x}}", "disks.ledger-1.volume"),
        ("disks: {ledger-1: {volume: /x, size_mb: 299}}", "greater than or equal to 300"),
        ("disks: {ledger-1: {size_mb: 300}}", "lacks the key 'volume'"),
    ],
)
def test_a_mistake_is_named(stack_folder, section: str, said: str) -> None:
    """An unknown group, a relative place, a disk too small for XFS, no place at all."""
    with pytest.raises(StackModelError, match=said):
        model_of(stack_folder(f"x-harness:\n  {section}\n"))


def test_disks_that_the_stack_does_not_name_are_refused(stack_folder) -> None:
    """Before anything is touched, with the key to add."""
    with pytest.raises(StackModelError, match=r"x-harness\.disks"):
        Stack.load(stack_folder(), parts=["disks"])


def test_a_node_knows_its_disk_only_when_the_stack_has_them(stack_folder) -> None:
    """Without disks a fault that needs one finds none."""
    folder = stack_folder(SECTION)
    with_disks = {node.name: node.disk for node in Stack.load(folder, parts=["disks"])._planned_nodes()}
    assert with_disks["ledger-1"] == "/var/lib/ledger"
    assert with_disks["edge"] is None
    assert {node.disk for node in Stack.load(folder)._planned_nodes()} == {None}


def test_the_override_puts_each_volume_on_its_device() -> None:
    """As the engine's local driver takes it."""
    assert override({"l1": "/dev/loop7"})["volumes"] == {
        "l1": {"driver": "local", "driver_opts": {"type": "xfs", "device": "/dev/loop7"}}
    }


def test_devices_are_found_by_the_project_in_their_path(tmp_path) -> None:
    """Also when the file is deleted; never another project's, were its name the beginning of ours."""
    for number, backing in enumerate(
        [
            "/harness-disks/p/l1.img",
            "/harness-disks/p-2/l1.img",
            "/harness-disks/p/l2.img (deleted)",
            "/x/p/l.img",
        ]
    ):
        folder = tmp_path / f"loop{number}" / "loop"
        folder.mkdir(parents=True)
        (folder / "backing_file").write_text(f"{backing}\n")
    assert list(attached("p", tmp_path)) == ["/dev/loop0", "/dev/loop2"]
    assert list(attached("p-2", tmp_path)) == ["/dev/loop1"]


def test_nothing_is_made_when_every_disk_is_there(monkeypatch) -> None:
    """Each volume on the device that holds its file: another number, a missing or a further disk is not ready."""
    there = {"/dev/loop0": "/harness-disks/p/l1.img", "/dev/loop1": "/harness-disks/p/l2.img"}
    monkeypatch.setattr(disks, "attached", lambda _project: there)
    wanted = (Disk("l1", 300), Disk("l2", 300))
    assert disks.is_ready("p", wanted, override({"l1": "/dev/loop0", "l2": "/dev/loop1"}))
    assert not disks.is_ready("p", wanted, override({"l1": "/dev/loop1", "l2": "/dev/loop0"}))
    assert not disks.is_ready("p", wanted, override({"l1": "/dev/loop0", "l2": "/dev/loop2"}))
    assert not disks.is_ready(
        "p", (*wanted, Disk("l3", 300)), override({"l1": "/dev/loop0", "l2": "/dev/loop1"})
    )
    assert not disks.is_ready("p", wanted, {})


def test_taking_down_gives_the_disks_back_last(monkeypatch) -> None:
    """When no volume is left; and it is not over before they are gone."""
    done: list[str] = []
    there = {"/dev/loop0": "/harness-disks/p/l1.img"}

    class Engine:
        def __init__(self) -> None:
            self.volumes = {"v": "v"}

        def leftovers(self, _project: str) -> dict[str, dict[str, str]]:
            return {"containers": {}, "networks": {}, "volumes": dict(self.volumes)}

        def remove(self, kind: str, ident: str) -> None:
            done.append(f"{kind} {ident}")
            self.volumes.pop(ident)

    def release(_engine: Engine, project: str) -> None:
        done.append(f"disks of {project}")
        there.clear()

    monkeypatch.setattr(teardown, "attached", lambda _project: dict(there))
    monkeypatch.setattr(teardown, "release", release)
    assert teardown.tear_down(Engine(), "p").disks == ("/dev/loop0",)
    assert done == ["volumes v", "disks of p"]


class Needy(Kill):
    """A fault that needs disks."""

    parts = frozenset({"disks"})


def test_an_experiments_parts_are_its_faults() -> None:
    """Purely: a fault that says nothing needs nothing."""
    injections = [Injection(Kill("ledger-1"), at_s=10, for_s=1)]
    expect = [Rto(max_s=1)]
    assert Experiment(hypothesis="h", expect=expect, injections=injections).parts == frozenset()
    injections.append(Injection(Needy("ledger-1"), at_s=10, for_s=1))
    assert Experiment(hypothesis="h", expect=expect, injections=injections).parts == {"disks"}


def test_disks_are_part_of_what_a_stack_is_up_with(stack_folder, monkeypatch) -> None:
    """So a warm stack without them is built anew for a run that needs them, and the other way round."""
    folder = stack_folder(SECTION)
    assert Stack.load(folder)._marks != Stack.load(folder, parts=["disks"])._marks
    assert "breakable disks" in compose._identity_words(Stack.load(folder, parts=["disks"])._marks)
