"""Whoever is killed at whatever moment, whichever faults were in effect: nothing is left behind.

Judged by a portrait of the lab before and after, which the agent has no part in.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from faultlab import docker, pipe_of, until
from killing import wait_for_a_random_moment
from portrait import differences, portrait

# The kills of make test are test_faults_dead_man.py and ../test_sigkill.py.
pytestmark = [pytest.mark.stack, pytest.mark.soak]

HERE = Path(__file__).parent
WITHIN_S = 60


def kill_the_harness(lab, process):
    """Its pipe ends with it: the agent heals."""
    process.kill()


def kill_the_pipe(lab, process):
    """The engine's client dies: the agent heals, and the harness is told and ends."""
    os.kill(pipe_of(process), signal.SIGKILL)


def kill_the_program(lab, process):
    """The agent is killed in its container and the harness with it: the next `harness heal` has its notes."""
    lab.kill_agents_program()
    process.kill()


def kill_the_agent(lab, process):
    """The agent's container is killed, and its notes are lost: the next `harness heal` has only its eyes."""
    docker("kill", lab.agent_id)
    process.kill()
    docker("start", lab.agent_id)
    lab.forget()


KILLS = (kill_the_harness, kill_the_pipe, kill_the_program, kill_the_agent)
HELPLESS = (kill_the_program, kill_the_agent)


def kill_and_compare(lab, folder: Path, number: int, before) -> tuple[str, list[str]]:
    """One kill; what was in the way of the old portrait, and which faults had been injected."""
    choose = random.Random(number)
    kill = KILLS[number % len(KILLS)]
    folder.mkdir()
    journal = folder / "journal.jsonl"
    command = [sys.executable, str(HERE / "victim_of_kills.py"), lab.project, str(journal), str(number)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as victim:
        assert victim.stdout.readline() == "ready\n", victim.stderr.read()
        wait_for_a_random_moment(journal, choose)
        kill(lab, victim)
        said, _ = victim.communicate(timeout=WITHIN_S)
    if kill in HELPLESS:
        with lab.connect() as agent:
            remaining = agent.sweep()["remaining"]
            assert remaining == [], remaining
    found = differences(before, portrait(lab))
    try:
        took = until(lambda: not differences(before, portrait(lab)), WITHIN_S, "the lab as it was")
    except AssertionError:
        pytest.fail(
            f"kill {number}, {kill.__name__}, after {said.split()}: {differences(before, portrait(lab))}"
        )
    # What no portrait shows, such as the rules of a pass-through; by now nobody else heals.
    with lab.connect() as agent:
        assert agent.leftovers() == []
    print(f"{number} {kill.__name__} after {' '.join(said.split())}: {len(found)} to wait for, {took:.1f} s")
    return said.split()


def kills(lab, folder: Path, numbers) -> Counter[str]:
    before = portrait(lab)
    injected = Counter()
    for number in numbers:
        injected.update(kill_and_compare(lab, folder / str(number), number, before))
    return injected


def test_two_hundred_kills_with_every_fault_leave_nothing(lab, tmp_path):
    """Fifty kills of each kind; how often each fault was in effect is printed."""
    injected = kills(lab, tmp_path, range(200))
    print(dict(injected.most_common()))
