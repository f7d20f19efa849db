"""Run folders as the harness writes them, made without a stack: for tests, and to look at a report."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from harness.errors import HarnessError
from harness.experiment import Load, Phases
from harness.history import HistoryWriter
from harness.judgement import judge_run
from harness.run_folder import (
    ExpectationInfo,
    ExperimentInfo,
    HostInfo,
    InjectionInfo,
    RunFolder,
    RunInfo,
    StackInfo,
    Started,
)

KINDS = ("pass", "fail", "inconclusive", "interrupted")
ZERO = 51_000.0
RATE = 40.0
ACCOUNTS = 20


@dataclass(frozen=True)
class Plan:
    """The times of a run, in seconds from the load's start: a kill, a promotion, a heal."""

    baseline_s: float = 10.0
    outage_s: float = 20.3
    fault_s: float = 40.0
    recovery_s: float = 12.0

    @property
    def heal_s(self) -> float:
        return self.baseline_s + self.fault_s

    @property
    def end_s(self) -> float:
        return self.heal_s + self.recovery_s

    def out(self, at_s: float) -> bool:
        return self.baseline_s <= at_s < self.baseline_s + self.outage_s


def make(kind: str, root: Path, plan: Plan | None = None, seed: int = 7) -> RunFolder:
    """A run folder of one of :data:`KINDS`, judged by the harness's own checks; the interrupted one is not."""
    plan = plan or Plan()
    variant = "async-replication" if kind == "fail" else None
    folder = RunFolder.create(root, "ledger_primary_kill")
    folder.write_run(_info(folder.path.name.split("-")[0].lower(), plan, variant, seed))
    run = folder.read_run().run
    stop_s = plan.baseline_s + plan.outage_s / 2 if kind == "interrupted" else plan.end_s
    payments = _history(folder, run, plan, stop_s, random.Random(seed), kind)
    _timeline(folder, plan, kind)
    _logs(folder)
    if kind == "interrupted":
        (folder.logs / "ledger-3.log").unlink()
        return folder
    _observations(folder, payments, kind)
    folder.write_result(judge_run(folder))
    return folder


def _info(run: str, plan: Plan, variant: str | None, seed: int) -> RunInfo:
    experiment = ExperimentInfo(
        name="ledger_primary_kill",
        hypothesis="The ledger's primary dies under load; payments go on after failover, nothing is lost.",
        description="The steady state is nine good operations of ten.\n\nPatroni promotes the synchronous standby.",
        load=Load(rate_per_s=RATE),
        phases=Phases(baseline_s=plan.baseline_s),
        tags=("gate", "database"),
        injections=(
            InjectionInfo(
                fault="Kill", spec={"target": "ledger:primary"}, at_s=plan.baseline_s, for_s=plan.fault_s
            ),
        ),
        expect=(
            ExpectationInfo(check="Rto", spec={"max_s": 30, "reads_max_s": 10}),
            ExpectationInfo(check="NoLostPayments"),
            ExpectationInfo(check="NoDuplicatePayments"),
            ExpectationInfo(check="LedgerBalanced"),
            ExpectationInfo(check="Availability", spec={"min_ratio": 0.5}),
            ExpectationInfo(check="Latency", spec={"max_ms": 9000, "percentile": 99.0}),
        ),
    )
    return RunInfo(
        run=run,
        experiment=experiment,
        stack=StackInfo(
            directory="compose/payments",
            project="payments",
            services=("edge", "payments-1", "payments-2", "ledger-1", "ledger-2", "ledger-3", "etcd-1"),
        ),
        variant=variant,
        seed=seed,
        commit="4f2a91c0d3b7",
        versions={"harness": "0.1.0", "python": "3.11.2", "docker": "20.10.24", "locust": "2.32"},
        host=HostInfo(kernel="6.1.0", cpus=2, memory_mb=24_000, cgroup="v1"),
        started=Started(at=ZERO - 4, wall="2026-01-31T12:00:00.000Z"),
    )


@dataclass(frozen=True)
class Payment:
    """An acknowledged payment as the client was told of it, and when."""

    key: str
    id: str
    debtor: str
    creditor: str
    amount: int
    at_s: float


def _history(
    folder: RunFolder, run: str, plan: Plan, stop_s: float, chance: random.Random, kind: str
) -> list[Payment]:
    with HistoryWriter(folder.history, run=run, seed=7) as history:
        payments = list(_load(history, run, plan, stop_s, chance))
        if kind != "interrupted":
            history.end(ZERO + stop_s + 2)
    if kind == "interrupted":
        with folder.history.open("a") as file:
            file.write('{"t":"invoke","key":"cut o')
    return payments


