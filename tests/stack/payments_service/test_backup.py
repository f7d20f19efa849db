"""Backups of a real ledger: made, verified, restored beside it, and refused when they are damaged."""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import time

import pytest
from payments_stack import PaymentsStack, docker, within

pytestmark = pytest.mark.stack

# One ledger node fewer than there are: backups must not need them all.
SERVICES = ("etcd-1", "etcd-2", "etcd-3", "ledger-1", "ledger-2", "ledger-router", "backup")
SCRATCH = "/var/lib/scratch"
TABLES = """SELECT string_agg(format('SELECT %L, count(*), sum(hashtextextended(t::text, 0)) FROM %I.%I t',
                                     schemaname || '.' || tablename, schemaname, tablename), ' UNION ALL ' ORDER BY 1)
            FROM pg_tables WHERE schemaname IN ('books', 'identity')"""


class BackedUp(PaymentsStack):
    """The ledger and its repository, without the services in front of them."""

    def up(self):
        self.write_secrets("COMPOSE_PROFILES=full\n")
        self.compose("build", "--quiet", "etcd-1", "ledger-1", "ledger-router", timeout_s=600)
        self.compose("up", "-d", "--wait", *SERVICES, timeout_s=180)
        self.primary_node = next(
            node for node in ("ledger-1", "ledger-2") if self.sql(node, "SELECT pg_is_in_recovery()") == "f"
        )

    def books(self, statement):
        return self.sql(self.primary_node, statement)

    def in_repository(self, *words, timeout_s=60):
        return docker("exec", "-u", "postgres", self.container("backup"), *words, timeout_s=timeout_s)

    def refused(self, *words):
        """What a command of the repository's node says when it fails, as it must."""
        command = ["docker", "exec", "-u", "postgres", self.container("backup"), *words]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode != 0, done.stdout
        return done.stdout + done.stderr

    def scratch(self, statement):
        return self.in_repository("psql", "-X", "-h", SCRATCH, "-d", "ledger", "-Atc", statement).strip()

    def pay(self, key):
        self.books(f"SELECT books.pay('{key}', 'world', 'acct', 5, 'EUR')")

    def info(self):
        return json.loads(self.in_repository("pgbackrest", "--stanza=ledger", "--output=json", "info"))[0]

    def archive(self):
        """Have what was committed so far in the archive."""
        name = self.books("SELECT pg_walfile_name(pg_switch_wal())")
        within(20, f"{name} is in the archive", lambda: self.info()["archive"][0]["max"] >= name)

    def files(self, pattern):
        found = self.in_repository("find", "/var/lib/pgbackrest", "-type", "f", "-path", pattern).split()
        assert found, pattern
        return sorted(found)


@pytest.fixture(scope="module")
def stack(tmp_path_factory):
    """A ledger of two nodes with its repository and a first full backup."""
    one = BackedUp(f"backup-test-{os.getpid()}", tmp_path_factory.mktemp("backup"))
    try:
        one.up()
        one.books("SELECT books.open_account('world', 'EUR', true, NULL)")
        one.books("SELECT books.open_account('acct', 'EUR', false, NULL)")
        yield one
    finally:
        one.down()


def keys(stack):
    return stack.scratch("SELECT string_agg(key, ' ' ORDER BY key) FROM books.payments").split()


def test_the_books_are_restored_up_to_the_last_archived_commit(stack):
    """What was committed after the backup comes from the WAL; what was not archived yet is all that is missing."""
    stack.pay("before-backup")
    stack.in_repository("python3", "-m", "backup", "incr")
    stack.pay("early")
    time.sleep(0.1)
    between = stack.books("SELECT now()")
    stack.pay("late")
    stack.archive()
    digests = stack.books(stack.books(TABLES))
    stack.pay("unarchived")

    stack.in_repository("python3", "-m", "backup", "verify")
    stack.in_repository("restore-scratch")
    assert keys(stack) == ["before-backup", "early", "late"]
    assert stack.scratch(stack.books(TABLES)) == digests

    stack.in_repository("restore-scratch", "--type=time", f"--target={between}")
    assert keys(stack) == ["before-backup", "early"]


def test_whoever_takes_the_volume_reads_nothing(stack):
    """Each file of a backup or of the archive begins as the cipher's own container does."""
    for path in stack.files("*/bundle/*") + stack.files("*.lz4"):
        assert stack.in_repository("head", "-c", "8", path) == "Salted__", path


def test_wal_waits_for_a_repository_that_is_down_and_payments_do_not(stack):
    """Commits go on, no segment is thrown away, and all of them arrive when it is back."""
    docker("stop", "--time", "2", stack.container("backup"))
    try:
        for _ in range(2):
            began = time.monotonic()
            stack.pay(f"down-{secrets.token_hex(4)}")
            assert time.monotonic() - began < 2
            stack.books("SELECT pg_switch_wal()")
        waiting = "SELECT count(*) FROM pg_ls_archive_statusdir() WHERE name LIKE '%.ready'"
        within(
            15, "the archive refuses", lambda: stack.books("SELECT failed_count FROM pg_stat_archiver") != "0"
        )
        assert int(stack.books(waiting)) >= 2
    finally:
        docker("start", stack.container("backup"))
    stack.pay("back-again")
    within(
        30, "pgBackRest's server answers", lambda: stack.in_repository("pgbackrest", "server-ping") or True
    )
    stack.archive()
    assert stack.books(waiting) == "0"
    within(30, "the repository is ready", lambda: stack.healthy("backup"))


@pytest.mark.parametrize("pattern", ["*/archive/*.lz4", "*/bundle/1"])
def test_a_damaged_file_is_refused(stack, pattern):
    """Neither verify nor a restore takes it, and least of all are books opened that end before the damage."""
    path = stack.files(pattern)[-1]
    stack.in_repository("cp", path, "/tmp/whole")
    size = int(stack.in_repository("stat", "-c", "%s", path))
    try:
        write = ["dd", "if=/dev/zero", f"of={path}", "bs=1", "count=64", f"seek={size // 2}", "conv=notrunc"]
        stack.in_repository(*write)
        assert "status: error" in stack.refused("python3", "-m", "backup", "verify")
        stack.refused("restore-scratch")
    finally:
        stack.in_repository("cp", "/tmp/whole", path)
    stack.in_repository("python3", "-m", "backup", "verify")


def test_without_the_profile_nothing_is_archived(payments_stack):
    """No WAL waits for a repository that does not exist."""
    assert payments_stack.sql("ledger-1", "SHOW archive_mode") == "off"
