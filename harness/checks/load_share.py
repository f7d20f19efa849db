"""LoadShare: the nodes answer as their weights say."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from harness.checks.arrivals import Phase, check_phase, span_of, within
from harness.checks.base import Recording
from harness.checks.conclusion import conclude
from harness.checks.wording import count, percent
from harness.errors import ExperimentError
from harness.verdict import Finding

__all__ = ["LoadShare"]

_SIGMAS = 3.0


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadShare:
    """Each node's share of the answers is its share of the weights; in a fault, among those that were not harmed.

    Proof obligations:

    1. Every attempt sent in the phase counts that an HTTP answer ended which names one of ``weights``' nodes
       (``node``), whatever its status; answers by others are no business of these weights.
    2. In the phase ``fault``, nodes that an injection harmed are left out on both sides, and the survivors' weights
       are scaled to 1. A survivor that answers nothing is off its share, like any other.
    3. A share is off when it differs from its weight's by more than ``tolerance`` plus three standard deviations of
       a binomial share of that many answers: chance alone goes further about once in 370 times.
    4. No answer, no survivor, or so few answers that even a node which answers nothing could not be told from one
       that has its share: inconclusive, unless a share is off.

    Attributes:
        weights: node -> weight, above 0.
        tolerance: how far a share may be off, 0 to 1, beyond what chance explains.
        phase: ``baseline``, ``fault``, ``recovery`` or ``all``.
    """

    weights: Mapping[str, float]
    tolerance: float = 0.05
    phase: Phase = "baseline"

    def __post_init__(self) -> None:
        check_phase("LoadShare", self.phase)
        if not self.weights or not all(
            math.isfinite(weight) and weight > 0 for weight in self.weights.values()
        ):
            raise ExperimentError(
                f"LoadShare: weights must name nodes with weights above 0, not {self.weights}"
            )
        if not 0 <= self.tolerance < 1:
            raise ExperimentError(f"LoadShare: tolerance must be from 0 to below 1, not {self.tolerance}")

    @property
    def needs(self) -> frozenset[str]:
        """Nothing of the final reads: history and timeline decide."""
        return frozenset()

    def judge(self, recording: Recording) -> Finding:
        """Judge one run."""
        expected = self._expected(recording)
        answers = self._answers(recording, expected)
        total = sum(answers.values())
        shares = {node: answers[node] / total if total else 0.0 for node in expected}
        margins = {node: self._margin(share, total) for node, share in expected.items()}
        off = [node for node in expected if total and abs(shares[node] - expected[node]) > margins[node]]
        return conclude(
            self,
            violated=bool(off),
            blind=self._blind(expected, margins, total),
            measured=", ".join(f"{node} {percent(shares[node])}" for node in expected)
            if total
            else "not measured",
            bound=", ".join(
                f"{node} {percent(share)} +- {percent(margins[node])}" for node, share in expected.items()
            )
            + f", phase {self.phase}",
            detail=f"{count(total)} answers; tolerance {percent(self.tolerance)} and three standard deviations.",
            examples=[
                {
                    "what": "off its share",
                    "node": node,
                    "answers": answers[node],
                    "expected": round(total * expected[node]),
                }
                for node in off
            ],
            numbers={
                f"share_{self.phase}_{node}_ratio": shares[node] if total else None for node in expected
            },
        )

    def _expected(self, recording: Recording) -> dict[str, float]:
        """The survivors' shares of the weights."""
        harmed = {
            node
            for record in recording.timeline.injections
            if self.phase == "fault" and record.effect_at is not None
            for node in record.nodes
        }
        left = {node: float(weight) for node, weight in self.weights.items() if node not in harmed}
        return {node: weight / sum(left.values()) for node, weight in left.items()}

    def _answers(self, recording: Recording, nodes: Mapping[str, float]) -> dict[str, int]:
        span = span_of(recording.timeline, self.phase)
        if span is None:
            return dict.fromkeys(nodes, 0)
        sent = recording.attempts.filter(within(span, "sent_at") & pl.col("status").is_not_null())
        counts = dict(sent.group_by("node").agg(pl.len()).iter_rows())
        return {node: counts.get(node, 0) for node in nodes}

    def _margin(self, share: float, total: int) -> float:
        chance = math.sqrt(share * (1 - share) / total) if total else 1.0
        return self.tolerance + _SIGMAS * chance

    def _blind(self, expected: Mapping[str, float], margins: Mapping[str, float], total: int) -> str:
        if not expected:
            return "Every node with a weight was harmed, so there is nothing to judge."
        if not total:
            return f"None of these nodes answered in the phase {self.phase}, so there is nothing to judge."
        vague = [node for node, share in expected.items() if margins[node] >= share]
        if vague:
            return f"{count(total)} answers are too few to tell whether {', '.join(vague)} answered at all."
        return ""
