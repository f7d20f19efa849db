"""The effect of each fault of disks, seen from inside the nodes: not by the agent that made it."""

from __future__ import annotations

import os
import signal
import subprocess

import pytest
from faultlab import docker, start_victim, until
from test_faults_mutants import Mutant

from harness.errors import AgentError
from harness.faults.catalogue import (
    BitFlip,
    DiskError,
    DiskFull,
    Kill,
    NearlyFull,
    PowerCut,
    ReadOnly,
    SlowDisk,
)
from harness.faults.journal import heal_from_journal

pytestmark = pytest.mark.stack


def inside(lab, name, script):
    """What a script in a node prints, or the error it ends with."""
    done = subprocess.run(
        ["docker", "exec", lab.ids[name], "bash", "-c", script], capture_output=True, text=True, check=False
    )
    return done.stdout.strip() or done.stderr.strip().rpartition(": ")[2]


def writes(lab, name):
    """Whether a write and its fsync go well in a node."""
    return inside(lab, name, "dd if=/dev/zero of=/data/try bs=4k count=1 conv=fsync status=none && echo ok")


def test_a_dead_disk_fails_every_call_and_survives_a_restart(lab, injector):
    """Reads and writes give EIO, also after whoever restarts the node; the heal mounts it anew, with its files."""
    assert inside(lab, "store", "echo kept > /data/kept && sync /data/kept && cat /data/kept") == "kept"
    injector.inject("i1", DiskError("store"))
    assert writes(lab, "store") == "Input/output error"
    assert inside(lab, "store", "cat /data/kept") == "Input/output error"
    assert writes(lab, "store-2") == "ok", "another node's disk is another disk"
    again = subprocess.run(
        ["docker", "restart", "--time", "0", lab.ids["store"]], capture_output=True, check=False
    )
    assert again.returncode != 0, "a node on a dead disk does not start"
    injector.heal("i1")
    assert (writes(lab, "store"), inside(lab, "store", "cat /data/kept")) == ("ok", "kept")
    assert lab.evidence()["verdict"] == "pass"


FRESH = "cd /data; rm -f synced unsynced; sync"
BEFORE = f"{FRESH}; echo kept > synced; sync synced .; echo lost > unsynced; cat synced unsynced"


def test_a_power_cut_loses_what_was_not_fsynced_and_nothing_else(lab, injector):
    """The one file is there, the other is empty or gone; the node is down until the heal."""
    assert inside(lab, "store", BEFORE).split() == ["kept", "lost"]
    injector.inject("i1", PowerCut("store+store-2"))
    assert [lab.state(name)["State"]["Running"] for name in ("store", "store-2")] == [False, False]
    injector.heal("i1")
    assert inside(lab, "store", "cat /data/synced") == "kept"
    assert inside(lab, "store", "cat /data/unsynced 2> /dev/null; echo end") == "end"
    assert lab.evidence()["verdict"] == "pass"


def test_a_kill_is_no_power_cut_and_the_evidence_says_so(lab, injector):
    """It unmounts, which writes out: what was not fsynced survives, so the run would be inconclusive."""
    assert inside(lab, "store", BEFORE).split() == ["kept", "lost"]
    steps = Kill("store").plan(lab).inject
    injector.inject("i1", Mutant(PowerCut("store"), {"inject": steps}))
    injector.heal("i1")
    assert inside(lab, "store", "cat /data/unsynced") == "lost"
    assert lab.evidence()["verdict"] == "inconclusive"
    assert "its power was not cut" in lab.evidence()["why"]


def test_sigkill_of_the_harness_brings_the_disk_back(lab, tmp_path):
    """The agent heals at the end of its pipe: the node runs and its disk works."""
    victim = start_victim(lab, tmp_path / "journal.jsonl", "disk")
    assert writes(lab, "store") == "Input/output error"
    os.kill(victim.pid, signal.SIGKILL)
    victim.wait()
    print(f"works again after {until(lambda: writes(lab, 'store') == 'ok', 20, 'the disk'):.2f} s")


def test_a_dead_disk_is_found_by_looking_when_the_agent_died_too(lab, tmp_path):
    """Its container is killed, its notes are gone: the next session sees the disk, and the sweep mends it."""
    victim = start_victim(lab, tmp_path / "journal.jsonl", "disk")
    docker("exec", lab.agent_id, "sh", "-c", "rm -rf /var/lib/harness-agent/*")
    docker("restart", "--time", "0", lab.agent_id)
    victim.kill()
    victim.wait()
    with lab.connect() as agent:
        assert agent.leftovers() == ["store's disk at /data is dead"]
        assert heal_from_journal(agent, tmp_path / "journal.jsonl") == []
        assert agent.leftovers() == []
    assert writes(lab, "store") == "ok"


def test_what_is_no_breakable_disk_is_never_shut_down(lab, injector):
    """The agent looks at the device itself: a place on the host's own disk is refused before anything is done."""
    plan = DiskError("store").plan(lab)
    wrong = tuple({**step, "path": "/etc/hosts"} for step in plan.inject)
    with pytest.raises(
        AgentError, match=r"store has no disk of faultlab-.* at /etc/hosts; nothing else is broken"
    ):
        injector.inject("i1", Mutant(DiskError("store"), {"inject": wrong}))
    assert writes(lab, "store") == "ok"


