"""The numbers of a report, computed from the history's columns with Polars.

Only the load counts: set-up operations (intended before the baseline) are left out. Every operation
belongs to the phase and the second in which it was *intended*, not to the one in which an answer came.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

from harness.checks.arrivals import is_good, latency_ms, wanted, within
from harness.history import History
from harness.steady import SteadyState
from harness.timeline import Span

__all__ = [
    "Bin",
    "ErrorRow",
    "NodeRow",
    "PhaseRow",
    "bin_length_s",
    "bins",
    "errors",
    "load_of",
    "nodes",
    "phase_rows",
]

BINS_MAX = 240
_LENGTHS_S = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1800, 3600)


@dataclass(frozen=True, slots=True)
class PhaseRow:
    """What the load saw in one phase.

    Attributes:
        name: the phase, or ``all``.
        span_s: its start and end, relative to the load's start.
        good, late, info, fail, dropped: operations by outcome; ``late`` is acknowledged, but not within
            the steady state's ``good_within_ms``. ``fail`` is without the dropped ones.
        writes, writes_good, reads, reads_good: operations of each sort and how many of them were good.
        p50_ms, p95_ms, p99_ms, max_ms: latency of the acknowledged ones from their intended time.
    """

    name: str
    span_s: tuple[float, float]
    arrivals: int
    good: int
    late: int
    info: int
    fail: int
    dropped: int
    writes: int
    writes_good: int
    reads: int
    reads_good: int
    p50_ms: float | None
    p95_ms: float | None
    p99_ms: float | None
    max_ms: float | None


@dataclass(frozen=True, slots=True)
class Bin:
    """A stretch of the run, ``length_s`` long, beginning ``start_s`` after the load's start."""

    start_s: float
    length_s: float
    good: int
    late: int
    info: int
    fail: int
    dropped: int
    writes: int
    writes_good: int
    reads: int
    reads_good: int
    p50_ms: float | None
    p99_ms: float | None

    @property
    def arrivals(self) -> int:
        """Operations intended in this stretch."""
        return self.good + self.late + self.info + self.fail + self.dropped


@dataclass(frozen=True, slots=True)
class ErrorRow:
    """How often one error ended an attempt, by the phase in which the attempt was sent."""

    error: str
    outcome: str
    by_phase: Mapping[str, int]
    total: int


@dataclass(frozen=True, slots=True)
class NodeRow:
    """What the attempts that one node answered came to; ``(no answer)`` for those that none did."""

    node: str
    attempts: int
    ok: int
    info: int
    fail: int
    p50_ms: float | None
    p99_ms: float | None


def load_of(history: History, span: Span, steady: SteadyState) -> pl.DataFrame:
    """The load's operations with ``at_s`` (intended, from the load's start), ``latency_ms`` and ``state``.

    What must be refused is left out: its refusal is no failure.
    """
    acknowledged = pl.col("outcome") == "ok"
    state = (
        pl.when(pl.col("dropped"))
        .then(pl.lit("dropped"))
        .when(is_good(steady))
        .then(pl.lit("good"))
        .when(acknowledged)
        .then(pl.lit("late"))
        .otherwise(pl.col("outcome"))
    )
    return history.operations.filter(within(span) & wanted()).with_columns(
        (pl.col("intended_at") - span.start).alias("at_s"),
        pl.when(acknowledged).then(latency_ms()).alias("latency_ms"),
        state.alias("state"),
    )


def phase_rows(load: pl.DataFrame, phases: Mapping[str, tuple[float, float]]) -> tuple[PhaseRow, ...]:
    """A row for each phase that the load ran in, and one for all of them."""
    rows = [
        PhaseRow(name=name, span_s=span, **_one(load.filter(pl.col("at_s").is_between(*span, closed="left"))))
        for name, span in phases.items()
    ]
    whole = (
        min((s for s, _ in phases.values()), default=0.0),
        max((e for _, e in phases.values()), default=0.0),
    )
    return (*rows, PhaseRow(name="all", span_s=whole, **_one(load)))


def _one(load: pl.DataFrame) -> dict[str, Any]:
    return load.select(
        *_counts(), *_latencies(0.5, 0.95, 0.99), pl.col("latency_ms").max().alias("max_ms")
    ).row(0, named=True) | {"arrivals": load.height}


def _counts() -> list[pl.Expr]:
    states = [
        (pl.col("state") == name).sum().alias(name) for name in ("good", "late", "info", "fail", "dropped")
    ]
    write, good = pl.col("write"), pl.col("state") == "good"
    return [
        *states,
        write.sum().alias("writes"),
        (write & good).sum().alias("writes_good"),
        (~write).sum().alias("reads"),
        (~write & good).sum().alias("reads_good"),
    ]


