"""The agent's view of breakable disks: what is one, and that nothing else is."""

from __future__ import annotations

import errno

import pytest

from harness.agent.program import disks, loops, rot, throttle
from harness.agent.program.containers import Container
from harness.agent.program.evidence.disk import DiskProbe
from harness.agent.program.processes import Process
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
        disks_with(tmp_path).shut("c", place)


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

    monkeypatch.setattr(loops, "run", run)
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

    monkeypatch.setattr(loops, "run", run)
    monkeypatch.setattr(loops, "attached", lambda _project: dict(there))
    assert loops.prepare("p", {"l1": 300}, tmp_path) == {"l1": "/dev/loop4"}
    assert there == {}


@pytest.mark.parametrize("version", [1, 2])
def test_a_rate_is_limited_by_either_version_of_control_groups(tmp_path, version):
    """The group is found by what the kernel says of the process; a limit is set, seen and taken away."""
    paths = ["9:blkio:/docker/x", "0::/"] if version == 1 else ["0::/system.slice/docker-x.scope"]
    (tmp_path / "7").mkdir()
    (tmp_path / "7" / "cgroup").write_text("\n".join(paths) + "\n")
    group = tmp_path / ("blkio/docker/x" if version == 1 else "system.slice/docker-x.scope")
    group.mkdir(parents=True)
    (group / "io.max").touch()
    found = throttle.of_process(7, tmp_path, tmp_path)
    assert (found.version, found.group) == (version, group)
    found.limit("7:3", 256000)
    if version == 1:
        assert (group / "blkio.throttle.write_bps_device").read_text() == "7:3 256000"
        assert (group / "blkio.throttle.read_bps_device").read_text() == "7:3 256000"
    else:
        assert (group / "io.max").read_text() == "7:3 rbps=256000 wbps=256000"
    assert found.limited() == ["7:3"]
    found.limit("7:3", None)
    name = "blkio.throttle.write_bps_device" if version == 1 else "io.max"
    assert (group / name).read_text() == ("7:3 0" if version == 1 else "7:3 rbps=max wbps=max")


def test_a_kernel_that_limits_nothing_is_named(tmp_path):
    """It is never passed over in silence."""
    (tmp_path / "7").mkdir()
    (tmp_path / "7" / "cgroup").write_text("0::/x\n")
    with pytest.raises(Failed, match=r"neither blkio nor io\.max"):
        throttle.of_process(7, tmp_path, tmp_path)


class MadeDisks:
    """What each write there comes to."""

    def __init__(self, *outcomes):
        self._outcomes = list(outcomes)

    def try_out(self, _container, _place):
        return self._outcomes.pop(0)


def looked_at(error, *outcomes):
    """A probe that looked once before the fault, then once a second during it, and once after the heal."""
    probe = DiskProbe("c", "/data", errno.errorcode[error], MadeDisks(0, *outcomes), MadeContainers(7))
    probe.tick(0.0)
    probe.items[0].begin(0.5)
    for at in range(1, len(outcomes)):
        probe.tick(float(at))
    probe.items[0].heal(len(outcomes) - 0.5)
    probe.tick(float(len(outcomes)))
    return probe.items[0]


FULL = errno.ENOSPC


def test_room_that_a_node_on_a_full_disk_has_just_made_is_counted_and_no_gap():
    """It is taken at once: one write in between goes well, and the evidence says how many did."""
    item = looked_at(FULL, FULL, 0, FULL, 0, FULL, 0)
    assert item.gaps == []
    assert item.measured == "2 writes found room that the node had just made"
    assert item.gone_at is None, "gone is seen by the second write that goes well"


def test_room_that_stays_is_a_gap():
    """Then the disk is not full."""
    assert len(looked_at(FULL, FULL, 0, 0, FULL, 0).gaps) == 1


def test_a_dead_disk_never_takes_a_write():
    """Nothing excuses one."""
    item = looked_at(errno.EIO, errno.EIO, 0, errno.EIO, 0)
    assert (len(item.gaps), item.gone_at) == (1, 4.0)


@pytest.mark.parametrize(
    ("there", "user_of"), [([Process(30, 300), Process(20, 200)], 20), ([], None)], ids=["server", "none"]
)
def test_the_file_is_asked_for_as_the_user_of_the_database_server(monkeypatch, there, user_of):
    """Of the eldest of its processes: the node's first one may be an init that is root's, whom it does not let in."""
    asked = []

    def run(_found, _command, _within, _env, user_of):
        asked.append(user_of)
        return {"code": 0, "output": "/data/base/1\n", "errors": ""}

    monkeypatch.setattr(rot, "run", run)
    monkeypatch.setattr(rot, "matching", lambda _pid, _pattern: there)
    assert rot.Rot(MadeDisks(), MadeContainers(7)).locate("c", "/data", ["psql"]) == "base/1"
    assert asked == [user_of]
