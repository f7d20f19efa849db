"""Converged: every copy of the books is the same."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from harness.checks.base import Recording
from harness.checks.conclusion import conclude, examples_of, known, unread
from harness.checks.wording import count
from harness.timeline import Timeline
from harness.verdict import Finding

__all__ = ["Converged", "copy_holders"]

_COPY_ROLES = frozenset({"primary", "sync-standby", "replica", "standby-leader"})


@dataclass(frozen=True, slots=True)
class Converged:
    """After recovery every node that holds a copy of the books holds the same one, by content.

    Proof obligations:

    1. Every node that played a copy's role during the run (primary, sync-standby, replica), or that
       ``nodes`` names, was read; one that is missing is not a replica any more: fail.
    2. All copies were read at one position of the log; at different ones nothing can be compared:
       inconclusive.
    3. Every copy has the same tables, and of each table the same digest and number of rows.
    4. Fewer than two copies, or copies not read to their end: inconclusive, unless two that were read at
       one position differ.

    Attributes:
        nodes: the nodes that must hold a copy; empty takes them from the roles seen in the timeline.
    """

    nodes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        # run.json gives a list back.
        object.__setattr__(self, "nodes", tuple(self.nodes))

    @property
    def needs(self) -> frozenset[str]:
        """Every replica."""
        return frozenset({"replicas"})

    def judge(self, recording: Recording) -> Finding:
        """Judge one run."""
        digests = recording.books.digests
        expected = set(self.nodes) or copy_holders(recording.timeline)
        complete = self.needs <= recording.books.complete
        missing = sorted(expected - set(digests["node"])) if complete else []
        diverged = _diverged(digests, partial=not complete)
        blind = unread(recording.books, self.needs) or _blind(digests, expected)
        copies, tables = digests["node"].n_unique(), digests["table"].n_unique()
        return conclude(
            self,
            violated=bool(missing) or not diverged.is_empty(),
            blind=blind,
            measured=_measured(copies, tables, missing, diverged),
            bound="every copy equal, at one position",
            examples=[
                *({"what": "no copy was read of this node", "node": node} for node in missing),
                *examples_of(diverged, "copies of a table differ"),
            ],
            numbers={"copies": copies, "diverged_tables": known(diverged["table"].n_unique(), blind)},
        )


def copy_holders(timeline: Timeline) -> set[str]:
    """The nodes that played a copy's role at any moment of the run."""
    return {str(event["node"]) for event in timeline.of("role") if event["role"] in _COPY_ROLES}


def _diverged(digests: pl.DataFrame, *, partial: bool) -> pl.DataFrame:
    """Each copy of each table on which the nodes at one position do not agree.

    A table that a node lacks counts unless the reading is partial: its line may not have been printed.
    """
    placed = digests.filter(pl.col("position").is_not_null() & pl.col("digest").is_not_null())
    nodes = placed.group_by("position").agg(pl.col("node").n_unique().alias("nodes"))
    tables = placed.group_by("position", "table").agg(
        pl.struct("digest", "rows").n_unique().alias("contents"), pl.col("node").n_unique().alias("copies")
    )
    absent = pl.lit(value=False) if partial else pl.col("copies") < pl.col("nodes")
    bad = tables.join(nodes, on="position").filter((pl.col("contents") > 1) | absent)
    return placed.join(bad, on=["position", "table"], how="semi").sort("table", "node")


def _blind(digests: pl.DataFrame, expected: set[str]) -> str:
    if not expected:
        return "The timeline shows no node in a copy's role, so it is not known who holds a copy: name them."
    if digests["node"].n_unique() < 2:  # noqa: PLR2004  # a copy is compared with another one
        return "Fewer than two copies were read, so there is nothing to compare."
    if digests["position"].null_count() or digests["position"].n_unique() > 1:
        return f"The copies were read at different positions ({_positions(digests)}) and cannot be compared."
    return "A digest is missing." if digests["digest"].null_count() else ""


def _positions(digests: pl.DataFrame) -> str:
    pairs = digests.select("node", "position").unique().sort("node", "position").iter_rows()
    return ", ".join(f"{node}: {position or 'none'}" for node, position in pairs)


def _measured(copies: int, tables: int, missing: list[str], diverged: pl.DataFrame) -> str:
    parts = [f"{count(copies)} copies of {count(tables)} tables"]
    if missing:
        parts.append(f"missing: {', '.join(missing)}")
    if not diverged.is_empty():
        parts.append(f"differ in {', '.join(sorted(set(diverged['table'])))}")
    return "; ".join(parts)