def _load(
    history: HistoryWriter, run: str, plan: Plan, stop_s: float, chance: random.Random
) -> Iterator[Payment]:
    at_s, number = 0.0, 0
    while (at_s := at_s + chance.expovariate(RATE)) < stop_s:
        number += 1
        payment = _operation(history, f"{run}-{number}", plan, at_s, chance)
        if payment:
            yield payment


def _operation(
    history: HistoryWriter, key: str, plan: Plan, at_s: float, chance: random.Random
) -> Payment | None:
    write = chance.random() < 0.6
    kind = "create_payment" if write else chance.choice(["read_payment", "read_account"])
    intended = ZERO + at_s
    if plan.out(at_s) and chance.random() < 0.02:
        history.drop(key, kind, write=write, intended_at=intended, at=intended)
        return None
    debtor, creditor = (f"a{n}" for n in chance.sample(range(ACCOUNTS), 2))
    amount = chance.randrange(100, 20_000)
    request = {"debtor": debtor, "creditor": creditor, "amount": amount, "currency": "EUR"} if write else None
    node = chance.choice(["payments-1", "payments-2", "payments-3"])
    sent_s = at_s + chance.uniform(0, 0.003)
    for attempt in range(1, 5):
        history.invoke(
            key, kind, write=write, attempt=attempt, intended_at=intended, at=ZERO + sent_s, request=request
        )
        request = None
        down = plan.out(sent_s) and (write or sent_s < plan.baseline_s + 2.4)
        if not down:
            spent = chance.lognormvariate(-4.6 if write else -5.6, 0.45)
            done = ZERO + sent_s + spent
            status = 201 if write else 200
            history.done(
                key,
                attempt=attempt,
                at=done,
                outcome="ok",
                status=status,
                node=node,
                payment_id=f"p-{key}" if write else None,
            )
            return Payment(key, f"p-{key}", debtor, creditor, amount, done - ZERO) if write else None
        sent_s = _failed_attempt(history, key, attempt, sent_s, node, chance)
    return None


def _failed_attempt(
    history: HistoryWriter, key: str, attempt: int, sent_s: float, node: str, chance: random.Random
) -> float:
    """One of the ways in which an attempt ends while the primary is away; when the next may be sent."""
    if chance.random() < 0.7:
        history.done(key, attempt=attempt, at=ZERO + sent_s + 2, outcome="info", error="timeout")
        return sent_s + 2 + 0.2 * attempt
    took = chance.uniform(0.05, 0.4)
    history.done(
        key,
        attempt=attempt,
        at=ZERO + sent_s + took,
        outcome="info",
        status=503,
        error="no primary",
        node=node,
    )
    return sent_s + took + 0.2 * attempt


def _timeline(folder: RunFolder, plan: Plan, kind: str) -> None:
    events = sorted(_events(plan, kind), key=lambda event: event["at"])
    cut_s = plan.baseline_s + plan.outage_s / 2
    kept = [event for event in events if kind != "interrupted" or event["at"] <= ZERO + cut_s]
    lines = [json.dumps(event) for event in kept]
    folder.timeline.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _events(plan: Plan, kind: str) -> Iterator[dict[str, Any]]:
    def event(at_s: float, name: str, **keys: Any) -> dict[str, Any]:
        wall = datetime(2026, 1, 31, 12, tzinfo=UTC) + timedelta(seconds=at_s)
        return {"at": ZERO + at_s, "wall": f"{wall:%Y-%m-%dT%H:%M:%S.%f}"[:-3] + "Z", "kind": name, **keys}

    baseline, heal = plan.baseline_s, plan.heal_s
    promoted = baseline + plan.outage_s - 0.4
    for name, at in (
        ("setup", -4),
        ("baseline", 0),
        ("fault", baseline),
        ("recovery", heal),
        ("drain", plan.end_s),
    ):
        yield event(at, "phase", phase=name)
    for node, role in (("ledger-1", "primary"), ("ledger-2", "sync-standby"), ("ledger-3", "replica")):
        yield event(-3.5, "role", node=node, role=role, before=None)
    for node, role in (("etcd-1", "leader"), ("etcd-2", "follower"), ("etcd-3", "follower")):
        yield event(-3.4, "role", node=node, role=role, before=None)
    yield event(baseline - 0.2, "steady", held=True, detail="10 of 10 windows good")
    target = {"ledger:primary": ["ledger-1"]}
    yield event(
        baseline + 0.001,
        "resolve",
        injection="i1",
        fault="Kill",
        spec={"target": "ledger:primary"},
        nodes=["ledger-1"],
        resolved=target,
        destroys=True,
    )
    yield event(baseline + 0.02, "engine", node="ledger-1", action="die")
    yield event(
        baseline + 0.021,
        "in_effect",
        injection="i1",
        evidence={"effect_at": ZERO + baseline + 0.021, "why": ""},
    )
    yield event(baseline + 0.9, "role", node="ledger-1", role=None, before="primary")
    yield event(promoted, "role", node="ledger-2", role="primary", before="sync-standby")
    yield event(promoted + 1.2, "role", node="ledger-3", role="sync-standby", before="replica")
    for at, state in ((baseline + 6.1, "firing"), (promoted + 1, "resolved")):
        labels = {"severity": "page"}
        yield event(at, "alert", alert="LedgerPrimaryMissing", state=state, labels=labels)
    for at, state in ((baseline + 13.2, "firing"), (heal + 3, "resolved")):
        labels = {"severity": "warn", "instance": "ledger-1:8008", "job": "ledger"}
        yield event(at, "alert", alert="TargetDown", state=state, labels=labels)
    yield event(heal, "heal", injection="i1")
    yield event(heal + 0.28, "engine", node="ledger-1", action="start")
    yield event(
        heal + 0.3, "gone", injection="i1", evidence={"gone_at": ZERO + heal + 0.3, "why": "", "excused": []}
    )
    gap, why = kind == "inconclusive", "nobody looked for 1.4 s"
    yield event(
        heal + 0.31,
        "evidence",
        injection="i1",
        samples=812,
        gaps=[{"what": why}] if gap else [],
        verdict="inconclusive" if gap else "pass",
        why=why if gap else "",
        items=[{"name": "ledger-1 runs", "looks": 812}],
    )
    yield event(heal + 4.1, "role", node="ledger-1", role="replica", before=None)
    yield event(plan.end_s - 0.1, "recovered", sustained_s=5.0, whole=True)
    yield event(plan.end_s + 1, "load", phase="fault", lag_p99_ms=3.1, dropped=12)
    yield event(plan.end_s + 1.5, "left_behind", items=[])
    yield event(plan.end_s + 2, "phase", phase="observe")
    yield event(plan.end_s + 3, "phase", phase="end")


