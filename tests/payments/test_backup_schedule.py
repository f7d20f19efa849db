import pytest
from backup.repository import Backup, Repository
from backup.schedule import Job, Tries, due
from backup.settings import Settings
from backup_strategies import REPOSITORIES, TIMES
from hypothesis import given
from hypothesis import strategies as st

EVERY_S = {Job.CHECK: 60.0, Job.FULL: 600.0, Job.INCREMENTAL: 120.0, Job.VERIFY: 600.0}
RETRY_S = 5.0
NOW = 10_000.0
ALL_WELL = {job: Tries(ok_at=NOW - 1) for job in Job}
TRIES = st.dictionaries(
    st.sampled_from(Job), st.builds(Tries, st.none() | TIMES, st.none() | TIMES), max_size=len(Job)
)


def backup(kind, age_s, timeline=1, *, failed=False):
    return Backup(kind, NOW - age_s, f"{timeline:08X}0000000000000001", 1, failed)


def asked(*backups, tries=ALL_WELL, wal_timeline=1):
    held = Repository(True, backups, f"{wal_timeline:08X}0000000000000002")
    return due(NOW, held, tries, EVERY_S, RETRY_S)


def test_at_first_it_checks_then_makes_a_full_backup_then_verifies():
    """A backup without its WAL is none, so the check comes first."""
    nothing = Repository()
    assert due(NOW, nothing, {}, EVERY_S, RETRY_S) is Job.CHECK
    checked = {Job.CHECK: Tries(ok_at=NOW)}
    assert due(NOW, nothing, checked, EVERY_S, RETRY_S) is Job.FULL
    assert asked(backup("full", 1), tries=checked) is Job.VERIFY
    assert asked(backup("full", 1)) is None


@pytest.mark.parametrize(
    ("backups", "job"),
    [
        ([backup("full", 119)], None),
        ([backup("full", 120)], Job.INCREMENTAL),
        ([backup("full", 500), backup("incr", 119)], None),
        ([backup("full", 599), backup("incr", 120)], Job.INCREMENTAL),
        ([backup("full", 600), backup("incr", 1)], Job.FULL),
        ([backup("full", 700), backup("full", 1, failed=True)], Job.FULL),
        ([backup("full", -50)], Job.FULL),
    ],
)
def test_backups_are_due_by_the_age_of_what_is_there(backups, job):
    """By the repository's own word; one with broken pages or from the future does not count."""
    assert asked(*backups) is job


def test_after_a_failover_a_backup_is_due_at_once():
    """What the old primary had not archived may be missing for ever."""
    assert asked(backup("full", 1, timeline=1), wal_timeline=2) is Job.INCREMENTAL
    assert asked(backup("full", 9, timeline=1), backup("incr", 1, timeline=2), wal_timeline=2) is None


def test_a_failed_check_holds_up_everything_until_it_succeeds():
    """It is tried again soon, and nothing else is tried meanwhile."""
    failed = ALL_WELL | {Job.CHECK: Tries(ok_at=NOW - 10, failed_at=NOW - 4)}
    assert asked(backup("full", 900), tries=failed) is None
    failed = ALL_WELL | {Job.CHECK: Tries(ok_at=NOW - 10, failed_at=NOW - 5)}
    assert asked(backup("full", 900), tries=failed) is Job.CHECK


def test_a_failed_full_backup_does_not_hold_up_the_incremental_one():
    """As long as there is an older full one to stand on."""
    failed = ALL_WELL | {Job.FULL: Tries(failed_at=NOW - 29)}
    assert asked(backup("full", 900), tries=failed) is Job.INCREMENTAL
    assert due(NOW, Repository(), failed, EVERY_S, RETRY_S) is None
    assert due(NOW + 1, Repository(), failed, EVERY_S, RETRY_S) is Job.FULL


@given(held=REPOSITORIES, tries=TRIES, now=TIMES)
def test_nothing_is_tried_again_within_its_rest(held, tries, now):
    """Whatever is there, a job that failed a moment ago is left alone."""
    job = due(now, held, tries, EVERY_S, RETRY_S)
    failed_at = tries.get(job, Tries()).failed_at if job else None
    assert failed_at is None or not 0 <= now - failed_at < RETRY_S


@given(held=REPOSITORIES, tries=TRIES, now=TIMES)
def test_when_nothing_is_due_nothing_is_too_old_but_what_rests(held, tries, now):
    """None means that every backup is young enough, or that what would make it failed just now."""
    if due(now, held, tries, EVERY_S, RETRY_S) is None:
        resting = {job for job, one in tries.items() if one.failed_at is not None}
        newest = held.newest("full")
        assert (newest is not None and now - newest < EVERY_S[Job.FULL]) or resting & {Job.CHECK, Job.FULL}


def test_settings_come_from_the_environment_and_never_show_the_password():
    """They may end up in a log; a pause of no seconds is refused."""
    environ = {"LEDGER_WRITE": "r:5000", "BACKUP_LEDGER_NODES": "a,b"}
    environ["LEDGER_OBSERVER_PASSWORD"] = "secret-word"
    settings = Settings.from_environment(environ | {"BACKUP_FULL_EVERY_S": "7.5"})
    assert (settings.every_s[Job.FULL], settings.ledger, settings.nodes) == (7.5, ("r", 5000), ("a", "b"))
    assert "secret-word" not in repr(settings)
    for wrong in ("0", "-1", "nan", "inf", "often"):
        with pytest.raises(ValueError, match=r"seconds above 0|could not convert"):
            Settings.from_environment(environ | {"BACKUP_RETRY_S": wrong})
