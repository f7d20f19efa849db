"""The load cut into windows by intended time, each good or broken."""

from __future__ import annotations

import polars as pl

from harness.checks.arrivals import arrivals, is_good
from harness.checks.base import Recording

__all__ = ["windows"]

_SCHEMA = {
    "start": pl.Float64,
    "end": pl.Float64,
    "arrivals": pl.Int64,
    "good": pl.Int64,
    "broken": pl.Boolean,
}


def windows(recording: Recording, *, write: bool) -> pl.DataFrame:
    """The windows that had arrivals, in order: ``start``, ``end``, ``arrivals``, ``good``, ``broken``.

    They begin with the load. What is left at its end and shorter than a window belongs to the last
    one: a sliver with one arrival would be a verdict on one operation. A window without arrivals
    says nothing and is left out.
    """
    span, width = recording.timeline.load_span, recording.steady.window_s
    if span is None:
        return pl.DataFrame(schema=_SCHEMA)
    last = max(0, int(span.length_s / width + 1e-9) - 1)
    index = ((pl.col("intended_at") - span.start) / width).floor().cast(pl.Int64).clip(0, last)
    start = span.start + pl.col("index") * width
    return (
        arrivals(recording, "all", write=write)
        .group_by(index.alias("index"))
        .agg(
            pl.len().cast(pl.Int64).alias("arrivals"),
            is_good(recording.steady).sum().cast(pl.Int64).alias("good"),
        )
        .sort("index")
        .select(
            start.alias("start"),
            pl.when(pl.col("index") == last).then(span.end).otherwise(start + width).alias("end"),
            "arrivals",
            "good",
            (pl.col("good") / pl.col("arrivals") < recording.steady.good_ratio_min).alias("broken"),
        )
    )
