"""Alerts on the real stack: each is seen to fire for what it is made for, and to end when that is over."""

from __future__ import annotations

import os
import subprocess
import time

import pytest
from payments_stack import Payer, PaymentsStack, docker, within

pytestmark = [pytest.mark.stack, pytest.mark.soak]

# 80 % of 300, and some more than the stack's own; a superuser finds a slot when all the others are taken.
_HOLD = """
import psycopg2, sys
held = [psycopg2.connect(host="/run/postgresql", dbname="ledger") for _ in range(245)]
print(len(held), flush=True)
sys.stdin.read()
"""
# Strangers: each says a name, is asked for its password and stays silent. The server drops it after a minute.
_CROWD = """
import socket, sys, threading, time
body = b"\\0\\3\\0\\0user\\0payments\\0database\\0ledger\\0\\0"
held, over = [], threading.Event()
def crowd():
    while not over.wait(0.1):
        for one in held[:]:
            try:
                if one.recv(64)[:1] in (b"", b"E"):
                    held.remove(one)
                    one.close()
            except BlockingIOError:
                pass
        while len(held) < 310:
            one = socket.create_connection((sys.argv[1], 5432))
            one.sendall((len(body) + 4).to_bytes(4, "big") + body)
            one.setblocking(False)
            held.append(one)
threading.Thread(target=crowd, daemon=True).start()
sys.stdin.read()
over.set()
"""
_SCRAPED_S = 30
"""A scrape, an evaluation, what it must last, and two busy cores, in seconds."""


class Monitored(PaymentsStack):
    """The whole stack with its monitoring."""

    def up(self):
        self.write_secrets("COMPOSE_PROFILES=full\n")
        self.compose("build", "--quiet", timeout_s=600)
        self.compose("up", "-d", "--wait", timeout_s=180)
        self.base = "http://" + self.compose("port", "edge", "8080").strip()
        within(60, "replication by quorum", self.whole)

    def firing(self, alert):
        """The labels with which it fires now; empty when it does not."""
        asked = f'ALERTS{{alertname="{alert}",alertstate="firing"}}'
        return self.run("prometheus", "promtool", "query", "instant", "http://127.0.0.1:9090", asked).strip()

    def fires(self, alert, seconds=_SCRAPED_S):
        """Wait until it fires. Returns its labels."""
        begun = time.monotonic()
        labels = within(seconds, f"{alert} fires", lambda: self.firing(alert))
        print(f"{alert} fires after {time.monotonic() - begun:.1f} s")
        return str(labels)

    def ends(self, alert, seconds=_SCRAPED_S):
        """Wait until it fires no more."""
        begun = time.monotonic()
        within(seconds, f"{alert} ends", lambda: not self.firing(alert))
        print(f"{alert} ends after {time.monotonic() - begun:.1f} s")


@pytest.fixture(scope="module")
def monitored(tmp_path_factory):
    """Brought up once for all tests here."""
    stack = Monitored(f"alerts-test-{os.getpid()}", tmp_path_factory.mktemp("alerts"))
    try:
        stack.up()
        yield stack
    finally:
        stack.down()


def silent(stack, alert):
    """What rings before its cause is there would prove nothing."""
    within(60, f"{alert} is silent", lambda: not stack.firing(alert))


def test_books_that_do_not_balance_page_somebody(monitored):
    """Somebody with the rights of the database's owner goes around the guards, and puts it right again."""
    payer, alert = Payer(monitored), "LedgerImbalance"
    assert payer.pay("first", 7).status_code == 201
    silent(monitored, alert)

    def move(amount):
        around = "BEGIN; SET LOCAL session_replication_role = replica"
        change = f"UPDATE books.accounts SET balance = balance + {amount} WHERE account_id = '{payer.one}'"
        monitored.sql(monitored.primary(), f"{around}; {change}; COMMIT")

    move(1)
    try:
        assert 'what="accounts"' in monitored.fires(alert)
    finally:
        move(-1)
    monitored.ends(alert)


