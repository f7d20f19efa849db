"""The undo journal survives what kills its writer."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.errors import AgentError, HarnessError
from harness.faults.journal import Journal, heal_from_journal, outstanding

UNDO = ({"do": "engine.start", "container": "c1"},)
ACTIONS = st.lists(st.tuples(st.sampled_from(["r1", "r2"]), st.integers(0, 3), st.booleans()), max_size=12)


def write(path, actions):
    """Enter and strike as told; returns the names that must be outstanding, in order."""
    expected = {}
    for run, number, strike in actions:
        journal, name = Journal(path, run), f"i{number}"
        if strike:
            journal.strike(name)
            expected.pop((run, name), None)
        else:
            journal.enter(name, UNDO)
            expected[run, name] = f"{run}/{name}"
    return list(expected.values())


@settings(deadline=None, max_examples=40)  # each line waits for the disk
@given(ACTIONS)
def test_what_was_entered_and_not_struck_is_outstanding(actions):
    """Whatever the order, and however many runs share the file."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "project" / "journal.jsonl"
        expected = write(path, actions)
        assert sorted(entry.name for entry in outstanding(path)) == sorted(expected)
        assert all(entry.undo == UNDO for entry in outstanding(path))


@settings(deadline=None, max_examples=40)
@given(ACTIONS.filter(bool), st.floats(0, 1))
def test_a_line_that_was_cut_off_costs_only_itself(actions, share):
    """A crash while writing loses at most the entry whose injection was not made yet, and no later one."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "journal.jsonl"
        write(path, actions)
        whole = path.read_bytes()
        last = whole[:-1].rfind(b"\n") + 1
        os.truncate(path, last + int(share * (len(whole) - 2 - last)))
        Journal(path, "after").enter("i9", UNDO)
        found = [entry.name for entry in outstanding(path)]
        with tempfile.TemporaryDirectory() as other:
            expected = write(Path(other) / "j", actions[:-1])
        assert sorted(found) == sorted([*expected, "after/i9"])


def test_an_entry_is_on_the_disk_before_the_call_returns(tmp_path, monkeypatch):
    """The file is synchronised with the whole line in it, and so is the folder of a new file."""
    path, synced = tmp_path / "journal.jsonl", []

    def look(descriptor):
        synced.append((str(Path(f"/proc/self/fd/{descriptor}").readlink()), path.read_bytes()))

    monkeypatch.setattr(os, "fsync", look)
    Journal(path, "r1").enter("i1", UNDO)
    files = dict(synced)
    assert files[str(path)].endswith(b"\n")
    assert b'"i1"' in files[str(path)]
    assert str(tmp_path) in files


def test_a_journal_that_cannot_be_written_is_an_error(tmp_path):
    """Nothing may be injected without an undo; the error names the file and the mend."""
    (tmp_path / "journal.jsonl").mkdir()
    with pytest.raises(HarnessError, match=r"journal\.jsonl: the undo journal cannot be written.*make room"):
        Journal(tmp_path / "journal.jsonl", "r1").enter("i1", UNDO)


class MadeAgent:
    """Takes the calls of `heal_from_journal`; some injections cannot be undone."""

    def __init__(self, stuck=(), broken=()):
        self.stuck, self.broken, self.undone = stuck, broken, []

    def call(self, op, *, within_s, injection, steps):
        assert op == "undo"
        assert within_s > 0
        assert steps == list(UNDO)
        self.undone.append(injection)
        if injection in self.broken:
            raise AgentError("it broke")
        return [f"{injection} is stuck"] if injection in self.stuck else []


def test_healing_goes_on_past_errors_and_keeps_what_remains(tmp_path):
    """The newest first; what could not be undone stays outstanding and is named."""
    path = tmp_path / "journal.jsonl"
    for number in range(1, 5):
        Journal(path, "r").enter(f"i{number}", UNDO)
    agent = MadeAgent(stuck=["r/i2"], broken=["r/i3"])
    assert heal_from_journal(agent, path) == ["r/i3: it broke", "r/i2 is stuck"]
    assert agent.undone == ["r/i4", "r/i3", "r/i2", "r/i1"]
    assert [entry.name for entry in outstanding(path)] == ["r/i2", "r/i3"]
    assert heal_from_journal(MadeAgent(), path) == []
    assert outstanding(path) == []
