"""The agent's view of breakable disks: what is one, and that nothing else is."""

from __future__ import annotations

import pytest

from harness.agent.program import disks, loops
from harness.agent.program.containers import Container
from harness.agent.program.refusal import Failed, Refused

MOUNTS = """\
36 35 254:0 / / rw,relatime - overlay overlay rw,lowerdir=/x
40 36 7:3 / /var/lib/ledger rw,relatime - xfs /dev/loop3 rw,inode64
41 36 7:4 / /with\\040blank rw,relatime - xfs /dev/loop4 ro,inode64
42 36 254:0 /etc/hosts /etc/hosts rw,relatime - ext4 /dev/vda rw
43 36 7:5 / /other rw,relatime - xfs /dev/loop5 rw
"""


class MadeContainers:
    def __init__(self, pid):
        self._pid = pid

    def get(self, container):
        return Container(container, "ledger-1", pid=self._pid)


def disks_with(tmp_path, pid=7):
    (tmp_path / "7").mkdir()
    (tmp_path / "7" / "mountinfo").write_text(MOUNTS)
    for number, backing in {
        "7:3": "/harness-disks/p/l1.img",
        "7:4": "/harness-disks/p/l2.img",
        "7:5": "/iso",
    }.items():
        (tmp_path / number / "loop").mkdir(parents=True)
        (tmp_path / number / "loop" / "backing_file").write_text(f"{backing}\n")
    return disks.Disks(MadeContainers(pid), "p", tmp_path, tmp_path)


def test_only_loop_devices_of_the_project_are_breakable(tmp_path):
    """Neither the root, nor a bind mount, nor a loop device of anybody else."""
    found = disks_with(tmp_path).of(Container("c", "ledger-1", pid=7))
    assert [(disk.place, disk.read_only) for disk in found] == [
        ("/var/lib/ledger", False),
        ("/with blank", True),
    ]


@pytest.mark.parametrize("place", ["/", "/etc/hosts", "/other", "/nowhere", "/var/lib"])
def test_everything_else_is_refused(tmp_path, place):
    """Before anything is opened."""
    with pytest.raises(Refused, match=f"ledger-1 has no disk of p at {place}; nothing else is broken"):
        disks_with(tmp_path).shut("c", place, pin=False)


def test_a_node_that_is_down_has_no_disk_to_break(tmp_path):
    """It is said so; and nothing can be tried on it."""
    down = disks_with(tmp_path, pid=0)
    with pytest.raises(Failed, match="ledger-1 does not run"):
        down.find("c", "/var/lib/ledger")
    assert down.try_out("c", "/var/lib/ledger") is None


def test_a_half_made_disk_is_never_taken_for_one(tmp_path, monkeypatch):
    """It gets its name when it is whole; a rest of an earlier attempt goes; a second time nothing is made."""
    ran = []

    def run(*argv):
        ran.append(argv)
        return "/dev/loop9" if argv[0] == "losetup" else ""

    monkeypatch.setattr(loops, "_run", run)
    monkeypatch.setattr(loops, "attached", lambda _project: {})
    place = tmp_path / "harness-disks" / "p"
    place.mkdir(parents=True)
    (place / "l1.new").write_text("half")
    assert loops.prepare("p", {"l1": 300}, tmp_path) == {"l1": "/dev/loop9"}
    assert (place / "l1.img").stat().st_size == 300 * 2**20
    assert [argv[0] for argv in ran] == ["mkfs.xfs", "losetup"]

    monkeypatch.setattr(loops, "attached", lambda _project: {"/dev/loop9": "/disks/harness-disks/p/l1.img"})
    assert loops.prepare("p", {"l1": 300}, tmp_path) == {"l1": "/dev/loop9"}
    assert len(ran) == 2


def test_a_device_on_a_deleted_file_is_of_an_earlier_life(tmp_path, monkeypatch):
    """It is given back, and a fresh disk is made."""
    there = {"/dev/loop3": "/harness-disks/p/l1.img (deleted)"}

    def run(*argv):
        if argv[:2] == ("losetup", "--detach"):
            there.pop(argv[2])
        return "/dev/loop4"

    monkeypatch.setattr(loops, "_run", run)
    monkeypatch.setattr(loops, "attached", lambda _project: dict(there))
    assert loops.prepare("p", {"l1": 300}, tmp_path) == {"l1": "/dev/loop4"}
    assert there == {}
