"""Reads a history into the two tables that checks judge."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import polars as pl

from harness.errors import HistoryError
from harness.history.fold import attempts_of, operations_of
from harness.history.lines import read_lines
from harness.history.schema import ATTEMPTS, OPERATIONS

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

    @classmethod
    def none(cls) -> Self:
        """The history of a load that was never started: nothing, and no end."""
        return cls(
            operations=pl.DataFrame(schema=OPERATIONS),
            attempts=pl.DataFrame(schema=ATTEMPTS),
            header={},
            ended=False,
            truncated=False,
        )


def read_history(path: Path) -> History:
    """Read ``history.jsonl``; a last line that a crash cut off is left out and told.

    Raises:
        HistoryError: the file is missing, or a line that is not the last is malformed or contradicts
            another one; its place is named as ``file:line``.
    """
    lines = read_lines(path)
    invokes, dones, drops = (lines.tables[kind] for kind in ("invoke", "done", "drop"))
    _refuse_repeats(invokes, ["key", "attempt"], path, "an attempt is invoked twice")
    _refuse_repeats(dones, ["key", "attempt"], path, "an attempt is done twice")
    _refuse_repeats(drops, ["key"], path, "an arrival is dropped twice")
    orphans = dones.join(invokes, on=["key", "attempt"], how="anti", maintain_order="left")
    _refuse(orphans, path, "an attempt is done that was never invoked")
    attempts = attempts_of(invokes, dones)
    return History(
        operations=operations_of(attempts, drops),
        attempts=attempts.select(list(ATTEMPTS)),
        header=lines.header,
        ended=not lines.tables["end"].is_empty(),
        truncated=lines.truncated,
    )


def _refuse_repeats(rows: pl.DataFrame, identity: list[str], path: Path, what: str) -> None:
    if rows.select(identity).n_unique() < rows.height:
        _refuse(rows.filter(pl.struct(identity).is_first_distinct().not_()), path, what)


def _refuse(rows: pl.DataFrame, path: Path, what: str) -> None:
    if not rows.is_empty():
        row = rows.row(0, named=True)
        raise HistoryError(f"{what}: {row['key']}", where=f"{path}:{row['line']}")
