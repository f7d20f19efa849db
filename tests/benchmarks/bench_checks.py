"""Time and peak memory of judging one million operations with every check.

Run ``python tests/benchmarks/bench_checks.py``. The recording is made in memory, as columns: reading
the files is the history's benchmark.
"""

from __future__ import annotations

import argparse
import resource
import sys
import time

import polars as pl

from harness.checks.base import Check, Recording
from harness.checks.catalogue import CHECKS
from harness.checks.judge import judge_all, measurements
from harness.history import ATTEMPTS, OPERATIONS
from harness.observations import ACCOUNTS, DIGESTS, ENTRIES, PAYMENTS, SETTLEMENTS, TRANSITIONS, Books
from harness.steady import SteadyState
from harness.timeline import Timeline
from harness.verdict import Verdict

RUN, RATE_PER_S, CUSTOMERS = "bench", 500.0, 1_000
BOUNDS = {"Rto": {"max_s": 60}, "Availability": {"min_ratio": 0.5}, "Latency": {"max_ms": 500}}
# The made-up run is of direct payments: it has nothing that these could judge.
OF_THE_WHOLE_SYSTEM = {
    "AuditChainIntact",
    "Detected",
    "FailsClosed",
    "LoadShare",
    "MonotonicStatus",
    "ReadYourWrites",
    "Reconciled",
    "SingleWriter",
}


def operations(number: int) -> pl.DataFrame:
    """Half writes, half reads, at a constant rate; one in a thousand refused."""
    index = pl.int_range(number, eager=True).alias("i")
    write, refused = pl.col("i") % 2 == 0, pl.col("i") % 1000 == 0
    made = index.to_frame().select(
        pl.format(RUN + "-{}", "i").alias("key"),
        pl.when(write).then(pl.lit("create_payment")).otherwise(pl.lit("read_account")).alias("kind"),
        write.alias("write"),
        (pl.col("i") / RATE_PER_S).alias("intended_at"),
        (pl.col("i") / RATE_PER_S + 0.001).alias("sent_at"),
        (pl.col("i") / RATE_PER_S + 0.02).alias("done_at"),
        pl.when(refused).then(pl.lit("fail")).otherwise(pl.lit("ok")).alias("outcome"),
        pl.lit(value=False).alias("dropped"),
        pl.lit(1).alias("attempts"),
        pl.when(write).then(pl.format("c-{}", pl.col("i") % CUSTOMERS)).alias("debtor"),
        pl.when(write).then(pl.format("c-{}", (pl.col("i") + 1) % CUSTOMERS)).alias("creditor"),
        pl.when(write).then(pl.col("i") % 97 + 1).alias("amount"),
        pl.when(write).then(pl.lit("EUR")).alias("currency"),
        pl.when(write & ~refused).then(pl.format("p-{}", "i")).alias("payment_id"),
        *(pl.lit(None).alias(name) for name in ("status", "error", "node")),
        pl.lit(value=False).alias("forbidden"),
    )
    return made.select(list(OPERATIONS)).cast(dict(OPERATIONS))


def books(asked: pl.DataFrame) -> Books:
    """What those operations leave, in both sources."""
    held = asked.filter(pl.col("write") & (pl.col("outcome") == "ok")).with_columns(
        pl.lit("booked").alias("status"), pl.lit(None).alias("hold")
    )
    payments = pl.concat(
        [held.with_columns(pl.lit(s).alias("source")).select(list(PAYMENTS)) for s in ("database", "api")]
    )
    entries = pl.concat(
        [
            held.select(
                pl.lit("database").alias("source"),
                "payment_id",
                pl.col(side).alias("account"),
                (pl.col("amount") * sign).alias("amount"),
                "currency",
            )
            for side, sign in (("debtor", -1), ("creditor", 1))
        ]
    )
    balances = entries.group_by("account", "currency").agg(pl.col("amount").sum().alias("balance"))
    accounts = pl.concat(
        [
            balances.with_columns(
                pl.lit(s).alias("source"), pl.lit(value=True).alias("may_be_negative")
            ).select(list(ACCOUNTS))
            for s in ("database", "api")
        ]
    )
    digests = pl.DataFrame(
        [(node, "replica", "payments", "d", held.height, "0/9") for node in ("n1", "n2", "n3")],
        schema=dict(DIGESTS),
        orient="row",
    )
    return Books(
        payments=payments.cast(dict(PAYMENTS)),
        entries=entries.cast(dict(ENTRIES)),
        accounts=accounts,
        digests=digests,
        settlements=pl.DataFrame(schema=dict(SETTLEMENTS)),
        transitions=pl.DataFrame(schema=dict(TRANSITIONS)),
        complete=frozenset({"database", "api", "replicas"}),
        incomplete={},
    )


def timeline(length_s: float) -> Timeline:
    """A control run: nothing is injected."""
    third = length_s / 3
    marks = {
        "baseline": 0.0,
        "fault": third,
        "recovery": 2 * third,
        "drain": length_s,
        "observe": length_s + 1,
    }
    events = [{"at": at, "kind": "phase", "phase": phase} for phase, at in marks.items()]
    roles = [
        {"at": 0.0, "kind": "role", "node": n, "role": "replica", "before": None} for n in ("n1", "n2", "n3")
    ]
    rest = [
        {"at": third, "kind": "steady", "held": True},
        {"at": length_s + 1, "kind": "left_behind", "items": []},
    ]
    return Timeline([*events, *roles, *rest])


def main() -> int:
    """Print a table; exit 1 when a run that is right was not judged so."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--operations", type=int, default=1_000_000)
    number = parser.parse_args().operations
    asked = operations(number)
    recording = Recording(
        run=RUN,
        operations=asked,
        attempts=pl.DataFrame(schema=dict(ATTEMPTS)),
        load_ended=True,
        books=books(asked),
        timeline=timeline(number / RATE_PER_S),
        steady=SteadyState(),
    )
    before = peak_mib()
    checks: list[Check] = [
        check(**BOUNDS.get(name, {})) for name, check in CHECKS.items() if name not in OF_THE_WHOLE_SYSTEM
    ]
    wrong = [row for check in checks if (row := timed(check, recording))]
    start = time.perf_counter()
    measurements(recording, judge_all(checks, recording))
    print(
        f"{'all, with measurements':<24}{time.perf_counter() - start:8.2f} s"
    )  # a benchmark prints its table
    print(
        f"{number} operations; peak RSS {peak_mib():.0f} MiB, of which the recording {before:.0f} MiB"
    )  # a benchmark prints its table
    return 1 if wrong else 0


def timed(check: Check, recording: Recording) -> str | None:
    """Print one check's time; its name when it did not pass."""
    start = time.perf_counter()
    finding = check.judge(recording)
    print(
        f"{finding.check:<24}{time.perf_counter() - start:8.2f} s  {finding.verdict.value}"
    )  # a benchmark prints its table
    return None if finding.verdict is Verdict.PASS else finding.check


def peak_mib() -> float:
    """Peak resident memory of this process so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    sys.exit(main())