def _observations(folder: RunFolder, payments: list[Payment], kind: str) -> None:
    """The books; those of a failed run lack what was acknowledged in the last second before the kill."""
    cut = Plan()
    lost = [p for p in payments if kind == "fail" and cut.baseline_s - 1 <= p.at_s < cut.baseline_s]
    kept = [payment for payment in payments if payment not in lost]
    lines = [*_books("database", kept), *_books("api", kept)]
    lines += [{"t": "complete", "source": source} for source in ("database", "api", "replicas")]
    folder.observations.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")


def _books(source: str, payments: list[Payment]) -> Iterator[dict[str, Any]]:
    balance = dict.fromkeys((f"a{n}" for n in range(ACCOUNTS)), 0)
    for one in payments:
        yield {
            "t": "payment",
            "source": source,
            "key": one.key,
            "payment_id": one.id,
            "debtor": one.debtor,
            "creditor": one.creditor,
            "amount": one.amount,
            "currency": "EUR",
            "status": "booked",
        }
        for account, amount in ((one.debtor, -one.amount), (one.creditor, one.amount)):
            balance[account] += amount
            yield {
                "t": "entry",
                "source": source,
                "payment_id": one.id,
                "account": account,
                "amount": amount,
                "currency": "EUR",
            }
    for account, amount in balance.items():
        yield {
            "t": "account",
            "source": source,
            "account": account,
            "currency": "EUR",
            "balance": amount,
            "may_be_negative": True,
        }


def _logs(folder: RunFolder) -> None:
    quiet = [
        f"2026-01-31T12:00:{n:02d}.000000001Z 2026-01-31 12:00:{n:02d} INFO no action. I am a secondary"
        for n in range(60)
    ]
    (folder.logs / "ledger-2.log").write_text(
        "\n".join([*quiet, "2026-01-31 12:00:30 INFO promoted self to leader"]) + "\n"
    )
    bad = [
        f"2026-01-31T12:00:{n:02d}.100000001Z 2026-01-31 12:00:{n:02d}.100 UTC [77] FATAL:  "
        f"could not connect to the primary server: timeout <{n}>"
        for n in range(10, 40)
    ]
    (folder.logs / "ledger-3.log").write_text("\n".join([*quiet, *bad]) + "\n")
    (folder.logs / "payments-1.log").write_text(
        "INFO started\nERROR psycopg.OperationalError: connection failed: password=hunter2 host=ledger-router\n"
    )
    (folder.logs / "edge.log").write_text("[NOTICE] (1) : New worker forked\n")


def main() -> None:
    """Write one run of each kind, rendered, into the folder named on the command line."""
    import sys

    from harness.report import render

    for kind in KINDS:
        folder = make(kind, Path(sys.argv[1]) / kind)
        try:
            render(folder.path)
        except HarnessError as error:
            sys.exit(str(error))
        print(folder.path)


if __name__ == "__main__":
    main()
