"""What a check is given, and what it gives back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import polars as pl

from harness.observations import Books
from harness.steady import SteadyState
from harness.timeline import Timeline
from harness.verdict import Finding

__all__ = ["Check", "Recording"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """Everything about a run that a verdict may rest on, read from its run folder.

    Attributes:
        run: the run's id; every key of the run begins with it and a hyphen.
        operations: one row an operation, columns of :data:`harness.history.OPERATIONS`.
        attempts: one row an attempt, columns of :data:`harness.history.ATTEMPTS`.
        load_ended: whether the load stopped in order; False when it died.
        books: the final reads.
        timeline: phases, injections and what was seen of them.
        steady: what counts as good.
    """

    run: str
    operations: pl.DataFrame
    attempts: pl.DataFrame
    load_ended: bool
    books: Books
    timeline: Timeline
    steady: SteadyState


@runtime_checkable
class Check(Protocol):
    """An expectation: a frozen dataclass with its bound; pure, no engine, no clock, no network."""

    @property
    def needs(self) -> frozenset[str]:
        """What must be complete for a pass: ``database``, ``api``, ``replicas``, ``acquirer``.

        Where one of these is incomplete the finding is never pass: it is inconclusive, or fail when
        what was read to its end proves a violation already.
        """
        ...

    def judge(self, recording: Recording) -> Finding:
        """Judge one run. Zero items that could be judged: inconclusive, never pass."""
        ...
