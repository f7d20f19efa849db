"""The effect of each fault of mirrors, seen from inside the node and on the devices: not by the agent that made it."""

from __future__ import annotations

import os
import re
import signal
from pathlib import Path

import pytest
from faultlab import docker, start_victim, until
from test_faults_disks import inside, writes

from harness.faults.catalogue import MirrorBothLost, MirrorHalfLost
from harness.faults.journal import heal_from_journal
from harness.stack.disks import attached

pytestmark = pytest.mark.stack

FILL = "head -c 20000000 /dev/urandom > /data/big; sync; sha256sum < /data/big"


def legs(lab):
    """The devices of the twin's mirror, in order."""
    found = {path.rpartition("/")[2]: device for device, path in attached(lab.project).items()}
    return [found["twin.a.img"], found["twin.b.img"]]


def sizes(lab):
    """How many bytes each leg has, by the kernel's word."""
    return [int(Path(f"/sys/block/{leg[5:]}/size").read_text()) * 512 for leg in legs(lab)]


def btrfs(lab, script):
    """What btrfs itself says of the twin's mirror, in a mount of its own."""
    first, second = legs(lab)
    mount = f"mount -t btrfs -o device={second} {first} /mnt && trap 'umount /mnt' EXIT"
    return docker("exec", lab.agent_id, "bash", "-c", f"{mount}; {script} 2>&1")


def differ(lab):
    """How many blocks of one leg are wrong, by a scrub that mends nothing (-r)."""
    said = btrfs(lab, "btrfs scrub start -B -r /mnt")
    found = re.search(r"csum=(\d+)", said)
    assert found or "no errors found" in said, said
    return int(found[1]) if found else 0


def test_half_a_mirror_goes_on_and_is_made_whole(lab, injector):
    """The node reads what it had and writes more while a leg has no block; then one leg alone holds all of it."""
    before = inside(lab, "twin", FILL)
    pid = lab.pid("twin")
    injector.inject("i1", MirrorHalfLost("twin"))
    assert sizes(lab) == [300 * 2**20, 4096]
    assert writes(lab, "twin") == "ok"
    assert inside(lab, "twin", "sha256sum < /data/big") == before
    # Of this nothing is committed yet when the heal begins: it is in the log alone.
    later = inside(
        lab, "twin", "head -c 9000000 /dev/urandom > /data/later; sync /data/later; sha256sum < /data/later"
    )
    injector.heal("i1")
    assert lab.evidence()["verdict"] == "pass", lab.evidence()
    assert sizes(lab) == [300 * 2**20] * 2
    assert lab.pid("twin") == pid, "it ran on"
    assert differ(lab) == 0
    assert set(re.findall(r"_errs\s+(\d+)", btrfs(lab, "btrfs device stats /mnt"))) == {"0"}
    profiles = re.findall(
        r"^(?:Data|Metadata|System), (\w+)", btrfs(lab, "btrfs filesystem df /mnt"), re.MULTILINE
    )
    assert set(profiles) == {"RAID1"}

    # The proof that the second leg holds everything: without the first.
    docker("kill", lab.ids["twin"])
    first, second = legs(lab)
    alone = (
        f"btrfs device scan --forget {first}; mount -t btrfs -o degraded,ro {second} /mnt && trap 'umount /mnt' EXIT;"
        "sha256sum < /mnt/big; sha256sum < /mnt/later"
    )
    assert docker("exec", lab.agent_id, "bash", "-c", alone).splitlines() == [before, later]
    docker("start", lab.ids["twin"])


def test_without_both_legs_everything_is_gone_and_the_node_begins_anew(lab, injector):
    """Every write fails; the heal gives it an empty disk, and what was there is nowhere."""
    inside(lab, "twin", FILL)
    injector.inject("i1", MirrorBothLost("twin"))
    assert sizes(lab) == [4096] * 2
    assert writes(lab, "twin") in ("Input/output error", "Read-only file system")
    injector.heal("i1")
    assert lab.evidence()["verdict"] == "pass", lab.evidence()
    assert inside(lab, "twin", "ls -A /data") == "relation", "what a fresh node makes itself"
    assert writes(lab, "twin") == "ok"
    assert differ(lab) == 0


@pytest.mark.parametrize("fault", ["half", "both"])
def test_sigkill_of_the_harness_gives_the_legs_back(lab, tmp_path, fault):
    """The agent heals at the end of its pipe."""
    victim = start_victim(lab, tmp_path / "journal.jsonl", fault)
    assert sizes(lab)[1] == 4096
    os.kill(victim.pid, signal.SIGKILL)
    victim.wait()
    took = until(lambda: sizes(lab) == [300 * 2**20] * 2 and writes(lab, "twin") == "ok", 30, "the mirror")
    print(f"whole again after {took:.2f} s")


def test_a_lost_leg_is_found_by_looking_when_the_agent_died_too(lab, tmp_path):
    """Also while the node is down, which cannot start on half a mirror: its leg is given back first."""
    victim = start_victim(lab, tmp_path / "journal.jsonl", "half")
    docker("exec", lab.agent_id, "sh", "-c", "rm -rf /var/lib/harness-agent/*")
    docker("restart", "--time", "0", lab.agent_id)
    victim.kill()
    victim.wait()
    docker("kill", lab.ids["twin"])
    with lab.connect() as agent:
        lost = f"twin's mirror at /data lacks {legs(lab)[1]}"
        assert agent.leftovers() == [lost, "twin is down (exit code 137)"]
        assert heal_from_journal(agent, tmp_path / "journal.jsonl") == []
        assert agent.leftovers() == []
    assert writes(lab, "twin") == "ok"
    assert differ(lab) == 0