FREE = "df --output=avail -B1 /data | tail -1"


def test_a_full_disk_takes_no_new_byte_and_keeps_what_it_has(lab, injector):
    """A new write fails with ENOSPC, one over what is there goes well; room that is made is taken too."""
    before = int(inside(lab, "store", f"head -c 9000000 /dev/zero > /data/old; sync; {FREE}"))
    injector.inject("i1", DiskFull("store"))
    assert writes(lab, "store") == "No space left on device"
    assert (
        inside(
            lab, "store", "dd if=/dev/zero of=/data/old bs=4k conv=notrunc,fsync count=9 status=none; echo $?"
        )
        == "0"
    )
    inside(lab, "store", "rm /data/old; sync")
    until(lambda: int(inside(lab, "store", FREE)) < 1_000_000, 2, "the room that was made to be taken")
    assert writes(lab, "store") == "No space left on device"
    injector.heal("i1")
    assert writes(lab, "store") == "ok"
    assert int(inside(lab, "store", FREE)) > before


def test_a_nearly_full_disk_works_and_has_little_room(lab, injector):
    """What is left is what was asked for, and it can be written."""
    injector.inject("i1", NearlyFull("store", leave_mb=32))
    assert 30 * 2**20 < int(inside(lab, "store", FREE)) <= 33 * 2**20
    assert writes(lab, "store") == "ok"
    injector.heal("i1")
    assert int(inside(lab, "store", FREE)) > 100 * 2**20
    assert lab.evidence()["verdict"] == "pass"


def seconds(lab, name):
    """How long a node takes to have 256 kB on its disk."""
    write = "dd if=/dev/zero of=/data/try bs=32k count=8 conv=fsync status=none"
    script = f"s=${{EPOCHREALTIME/./}}; {write} && echo $((${{EPOCHREALTIME/./}} - s))"
    return int(inside(lab, name, script)) / 1e6


def test_a_slow_disk_takes_its_time(lab, injector):
    """256 kB at 256 kB/s take a second, also after a restart of the node; another node's are as quick as before."""
    assert seconds(lab, "store") < 0.5
    injector.inject("i1", SlowDisk("store", rate_kb_per_s=256))
    assert 0.8 < seconds(lab, "store") < 5
    assert seconds(lab, "store-2") < 0.5
    docker("restart", "--time", "0", lab.ids["store"])
    until(lambda: seconds(lab, "store") > 0.8, 5, "the limit after a restart")
    injector.heal("i1")
    assert seconds(lab, "store") < 0.5


def test_full_and_slow_disks_are_found_by_looking(lab, injector, agent):
    """Whatever anybody noted: the ballast lies there, the limit is in the control group; the sweep mends both."""
    injector.inject("i1", DiskFull("store"))
    injector.inject("i2", SlowDisk("store-2", rate_kb_per_s=256))
    with lab.connect() as other:
        left = ["store's disk at /data is filled", "store-2's disk at /data is slowed"]
        assert sorted(other.leftovers()) == sorted(left)
    assert injector.heal_all() == []
    assert agent.leftovers() == []
    assert writes(lab, "store") == "ok"


def bits_that_differ(lab, name):
    """Of a node's relation, as it reads it past its cache, from the page that was put there."""
    read = "dd if=/data/relation iflag=direct bs=8k status=none"
    script = f"cmp -l <({read}) /relation.page | while read -r _ is was; do echo $((8#$is ^ 8#$was)); done"
    return inside(lab, name, script)


def test_one_bit_flips_and_the_node_is_rebuilt(lab, injector):
    """One bit of one byte is another on the disk; the heal empties the disk, and what the node then has is right."""
    inside(lab, "store", "echo old > /data/old")
    injector.inject("i1", BitFlip("store", relation="page", database="lab"))
    assert bits_that_differ(lab, "store") == "1"
    assert bits_that_differ(lab, "store-2") == ""
    injector.heal("i1")
    assert bits_that_differ(lab, "store") == ""
    assert inside(lab, "store", "ls -A /data") == "relation"
    assert lab.evidence()["verdict"] == "pass"


def test_a_read_only_disk_can_be_read_and_its_writers_are_gone(lab, injector):
    """Who had a file open for writing is killed; writes fail with EROFS, reads go well; the heal lets writes in."""
    docker("exec", "--detach", lab.ids["store"], "bash", "-c", "exec 3>> /data/held; exec sleep 1000")
    until(lambda: inside(lab, "store", "pgrep --full '[s]leep 1000$'").isdigit(), 5, "the writer")
    injector.inject("i1", ReadOnly("store"))
    assert writes(lab, "store") == "Read-only file system"
    assert inside(lab, "store", "cat /data/held && echo read") == "read"
    assert inside(lab, "store", "pgrep --full '[s]leep 1000$'; echo none") == "none"
    assert writes(lab, "store-2") == "ok"
    injector.heal("i1")
    assert writes(lab, "store") == "ok"
    assert lab.evidence()["verdict"] == "pass"
