"""SingleWriter: at no time did two primaries accept writes."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from harness.checks.base import Recording
from harness.checks.conclusion import conclude, examples_of, known
from harness.checks.wording import count
from harness.verdict import Finding

__all__ = ["SingleWriter"]

_SHOWN = ("key", "attempt", "writer", "sent_at", "done_at")


@dataclass(frozen=True, slots=True)
class SingleWriter:
    """The acknowledgements themselves show one primary at a time, whatever the databases' own records say later.

    Each acknowledgement of a write names the node and the timeline that made it, in the history: what a rewind erases
    from a loser's log stays here.

    Proof obligations:

    1. Every acknowledgement of one timeline is by the same node: a timeline begins with a promotion.
    2. No write that was *sent* after an acknowledgement of a newer timeline was *done* is acknowledged by an older one:
       from then on the older primary must refuse. So timelines never go back, and the two were never open
       to writes at the same time as far as clients could tell. A write that was under way meanwhile proves nothing.
    3. No acknowledgement that names its writer, or one whose name cannot be read: inconclusive, unless a violation was
       seen. How many acknowledgements named none is told.
    """

    @property
    def needs(self) -> frozenset[str]:
        """Nothing of the final reads: the history alone decides."""
        return frozenset()

    def judge(self, recording: Recording) -> Finding:
        """Judge one run."""
        told = _acknowledgements(recording)
        named = told.filter(pl.col("timeline").is_not_null())
        illegible = told.filter(pl.col("writer").is_not_null() & pl.col("timeline").is_null())
        shared, late = _shared(named), _late(named)
        timelines = named["timeline"].n_unique()
        blind = _blind(named.height, illegible.height)
        number = shared.height + late.height
        return conclude(
            self,
            violated=number > 0,
            blind=blind,
            measured=f"{count(timelines)} timelines of {count(named['server'].n_unique())} nodes, "
            f"{count(late.height)} acknowledgements by a deposed one, {count(shared.height)} timelines of several",
            bound="one writer at a time",
            detail=f"{count(named.height)} acknowledgements name their writer, "
            f"{count(told['writer'].null_count())} do not.",
            examples=[
                *examples_of(late, "acknowledged by an older timeline after a newer one"),
                *examples_of(shared, "a timeline of several nodes"),
            ],
            numbers={"writer_timelines": timelines, "writer_violations": known(number, blind)},
        )


def _acknowledgements(recording: Recording) -> pl.DataFrame:
    writes = recording.operations.filter("write").select("key")
    made = recording.attempts.filter((pl.col("outcome") == "ok") & pl.col("done_at").is_not_null())
    parts = r"^(.+)/([0-9]{1,9})$"
    return made.join(writes, on="key", how="semi").with_columns(
        pl.col("writer").str.extract(parts, 1).alias("server"),
        pl.col("writer").str.extract(parts, 2).cast(pl.Int64).alias("timeline"),
    )


def _shared(named: pl.DataFrame) -> pl.DataFrame:
    nodes = named.group_by("timeline").agg(pl.col("server").unique().sort().alias("nodes"))
    several = nodes.filter(pl.col("nodes").list.len() > 1)
    return several.with_columns(pl.col("nodes").list.join(", ")).sort("timeline")


def _late(named: pl.DataFrame) -> pl.DataFrame:
    """Sent when a newer timeline had already acknowledged something."""
    begun = (
        named.group_by("timeline")
        .agg(pl.col("done_at").min().alias("begun_at"))
        .sort("timeline", descending=True)
    )
    # Of all newer timelines the earliest sign counts.
    newer = begun.with_columns(pl.col("begun_at").cum_min().shift(1).alias("newer_at"))
    late = named.join(newer.select("timeline", "newer_at"), on="timeline").filter(
        pl.col("sent_at") > pl.col("newer_at")
    )
    return late.select(*_SHOWN, "newer_at").sort("sent_at", "key")


def _blind(named: int, illegible: int) -> str:
    if illegible:
        return f"{count(illegible)} acknowledgements name their writer in a way that is not node/timeline."
    return "" if named else "No acknowledgement names its writer, so there is nothing to judge."
