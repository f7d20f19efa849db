"""The main job on the real stack: a gate that passes, and the negative control that must not."""

from __future__ import annotations

import json

import polars as pl
import pytest
from looking import left

from harness.judgement import recording
from harness.run_folder import RunFolder

pytestmark = pytest.mark.stack

# What follows from a loss: who reads a lost payment back gets "not found", for good. Nothing else may fail.
FOLLOWS_FROM_LOSS = {"Rto"}


def result_of(done):
    assert done.stdout, done.stderr[-3000:]
    return json.loads(done.stdout)


def test_the_gate_passes_on_the_reference_stack(harness_command):
    """The ledger's primary dies; payments go on in time, nothing is lost, and check repeats the verdict."""
    done = harness_command(
        "run", "ledger_primary_kill", "--keep", "--json", "--runs", str(harness_command.runs)
    )
    result = result_of(done)
    assert done.returncode == 0, json.dumps(result, indent=1)
    assert result["verdict"] == "pass"
    assert result["measurements"]["rto_s"] > 5, "a failover that nobody noticed is no failover"
    assert result["left_behind"] == []
    again = harness_command("check", "--json", "--runs", str(harness_command.runs))
    assert (again.returncode, result_of(again)) == (0, result)


def test_asynchronous_replication_loses_what_it_acknowledged(harness_command):
    """The negative control: the same harness, the same checks, and exactly the planted defect is found."""
    name, runs = "ledger_primary_cut_off_then_killed", str(harness_command.runs)
    done = harness_command("run", name, "--variant", "async-replication", "--keep", "--json", "--runs", runs)
    result = result_of(done)
    assert done.returncode == 1, json.dumps(result, indent=1)
    wrong = {finding["check"] for finding in result["findings"] if finding["verdict"] != "pass"}
    assert {"NoLostPayments"} <= wrong <= {"NoLostPayments"} | FOLLOWS_FROM_LOSS, json.dumps(result, indent=1)
    assert result["measurements"]["rto_s"] <= 38, (
        "writes came back in time: only reads of what is lost did not"
    )

    folder = RunFolder.open("latest", harness_command.runs)
    seen = recording(folder, folder.read_run())
    acknowledged = seen.operations.filter((pl.col("kind") == "create_payment") & (pl.col("outcome") == "ok"))
    booked = set(seen.books.payments.filter(pl.col("source") == "database")["key"])
    lost = set(acknowledged["key"]) - booked
    cut, kill = seen.timeline.injections
    during = acknowledged.filter(pl.col("done_at").is_between(cut.effect_at - 0.5, kill.effect_at))
    assert len(during) >= 20
    assert result["measurements"]["rpo_payments"] == len(lost) > 0
    assert lost <= set(during["key"])


def test_down_leaves_nothing(harness_command):
    """No container, network or volume of the project stays."""
    assert harness_command("down").returncode == 0
    assert left(harness_command.project) == []
