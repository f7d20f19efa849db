"""When operations arrive and of which kind: a pure function of rate, mix and seed.

Times and kinds are drawn from two streams of their own, so that another mix does not move the arrivals,
and both only from ``Random.random``, whose values are the same in every version of Python.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import accumulate, count
from random import Random
from typing import Literal

from harness.errors import ExperimentError

__all__ = ["BACKOFF_MAX_S", "Arrival", "arrivals", "backoff_s", "near_miss", "stream", "weights_for"]

BACKOFF_FIRST_S = 0.1
BACKOFF_MAX_S = 2.0


@dataclass(frozen=True, slots=True)
class Arrival:
    """One operation to come.

    Attributes:
        number: from 0.
        offset_s: seconds after the start of the load at which it is intended.
        kind: what it does.
    """

    number: int
    offset_s: float
    kind: str


def arrivals(
    *,
    rate_per_s: float,
    spacing: Literal["poisson", "constant"],
    weights: Mapping[str, float],
    seed: int,
    longest_s: float,
) -> Iterator[Arrival]:
    """The schedule, in order, up to and without ``longest_s``; the same arguments give the same schedule."""
    offsets = _poisson(rate_per_s, stream(seed, "times")) if spacing == "poisson" else _constant(rate_per_s)
    kinds = _kinds(weights, stream(seed, "kinds"))
    for number, (offset_s, kind) in enumerate(zip(offsets, kinds, strict=False)):
        if offset_s >= longest_s:
            return
        yield Arrival(number, offset_s, kind)


def stream(seed: int, name: str) -> Random:
    """A stream of chance of its own; the same seed and name give the same values."""
    return Random(f"{seed}/{name}")  # noqa: S311  # it must repeat, not be secret


def backoff_s(attempt: int, random: Random) -> float:
    """Seconds to wait after this attempt (from 1): doubled each time, half of it by chance."""
    full = min(BACKOFF_MAX_S, BACKOFF_FIRST_S * 2.0 ** (attempt - 1))
    return full * (0.5 + 0.5 * random.random())


def weights_for(declared: Mapping[str, float], mix: Mapping[str, float] | None) -> dict[str, float]:
    """The weights to use: the stack's own, or those of the experiment.

    Raises:
        ExperimentError: the mix names a kind that the stack's load does not have.
    """
    if mix is None:
        return dict(declared)
    for kind in mix:
        if kind not in declared:
            raise ExperimentError(
                f"the mix names {kind!r}, which the stack's load does not have",
                where="Load(mix=...)",
                mend=near_miss(kind, declared),
            )
    return dict(mix)


def near_miss(word: str, known: Mapping[str, object]) -> str:
    """What to write instead of a word that nothing is called."""
    from difflib import get_close_matches  # only a mistake needs it

    close = get_close_matches(word, known, n=1)
    guess = f"Did you mean {close[0]!r}? " if close else ""
    return f"{guess}It has {', '.join(sorted(known))}"


def _poisson(rate_per_s: float, random: Random) -> Iterator[float]:
    at = 0.0
    while True:
        at -= math.log(1.0 - random.random()) / rate_per_s
        yield at


def _constant(rate_per_s: float) -> Iterator[float]:
    # A product, not a sum: a million additions would drift.
    return (number / rate_per_s for number in count())


def _kinds(weights: Mapping[str, float], random: Random) -> Iterator[str]:
    names = sorted(weights)
    bounds = list(accumulate(weights[name] for name in names))
    last = len(names) - 1
    while True:
        yield names[min(bisect_right(bounds, random.random() * bounds[-1]), last)]
