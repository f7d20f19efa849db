"""Reads a history into the two tables that checks judge."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from harness.errors import HistoryError
from harness.history.fold import attempts_of, operations_of
from harness.history.lines import read_lines
from harness.history.schema import ATTEMPTS

__all__ = ["History", "read_history"]


@dataclass(frozen=True, slots=True)
class History:
    """One run's history.

    Attributes:
        operations: one row an operation, columns of :data:`harness.history.OPERATIONS`.
        attempts: one row an attempt, columns of :data:`harness.history.ATTEMPTS`.
        header: the first line: ``run``, ``seed``, ``closed``...
        ended: the load stopped in order; False means that it died.
        truncated: the last line was cut off and is left out.
    """

    operations: pl.DataFrame
    attempts: pl.DataFrame
    header: Mapping[str, Any]
    ended: bool
    truncated: bool


def read_history(path: Path) -> History:
    """Read ``history.jsonl``; a last line that a crash cut off is left out and told.

    Raises:
        HistoryError: the file is missing, or a line that is not the last is malformed or contradicts
            another one; its place is named as ``file:line``.
    """
    lines = read_lines(path)
    _refuse_repeats(lines.table, path)
    _refuse_orphans(lines.table, path)
    attempts = attempts_of(lines.table)
    return History(
        operations=operations_of(lines.table, attempts),
        attempts=attempts.select(list(ATTEMPTS)),
        header=lines.header,
        ended=not lines.table.filter(pl.col("t") == "end").is_empty(),
        truncated=lines.truncated,
    )


def _refuse_repeats(table: pl.DataFrame, path: Path) -> None:
    """An attempt begins once and ends once; a dropped key is dropped once."""
    for kind, identity in (("invoke", ["key", "attempt"]), ("done", ["key", "attempt"]), ("drop", ["key"])):
        rows = table.filter(pl.col("t") == kind)
        repeated = rows.filter(pl.struct(identity).is_first_distinct().not_())
        _refuse(repeated, path, f"a second {kind!r} line for the same attempt of the same key")


def _refuse_orphans(table: pl.DataFrame, path: Path) -> None:
    """Nothing is done that was not invoked."""
    dones, invokes = (table.filter(pl.col("t") == kind) for kind in ("done", "invoke"))
    orphans = dones.join(invokes, on=["key", "attempt"], how="anti", maintain_order="left")
    _refuse(orphans, path, "an attempt is done that was never invoked")


def _refuse(rows: pl.DataFrame, path: Path, what: str) -> None:
    if not rows.is_empty():
        row = rows.row(0, named=True)
        raise HistoryError(f"{what}: {row['key']}", where=f"{path}:{row['line']}")
