"""Writes tests/histories/: small run folders, good and bad, each with the findings worked out by hand.

Run it when a contract changes: ``PYTHONPATH=. python tests/checks/make_golden.py``. What is expected is
written here in numbers, never taken from the checks. Two arrivals a second: writes at 100.01, 101.01...,
reads at 100.51...; the six arrivals of the outage are read 104.51, write 105.01, ..., write 107.01. The folders of
the whole payment system (``whole-*``) have what made_life.py adds; the others are of a history that says none of it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from defects import DEFECTS
from made_life import add_life
from made_runs import DRAIN, FAULT, RECOVERY, RUN, MadeRun, make_run

HOME = Path(__file__).parents[1] / "histories"
AWAY = ["info-absent"] * 6
# Of 13 writes three meet the outage; three more payments fund the accounts.
ACKNOWLEDGED = 13


@dataclass(frozen=True)
class Case:
    """One folder: how it is made, and what the checks must say.

    Attributes:
        says: one sentence for the reader.
        change: what is done to a consistent run.
        fates: of the outage's arrivals.
        telling: each finding that is not a pass: (verdict, measured).
        numbers: measurements that must come out.
        whole: of the whole payment system, and judged by its checks, too.
    """

    says: str
    change: Callable[[MadeRun], None] = lambda _run: None
    fates: tuple[str, ...] = tuple(AWAY)
    telling: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    numbers: Mapping[str, Any] = field(default_factory=dict)
    whole: bool = False


def plant(name: str, choice: int = 0) -> Callable[[MadeRun], None]:
    """The planter of a defect, with its place chosen."""
    return lambda run: DEFECTS[name].plant(run, choice)


def without_injection(run: MadeRun) -> None:
    """A control run."""
    run.timeline = [e for e in run.timeline if "injection" not in e and e.get("before") is None]


def lose(*keys: str) -> Callable[[MadeRun], None]:
    """Take the payments of these keys out of the books."""

    def change(run: MadeRun) -> None:
        order = run.acknowledged()
        for key in keys:
            DEFECTS["lost"].plant(run, order.index(key))

    return change


def unanswer(start: float, end: float) -> Callable[[MadeRun], None]:
    """The writes of a span get no answer, though they take effect."""
    return lambda run: run.unanswer(run.invoked(start, end, write=True))


def slow_write_at_110(run: MadeRun) -> None:
    """The write of 110.01 takes 0.8 s."""
    done = next(line for line in run.history if line["t"] == "done" and line["key"] == f"{RUN}-0020")
    done["at"] = 110.81


CASES = {
    "good-control": Case(
        "Nothing is injected and nothing happens.",
        without_injection,
        ("ok",),
        numbers={
            "rto_s": 0,
            "rto_reads_s": 0,
            "rpo_payments": 0,
            "rpo_s": 0,
            "operations": {"ok": 26, "fail": 0, "info": 0, "dropped": 0},
        },
    ),
    "good-outage": Case(
        "Refusals, retries that help, and info of which one took effect and one did not.",
        fates=("info-absent", "refused", "refused", "info-there", "retried", "retried"),
        numbers={
            "rto_s": 3.5,
            "rto_reads_s": 2.5,
            "rto_resolution_s": 1.0,
            "detect_s": 2.5,
            "first_success_s": 3.53,
            "first_success_reads_s": 3.03,
            "rpo_payments": 0,
            "retried_payments": 1,
            "operations": {"ok": 22, "fail": 2, "info": 2, "dropped": 0},
        },
    ),
    "good-drops": Case(
        "Drops, a read that succeeds amid the outage, a write whose third second helps.",
        fates=("dropped", "dropped", "ok", "info-absent", "info-there", "retried"),
        numbers={
            "rto_s": 3.5,
            "rto_reads_s": 2.5,
            "first_success_reads_s": 1.03,
            "refused_payments": 1,
            "operations": {"ok": 22, "fail": 2, "info": 2, "dropped": 2},
        },
    ),
    "bad-lost": Case(
        "Two payments acknowledged before the kill are not in the books of the promoted replica.",
        lose(f"{RUN}-0006", f"{RUN}-0008"),
        telling={"NoLostPayments": ("fail", f"2 lost of {ACKNOWLEDGED} acknowledged")},
        numbers={"rpo_payments": 2, "rpo_s": 1.47, "rpo_amount_eur_minor": 200},
    ),
    "bad-altered": Case(
        "A payment is booked with another amount than was asked.",
        plant("other_amount"),
        telling={"NoLostPayments": ("fail", f"0 lost of {ACKNOWLEDGED} acknowledged, 1 altered")},
        numbers={"rpo_payments": 0, "rpo_s": 0},
    ),
    "bad-api-disagrees": Case(
        "The API shows a payment with another amount than the database.",
        plant("api_shows_another_amount"),
        telling={
            "NoLostPayments": (
                "fail",
                f"0 lost of {ACKNOWLEDGED} acknowledged, 1 on which database and API differ",
            )
        },
    ),
    "bad-key-twice": Case(
        "One key made two payments.",
        plant("key_twice"),
        telling={"NoDuplicatePayments": ("fail", f"1 duplicated of {ACKNOWLEDGED} booked")},
        numbers={"duplicated_payments": 1},
    ),
    "bad-posted-twice": Case(
        "One payment was posted twice.",
        plant("posted_twice"),
        telling={"NoDuplicatePayments": ("fail", f"1 duplicated of {ACKNOWLEDGED} booked")},
    ),
    "bad-phantom": Case(
        "A payment that was refused is in the books.",
        plant("refused_and_booked"),
        ("ok", "refused", "ok", "ok", "ok", "ok"),
        telling={"NoPhantomPayments": ("fail", "phantoms: 1; keys refused or never sent: 1")},
        numbers={"phantom_payments": 1},
    ),
    "bad-unbalanced": Case(
        "A stored balance is one minor unit too high, in database and API alike.",
        plant("wrong_stored_balance"),
        telling={"LedgerBalanced": ("fail", "stored balance is not the sum of the entries: 1")},
        numbers={"ledger_violations": 1},
    ),
    "bad-negative": Case(
        "An account that must not be is below zero.",
        plant("negative_balance"),
        telling={"LedgerBalanced": ("fail", "negative balance: 2")},
    ),
    "bad-diverged": Case(
        "One replica's copy of one table is another.",
        plant("diverged_replica", 8),
        telling={"Converged": ("fail", "3 copies of 3 tables; differ in payments")},
        numbers={"diverged_tables": 1, "copies": 3},
    ),
    "bad-missing-replica": Case(
        "A node that was a replica is none any more.",
        plant("missing_replica", 2),
        telling={"Converged": ("fail", "2 copies of 3 tables; missing: ledger-3")},
    ),
    "bad-left-behind": Case(
        "A rule of the fault is still there.",
        plant("something_left_behind"),
        telling={"Healed": ("fail", "1 of 1 injections gone, 1 left behind")},
    ),
    "bad-slow": Case(
        "A write of the recovery takes 0.8 s.",
        slow_write_at_110,
        telling={"Latency": ("fail", "writes 800 ms, reads 20.0 ms")},
    ),
    "bad-unavailable": Case(
        "No write of the fault phase is answered.",
        unanswer(FAULT, RECOVERY),
        telling={"Availability": ("fail", "writes 0 %, reads 50 %")},
        numbers={"rto_s": 4.5},
    ),
    "bad-rto": Case(
        "Writes are back two seconds after the recovery began.",
        unanswer(RECOVERY, RECOVERY + 2),
        telling={"Rto": ("fail", "writes 6.5 s (resolution 1 s), reads 2.5 s (resolution 1 s)")},
        numbers={"rto_s": 6.5, "rto_reads_s": 2.5},
    ),
    "bad-never-back": Case(
        "The last second of the recovery is broken again.",
        unanswer(DRAIN - 1, DRAIN),
        telling={
            "Rto": ("fail", "writes not back after 8.5 s (resolution 1 s), reads 2.5 s (resolution 1 s)")
        },
        numbers={"rto_s": None},
    ),
    "unread-database": Case(
        "The final read of the database broke off.",
        plant("database_not_read"),
        telling={
            "NoLostPayments": ("inconclusive", f"0 lost of {ACKNOWLEDGED} acknowledged"),
            "NoDuplicatePayments": ("inconclusive", f"0 duplicated of {ACKNOWLEDGED} booked"),
            "NoPhantomPayments": ("inconclusive", "phantoms: 0; keys refused or never sent: 0"),
            "LedgerBalanced": ("inconclusive", "26 entries and 4 accounts read"),
        },
        numbers={"ledger_violations": None},
    ),
    "unread-load-died": Case(
        "The load was killed as it wrote the last line of its history.",
        telling={"LoadEnded": ("inconclusive", "the load died")},
    ),
    "whole-good": Case(
        "Four payments by two people, four forbidden operations, an alert: all as it should be.",
        whole=True,
        numbers={
            "detect_s": 2.0,
            "resolve_s": 1.7,
            "settled_payments": 2,
            "unreconciled_payments": 0,
            "backlog_payments": 0,
            "forbidden_operations": 4,
            "forbidden_succeeded": 0,
            "forbidden_unknown": 1,
            "stale_reads": 0,
            "token_reads": 12,
            "writer_timelines": 2,
            "operations": {"ok": 20, "fail": 0, "info": 6, "dropped": 0},
        },
    ),
    "whole-bad-unreconciled": Case(
        "The acquirer never heard of a payment that the ledger calls settled.",
        plant("unknown_to_the_acquirer"),
        whole=True,
        telling={"Reconciled": ("fail", "2 settled, 1 accepted: 1 unreconciled, 0 in the backlog")},
        numbers={"unreconciled_payments": 1},
    ),
    "whole-bad-backlog": Case(
        "A payment is approved, and was never settled though there was time.",
        plant("backlog"),
        whole=True,
        telling={"Reconciled": ("fail", "1 settled, 1 accepted: 0 unreconciled, 1 in the backlog")},
        numbers={"backlog_payments": 1},
    ),
    "whole-bad-went-back": Case(
        "A read without a token shows a payment created that another read showed settled.",
        plant("went_back_for_a_reader"),
        whole=True,
        telling={"MonotonicStatus": ("fail", "1 of 13 reads went back, 0 illegal steps in the books")},
        numbers={"status_violations": 1},
    ),
    "whole-bad-jumped": Case(
        "A payment went from created to settled.",
        plant("jumped"),
        whole=True,
        telling={"MonotonicStatus": ("fail", "0 of 12 reads went back, 1 illegal steps in the books")},
    ),
    "whole-bad-stale-read": Case(
        "A read with the position of the approval shows the payment created.",
        plant("older_than_its_token"),
        whole=True,
        telling={"ReadYourWrites": ("fail", "1 of 12 reads with a token behind it")},
        numbers={"stale_reads": 1, "status_violations": 0},
    ),
    "whole-bad-two-primaries": Case(
        "The deposed primary acknowledges a write three seconds after its successor's first.",
        plant("two_primaries"),
        whole=True,
        telling={
            "SingleWriter": (
                "fail",
                "2 timelines of 2 nodes, 1 acknowledgements by a deposed one, 0 timelines of several",
            )
        },
        numbers={"writer_violations": 1},
    ),
    "whole-bad-fails-open": Case(
        "An operation that is forbidden was acknowledged.",
        plant("forbidden_and_acknowledged"),
        whole=True,
        telling={
            "FailsClosed": (
                "fail",
                "1 of 4 forbidden operations succeeded, 2 were refused, 1 without a clear answer",
            )
        },
        numbers={"forbidden_succeeded": 1},
    ),
    "whole-bad-altered-trail": Case(
        "A row of the audit trail was altered after it had been sealed.",
        plant("altered_text"),
        whole=True,
        telling={
            "AuditChainIntact": (
                "fail",
                "22 rows for 4 payments: 1 broken, 0 payments without their whole trail",
            )
        },
        numbers={"audit_violations": 1},
    ),
    "whole-bad-one-node": Case(
        "One of two nodes of the same weight answers everything.",
        plant("one_node_answers_all"),
        whole=True,
        telling={"LoadShare": ("fail", "payments-1 100 %, payments-2 0 %")},
        numbers={"share_all_payments-1_ratio": 1.0},
    ),
    "whole-bad-not-detected": Case(
        "The alert never fired.",
        plant("never_detected"),
        whole=True,
        telling={"Detected": ("fail", "LedgerWithoutPrimary never fired, never resolved")},
        numbers={"detect_s": None},
    ),
}


def main() -> None:
    """Write every folder anew."""
    for name, case in CASES.items():
        run = make_run(list(case.fates), [100], gap_s=0.5)
        if case.whole:
            add_life(run)
        case.change(run)
        folder = HOME / name
        folder.mkdir(parents=True, exist_ok=True)
        run.write(folder)
        expected = {"says": case.says, "telling": case.telling, "numbers": case.numbers}
        if case.whole:
            expected["whole"] = True
        (folder / "expected.json").write_text(json.dumps(expected, indent=1) + "\n", encoding="utf-8")
    history = HOME / "unread-load-died" / "history.jsonl"
    history.write_bytes(history.read_bytes()[:-12])


if __name__ == "__main__":
    main()
