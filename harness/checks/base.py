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


@dataclass(frozen=True, slots=True)
class Recording:
    """Everything about a run that a verdict may rest on, read from its run folder.

    Attributes:
        operations: one row an operation, columns of :data:`harness.history.OPERATIONS`.
        attempts: one row an attempt, columns of :data:`harness.history.ATTEMPTS`.
        books: the final reads.
        timeline: phases, injections and what was seen of them.
        steady: what counts as good.
    """

    operations: pl.DataFrame
    attempts: pl.DataFrame
    books: Books
    timeline: Timeline
    steady: SteadyState


@runtime_checkable
class Check(Protocol):
    """An expectation: a frozen dataclass with its bound; pure, no engine, no clock, no network."""

    @property
    def needs(self) -> frozenset[str]:
        """What must be complete for a judgement: ``database``, ``api``, ``replicas``, ``acquirer``.

        Where one of these is incomplete the finding is inconclusive.
        """
        ...

    def judge(self, recording: Recording) -> Finding:
        """Judge one run. Zero items that could be judged: inconclusive, never pass."""
        ...
