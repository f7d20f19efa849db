"""A stack of one's own, with an ordinary locustfile and a test that steers by hand: pytest as its user runs it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from looking import left

pytestmark = pytest.mark.stack

TINY = Path(__file__).parent / "tiny"
INI = """
[pytest]
addopts = -p no:locust --strict-markers
harness_experiments = experiments
harness_stack = stack
"""
LOCUSTFILE = """
from locust import HttpUser, constant_pacing, task

class Visitor(HttpUser):
    wait_time = constant_pacing(0.2)

    @task
    def look(self):
        self.client.get("/", name="/")
        self.client.post("/", name="/")
"""
EXPERIMENT = '''"""The published node dies under an ordinary load and comes back where it was."""
from harness import Experiment, Healed, Injection, Kill, Load, Phases, Rto

experiment = Experiment(
    hypothesis="the web node comes back",
    load=Load(rate_per_s=10),
    injections=[Injection(Kill("web"), at_s=3, for_s=2)],
    phases=Phases(baseline_s=3, recovery_max_s=30, sustained_s=3),
    expect=[Rto(max_s=15), Healed()],
)
'''
BY_HAND = """
import time
import urllib.request
import pytest
from harness import Kill

def get(address):
    with urllib.request.urlopen(address, timeout=2) as answer:
        return answer.status

def within_10_s(seen):
    until = time.monotonic() + 10
    while time.monotonic() < until:
        try:
            if seen():
                return True
        except OSError:
            pass
        time.sleep(0.1)
    return False

def test_the_published_node_keeps_its_address(stack, chaos):
    address = stack.stack.published()
    assert get(address) == 200
    kill = chaos.inject(Kill("web"))
    with pytest.raises(OSError):
        get(address)
    chaos.heal(kill)
    assert stack.stack.published() == address
    assert within_10_s(lambda: get(address) == 200)
    assert [one.evidence for one in chaos.timeline.injections] == ["pass"]

def test_what_a_test_leaves_injected_is_healed_after_it(chaos):
    chaos.inject(Kill("store-1"))

def test_the_next_test_finds_the_stack_whole(stack):
    assert within_10_s(lambda: stack.why_not_whole() == []), stack.why_not_whole()
"""


@pytest.fixture
def place(tmp_path):
    """A user's folder with a copy of the tiny stack; nothing of its project stays."""
    shutil.copytree(TINY, tmp_path / "stack")
    (tmp_path / "stack" / "locustfile.py").write_text(LOCUSTFILE)
    (tmp_path / "pytest.ini").write_text(INI)
    (tmp_path / "experiments").mkdir()
    (tmp_path / "experiments" / "web_kill.py").write_text(EXPERIMENT)
    (tmp_path / "test_by_hand_inner.py").write_text(BY_HAND)
    yield tmp_path
    project = f"byhand-{os.getpid()}"
    subprocess.run(["docker", "rmi", "--force", f"{project}-tiny", f"{project}-harness-agent"],
                   check=False, capture_output=True)  # fmt: skip


def test_experiments_and_tests_by_hand_share_one_stack(place):
    """Faults on the published node work, an ordinary locustfile is a closed load, and nothing is left."""
    project = f"byhand-{os.getpid()}"
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "experiments", "test_by_hand_inner.py", "-p", "no:cacheprovider"],
        cwd=place,
        env={**os.environ, "HARNESS_PROJECT": project},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout[-5000:] + done.stderr[-3000:]
    assert "4 passed" in done.stdout
    (run,) = (path for path in (place / "runs").iterdir() if not path.is_symlink())
    result = json.loads((run / "result.json").read_text())
    assert 1 < result["measurements"]["rto_s"] < 15, "the web node was gone for two seconds at least"
    assert json.loads((run / "history.jsonl").open().readline())["closed"] is True
    assert left(project) == []