def _latencies(*shares: float, column: str = "latency_ms") -> list[pl.Expr]:
    """A percentile is a latency that was measured, the upper of two: never better than it was."""
    return [pl.col(column).quantile(share, "higher").alias(f"p{share * 100:.0f}_ms") for share in shares]


def bin_length_s(length_s: float) -> int:
    """Seconds a bar stands for, so that a long run has no more bars than a screen has room for."""
    return next((step for step in _LENGTHS_S if length_s <= step * BINS_MAX), math.ceil(length_s / BINS_MAX))


def bins(load: pl.DataFrame, length_s: float) -> tuple[Bin, ...]:
    """The run in stretches of equal length, empty ones included; nothing when there was no load.

    What is left at the end belongs to the last one, as in the checks' windows: a sliver's rate says nothing.
    """
    step = bin_length_s(length_s)
    last = max(1, int(length_s / step + 1e-9)) if load.height else 0
    every = pl.DataFrame({"bin": range(last)}, schema={"bin": pl.Int64()})
    grouped = (
        load.with_columns((pl.col("at_s") // step).cast(pl.Int64).clip(0, last - 1).alias("bin"))
        .group_by("bin")
        .agg(*_counts(), *_latencies(0.5, 0.99))
    )
    rows = every.join(grouped, on="bin", how="left").sort("bin")
    whole = rows.with_columns(pl.exclude("bin", "p50_ms", "p99_ms").fill_null(0))
    return tuple(_bin(row, step, last, length_s) for row in whole.iter_rows(named=True))


def _bin(row: dict[str, Any], step: int, last: int, length_s: float) -> Bin:
    start_s = float(row.pop("bin") * step)
    return Bin(start_s=start_s, length_s=length_s - start_s if start_s >= (last - 1) * step else step, **row)


def errors(history: History, span: Span, phases: Mapping[str, tuple[float, float]]) -> tuple[ErrorRow, ...]:
    """Attempts that were not acknowledged, by what ended them, the most frequent first."""
    phase = pl.lit("later")
    for name, (start, end) in phases.items():
        inside = (pl.col("sent_at") - span.start).is_between(start, end, closed="left")
        phase = pl.when(inside).then(pl.lit(name)).otherwise(phase)
    counted = (
        _attempts(history, span)
        .filter(pl.col("outcome") != "ok")
        .with_columns(phase.alias("phase"), _what_ended_it().alias("what"))
        .group_by("what", "outcome", "phase")
        .len()
    )
    found: dict[tuple[str, str], dict[str, int]] = {}
    for what, outcome, where, number in counted.iter_rows():
        found.setdefault((what, outcome), {})[where] = number
    rows = [ErrorRow(what, outcome, by, sum(by.values())) for (what, outcome), by in found.items()]
    return tuple(sorted(rows, key=lambda row: (-row.total, row.error, row.outcome)))


def _what_ended_it() -> pl.Expr:
    """The status and the error's name, when that says more than the status."""
    status = pl.format("HTTP {}", pl.col("status"))
    more = pl.col("error").is_not_null() & (pl.col("error") != pl.format("http-{}", pl.col("status")))
    answered = pl.when(more).then(pl.format("{}: {}", status, "error")).otherwise(status)
    return (
        pl.when(pl.col("status").is_not_null())
        .then(answered)
        .otherwise(pl.col("error").fill_null("never answered"))
    )


def nodes(history: History, span: Span) -> tuple[NodeRow, ...]:
    """Attempts by the node that answered them."""
    spent = (pl.col("done_at") - pl.col("sent_at")) * 1000
    rows = (
        _attempts(history, span)
        .with_columns(
            pl.col("node").fill_null("(no answer)"),
            pl.when(pl.col("outcome") == "ok").then(spent).alias("spent_ms"),
        )
        .group_by("node")
        .agg(
            pl.len().alias("attempts"),
            *[(pl.col("outcome") == name).sum().alias(name) for name in ("ok", "info", "fail")],
            *_latencies(0.5, 0.99, column="spent_ms"),
        )
        .sort("node")
    )
    return tuple(NodeRow(**row) for row in rows.iter_rows(named=True))


def _attempts(history: History, span: Span) -> pl.DataFrame:
    """The attempts of the load's own operations: a retry may be sent after the load's end."""
    ours = history.operations.filter(within(span)).select("key")
    return history.attempts.join(ours, on="key", how="semi")