def test_sessions_that_run_out_are_warned_of(monitored):
    """245 sessions beside the stack's own, while the last of 300 slots is free still."""
    alert, primary = "LedgerSessionsRunOut", monitored.primary()
    silent(monitored, alert)
    words = ["docker", "exec", "-i", "-u", "postgres", monitored.container(primary), "python3", "-c", _HOLD]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdin
        assert holder.stdout
        assert holder.stdout.readline().strip() == "245"
        assert f"{primary}:9187" in monitored.fires(alert)
        assert Payer(monitored).pay("meanwhile", 7).status_code == 201
        holder.stdin.close()
    monitored.ends(alert)


def test_a_replica_that_falls_behind_is_warned_of_before_reads_leave_it(monitored):
    """Its replay stands still while the log grows by 400 kB a second: it is 16 MiB behind only after 40 s."""
    alert, primary = "LedgerReplicationLagGrows", monitored.primary()
    replica = monitored.roles()["replica"][0]
    silent(monitored, alert)
    # Patroni resumes a replay that was paused by SQL.
    monitored.run(replica, "pkill", "-STOP", "-f", "^postgres: .*startup")
    begun, written = time.monotonic(), 0

    def fires_meanwhile():
        nonlocal written
        due = int(400_000 * (time.monotonic() - begun)) - written
        monitored.sql(primary, f"SELECT pg_logical_emit_message(false, 'test', repeat('x', {due}))")
        written += due
        return monitored.firing(alert)

    try:
        assert f"{replica}:8008" in str(within(40, f"{alert} fires", fires_meanwhile))
        print(f"{alert} fires after {time.monotonic() - begun:.1f} s")
        assert not monitored.firing("LedgerReplicationLag")
    finally:
        monitored.run(replica, "pkill", "-CONT", "-f", "^postgres: .*startup")
    monitored.ends(alert)


def test_a_page_that_rotted_pages_somebody(monitored):
    """One byte of a standby's disk, in a table that nobody reads: PostgreSQL would not notice for months."""
    alert, replica = "LedgerPageDamaged", monitored.roles()["replica"][0]
    silent(monitored, alert)
    place = monitored.sql(monitored.primary(), "SELECT pg_relation_filepath('pg_description')")
    disk = f"/var/lib/ledger/data/{place}"

    def at_the_end(shell):
        monitored.run(replica, "sh", "-c", shell)

    at_the_end(f"dd if={disk} of=/run/was bs=1 skip=8100 count=8 status=none")
    at_the_end(f"printf rottenXX | dd of={disk} bs=1 seek=8100 conv=notrunc status=none")
    try:
        assert f"{replica}:9100" in monitored.fires(alert)
    finally:
        at_the_end(f"dd if=/run/was of={disk} bs=1 seek=8100 conv=notrunc status=none")
    monitored.ends(alert)


def test_a_server_that_lets_nobody_in_is_warned_of(monitored):
    """Who never logs in is in no list of sessions, and takes a slot all the same."""
    alert, primary = "LedgerRefusesSessions", monitored.primary()
    silent(monitored, alert)
    words = ["docker", "exec", "-i", monitored.container("payments-1"), "python3", "-c", _CROWD, primary]
    with subprocess.Popen(words, stdin=subprocess.PIPE, text=True) as crowd:
        assert crowd.stdin
        try:
            assert f"{primary}:9187" in monitored.fires(alert)
            assert not monitored.firing("LedgerSessionsRunOut")
        finally:
            crowd.stdin.close()
    monitored.ends(alert)


def test_an_etcd_without_quorum_pages_somebody(monitored):
    """Two members of three are dead: the primary gives its role up."""
    silent(monitored, "EtcdQuorumLost")
    gone = [monitored.container(node) for node in ("etcd-2", "etcd-3")]
    docker("kill", *gone)
    try:
        monitored.fires("EtcdQuorumLost")
        monitored.fires("LedgerPrimaryMissing")
    finally:
        docker("start", *gone)
    monitored.ends("EtcdQuorumLost")
    monitored.ends("LedgerPrimaryMissing")


def test_a_backup_that_is_too_old_is_warned_of(monitored):
    """The repository stands still for five minutes: the newest backup ages though nobody tells its age any more."""
    alert = "BackupTooOld"
    silent(monitored, alert)
    docker("stop", monitored.container("backup"))
    try:
        assert 'type="any"' in monitored.fires(alert, 310 + _SCRAPED_S)
    finally:
        docker("start", monitored.container("backup"))
    monitored.ends(alert, 60 + _SCRAPED_S)
