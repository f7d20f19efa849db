"""Breakable disks on a real engine: made, found again, given back; judged by the kernel's own lists."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from harness.stack.compose import Stack, take_down
from harness.stack.disks import attached

pytestmark = pytest.mark.stack

TINY = Path(__file__).parent / "tiny"
PROJECTS = tuple(f"disklab-{os.getpid()}{other}" for other in ("", "-b"))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A working folder; whatever of the projects is left at the end is taken away."""
    with contextlib.chdir(tmp_path_factory.mktemp("work")):
        yield
        for project in PROJECTS:
            take_down(project)
            images = [f"{project}-tiny", f"{project}-harness-agent"]
            subprocess.run(["docker", "rmi", "--force", *images], check=False, capture_output=True)


def mounted(project):
    """The project's devices that are mounted: device -> where, by the kernel's word."""
    lines = [line.split() for line in Path("/proc/mounts").read_text().splitlines()]
    return {words[0]: words[1] for words in lines if words[0] in attached(project)}


def test_disks_come_and_go_with_their_project(folder):
    """Each store on a device of its own; a second project beside it; plain again; nothing left of either."""
    first, second = (Stack.load(TINY, project=project, parts=["disks"]) for project in PROJECTS)
    first.up()
    devices = set(attached(first.project))
    assert len(devices) == 3
    assert set(mounted(first.project)) == devices
    second.up()
    assert len(attached(second.project)) == 3
    assert not devices & set(attached(second.project))
    assert second.down().disks
    assert (set(attached(first.project)), attached(second.project)) == (devices, {})

    # The harness forgot everything: the same devices are found again, with what is on them.
    (first.state_dir / "disks.json").unlink()
    before = {c.id for c in first.engine.containers(first.project)}
    Stack.load(TINY, project=first.project, parts=["disks"]).up()
    assert {c.id for c in first.engine.containers(first.project)} == before
    assert set(attached(first.project)) == devices

    Stack.load(TINY, project=first.project).up()
    assert attached(first.project) == {}
    first.down()


@pytest.mark.soak
def test_mirrors_go_with_their_project_also_those_that_lack_legs(folder):
    """Both devices of each store, also lost ones of a dead node, when the agent is dead and heals nothing."""
    project = PROJECTS[0]
    stack = Stack.load(TINY, project=project, parts=["mirrors"])
    stack.up()
    devices = set(attached(project))
    assert len(devices) == 6
    assert len(mounted(project)) == 3
    legs = {path.rpartition("/")[2]: device for device, path in attached(project).items()}
    lost = {
        legs[name]: label
        for name, label in (("store-1.b.img", True), ("store-2.a.img", False), ("store-2.b.img", False))
    }
    lose = f"from program import legs; [legs.lose([legs.leg_of({project!r}, d)], label=l) for d, l in {lost}.items()]"
    agent = stack.agent_container()
    subprocess.run(["docker", "exec", agent, "python3", "-c", lose], check=True)
    subprocess.run(
        ["docker", "kill", agent, next(n.container for n in stack.nodes() if n.name == "store-2")], check=True
    )
    assert [Path(f"/sys/block/{device[5:]}/size").read_text() for device in lost] == ["8\n"] * 3
    assert set(stack.down().disks) == devices
    assert attached(project) == {}


@pytest.mark.parametrize(
    ("part", "after_s"),
    [("disks", 0.3), ("disks", 1.5), pytest.param("mirrors", 0.3, marks=pytest.mark.soak)],
)
def test_sigkill_while_it_comes_up_leaves_nothing_that_down_does_not_find(folder, part, after_s):
    """Whenever it is killed: the devices bear the project's name, and no harness is needed to know it."""
    project = PROJECTS[0]
    command = [sys.executable, "-m", "harness.cli"]
    words = ["--stack", str(TINY), "--project", project]
    env = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    with subprocess.Popen(
        [*command, "up", f"--{part}", *words], env=env, stderr=subprocess.PIPE, text=True
    ) as up:
        for line in up.stderr:  # the images are there from the first time on
            if line.startswith("starting") or "exporting" in line:
                break
        time.sleep(after_s)
        up.send_signal(signal.SIGKILL)
    done = subprocess.run([*command, "down", *words], env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert attached(project) == {}
    assert mounted(project) == {}
    label = f"label=com.docker.compose.project={project}"
    for kind in ("container", "volume", "network"):
        listed = ["docker", kind, "ls", "-q", "--filter", label, *(["--all"] if kind == "container" else [])]
        assert subprocess.run(listed, capture_output=True, text=True, check=True).stdout == ""
