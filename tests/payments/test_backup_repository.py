import contextlib
import json

import pytest
from backup.metrics import render
from backup.nodes import options
from backup.pgbackrest import sound
from backup.repository import EMPTY, Backup, InfoError, Repository, segment_number
from backup.schedule import Job, Tries
from backup.state import State
from backup_strategies import REPOSITORIES, SEGMENTS, TIMES
from hypothesis import given
from hypothesis import strategies as st

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)
CHECKED = {Job.CHECK: Tries(ok_at=1.0)}


def printed(held, code=0):
    """What pgBackRest prints of such a repository."""
    entry = {
        "name": "ledger",
        "status": {"code": code, "message": "words"},
        "archive": [{"id": "17-1", "min": held.wal_newest, "max": held.wal_newest}],
        "backup": [
            {
                "type": one.kind,
                "timestamp": {"start": 0, "stop": one.stopped_at},
                "archive": {"start": one.wal_stop, "stop": one.wal_stop},
                "info": {"size": 1, "repository": {"delta": one.stored_bytes}},
                "error": one.failed,
            }
            for one in held.backups
        ],
    }
    return json.dumps([entry])


@given(held=REPOSITORIES)
def test_what_info_prints_is_read_back(held):
    """Every backup, its time, its WAL and whether it is sound."""
    read = Repository.parse(printed(held, code=0 if held.usable else 5))
    assert read == held


@pytest.mark.parametrize(("code", "usable"), [(0, True), (1, True), (2, True), (3, False), (99, False)])
def test_a_repository_with_nothing_in_it_is_not_broken(code, usable):
    """No backup yet is another thing than a repository that cannot be read."""
    assert Repository.parse(printed(EMPTY, code)).usable == usable
    assert Repository.parse("[]") == EMPTY


@given(text=JSON.map(json.dumps) | st.text())
def test_anything_else_is_refused_and_never_a_crash(text):
    """Only a list of stanzas is an answer; the empty list is one."""
    with contextlib.suppress(InfoError):
        assert Repository.parse(text) == EMPTY


@given(first=SEGMENTS, second=SEGMENTS)
def test_segments_are_numbered_as_the_wal_runs(first, second):
    """Within a timeline the numbers are in the order of the names."""
    if first[:8] == second[:8]:
        assert (segment_number(first) < segment_number(second)) == (first < second)


@pytest.mark.parametrize("name", ["", "0" * 23, "0" * 25, "X" * 24])
def test_another_name_is_no_segment(name):
    """Such as a timeline's history file."""
    with pytest.raises(ValueError, match=r"segment|invalid literal"):
        segment_number(name)


def test_what_waits_for_the_archive_is_counted_across_a_failover():
    """Whole segments between the newest archived one and the one that is being written."""
    held = Repository(True, (), "0000000100000000000000FE")
    for now, waiting in [("FE", 0), ("FF", 0)]:
        assert State(held, True, wal_now=f"0000000100000000000000{now}").unarchived_bytes() == waiting
    moved = State(held, True, wal_now="000000020000000100000001")
    assert moved.unarchived_bytes() == 2 * 16 * 2**20
    assert State(held, True).unarchived_bytes() is None
    assert State(held, False, wal_now="000000020000000100000001").unarchived_bytes() is None


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (State(), "cannot be read"),
        (State(Repository(usable=False), True, CHECKED), "cannot be read"),
        (State(EMPTY, True), "not checked"),
        (State(EMPTY, True, {Job.CHECK: Tries(1.0, 2.0)}), "WAL does not arrive"),
        (State(EMPTY, True, CHECKED), "no backup"),
        (State(Repository(True, (Backup("full", 1.0, "", 1, failed=True),)), True, CHECKED), "no backup"),
    ],
)
def test_ready_says_what_is_missing(state, words):
    """The health check's answer is the first thing that anybody reads."""
    assert words in state.not_ready()


@given(held=REPOSITORIES, now=TIMES)
def test_the_figures_are_those_of_the_repository(held, now):
    """Ages and times of the newest sound backups; a figure that is not known has no line."""
    lines = render(State(held, True, CHECKED), now).splitlines()
    samples = dict(line.rsplit(" ", 1) for line in lines if not line.startswith("#"))
    for kind, newest in (("full", held.newest("full")), ("any", held.newest())):
        label = f'backup_last_timestamp_seconds{{type="{kind}"}}'
        assert (float(samples[label]) if label in samples else None) == newest
        age = samples.get(f'backup_age_seconds{{type="{kind}"}}')
        assert (age is None) == (newest is None)
        assert age is None or float(age) >= 0
    assert samples["backup_ready"] == str(int(State(held, True, CHECKED).not_ready() is None))
    assert "backup_unarchived_bytes" not in samples
    assert samples['backup_job_ok{kind="check"}'] == "1"


def test_a_repository_that_cannot_be_read_keeps_no_age():
    """An age that is no longer known must not look young."""
    held = Repository(True, (Backup("full", 1.0, "", 1, failed=False),))
    assert "backup_last" not in render(State(held, False, CHECKED), 2.0)


def test_a_job_that_failed_keeps_the_time_of_its_last_success():
    """So an alert can say for how long."""
    text = render(State(EMPTY, True, {Job.FULL: Tries(7.0, 9.0)}, {Job.FULL: 1.5}), 10.0)
    assert 'backup_job_ok{kind="full"} 0' in text
    assert 'backup_job_ok_timestamp_seconds{kind="full"} 7.000' in text
    assert 'backup_job_seconds{kind="full"} 1.500' in text


@pytest.mark.parametrize(
    ("report", "whole"),
    [
        ("stanza: ledger\nstatus: ok\n  backup: none found\n", True),
        ("stanza: ledger\nstatus: error\n  archiveId: 17-1, total WAL checked: 6\n    other: 1\n", False),
        ("stanza: ledger\nstatus: error\n  backup: B, status: ok, total files checked: 1\n", False),
        ("", False),
    ],
)
def test_a_report_of_verify_is_read_and_its_exit_status_not_believed(report, whole):
    """It is 0 also when files are damaged."""
    assert sound(report) == whole


def test_only_nodes_that_are_named_are_in_the_options():
    """Numbered from 1, each with its place and its certificates."""
    words = options(["ledger-2", "ledger-3"])
    assert [word for word in words if "-host=" in word] == ["--pg1-host=ledger-2", "--pg2-host=ledger-3"]
    assert {"--pg1-host-type=tls", "--pg2-path=/var/lib/ledger/data"} <= set(words)
    assert options([]) == []
