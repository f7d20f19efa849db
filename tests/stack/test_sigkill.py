"""SIGKILL of the harness at random moments leaves nothing injected: judged by looking at the system."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from killing import wait_for_a_random_moment
from looking import containers, harm, left

from harness.clock import now

pytestmark = pytest.mark.stack

HERE = Path(__file__).parent
TINY = HERE / "tiny"


@pytest.fixture(scope="module")
def project():
    """The tiny stack's project; it goes by the command that users have."""
    name = f"sigkill-{os.getpid()}"
    os.environ["HARNESS_PROJECT"] = name
    yield name
    done = subprocess.run(
        [sys.executable, "-m", "harness.cli", "down", "--stack", str(TINY)],
        check=False,
        capture_output=True,
        text=True,
    )
    os.environ.pop("HARNESS_PROJECT")
    assert done.returncode == 0, done.stderr
    assert left(name) == []


def between_journal_and_effect(journal: Path, timeline: Path) -> bool:
    """Whether the kill fell after the undo was on disk and before the effect was told."""
    lines = [json.loads(line) for line in journal.read_text().splitlines() if line.endswith("}")]
    if not lines or lines[-1].get("healed"):
        return False
    told = timeline.read_text() if timeline.exists() else ""
    seen = [json.loads(line) for line in told.splitlines() if line.endswith("}")]
    return not any(e["kind"] == "in_effect" and e["injection"] == lines[-1]["id"] for e in seen)


def clean_after_s(project: str, deadline_s: float) -> float:
    """Seconds until nothing is harmed; fails with what is left when it never is."""
    began = now()
    while (found := harm(project)) and now() - began < deadline_s:
        time.sleep(0.01)
    assert not found, found
    return now() - began


def kill_and_look(project: str, folder: Path, number: int, part: str) -> tuple[float, bool]:
    choose = random.Random(number)
    folder.mkdir()
    journal = Path.cwd() / ".harness" / project / "journal.jsonl"
    with subprocess.Popen(
        [sys.executable, str(HERE / "victim.py"), str(TINY), str(folder), str(number), part],
        stdout=subprocess.PIPE,
        text=True,
    ) as victim:
        assert victim.stdout.readline() == "ready\n"
        wait_for_a_random_moment(journal, choose)
        victim.send_signal(signal.SIGKILL)
    took = clean_after_s(project, deadline_s=10.0)
    return took, between_journal_and_effect(journal, folder / "timeline.jsonl")


def kills(project: str, folder: Path, count: int, part: str = "disks") -> None:
    results = [kill_and_look(project, folder / str(number), number, part) for number in range(count)]
    between = sum(hit for _, hit in results)
    slowest = max(took for took, _ in results)
    print(
        f"{count} kills, {between} between the journal's line and the effect; clean after {slowest:.3f} s at most"
    )
    assert between * 4 >= count, f"only {between} of {count} kills fell between the journal and the effect"
    assert len(containers(project)) == 5


def test_half_a_dozen_kills_leave_nothing_injected(project, tmp_path):
    """Whatever the moment, the agent heals everything and all nodes run."""
    kills(project, tmp_path, 6)


@pytest.mark.soak
def test_two_hundred_kills_leave_nothing_injected(project, tmp_path):
    """The same, two hundred times."""
    kills(project, tmp_path, 200)


@pytest.mark.soak
def test_two_dozen_kills_leave_every_mirror_whole(project, tmp_path):
    """The same stack on mirrors: no leg lacks, and every node runs on both."""
    kills(project, tmp_path, 24, "mirrors")


@pytest.mark.soak
def test_two_dozen_kills_leave_no_path_that_fails(project, tmp_path):
    """The same stack under pass-throughs: every write goes well and in time."""
    kills(project, tmp_path, 24, "paths")
