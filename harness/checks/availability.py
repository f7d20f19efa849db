"""Availability: the share of arrivals that were served in time."""

from __future__ import annotations

from dataclasses import dataclass

from harness.checks.arrivals import Phase, arrivals, check_phase, is_good
from harness.checks.base import Recording
from harness.checks.conclusion import conclude, examples_of
from harness.checks.wording import count, percent
from harness.errors import ExperimentError
from harness.verdict import Finding

__all__ = ["Availability"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Availability:
    """Of the arrivals intended in a phase, enough were good; of writes and, apart, of reads.

    Proof obligations:

    1. Every arrival intended in the phase counts once, whether it was sent or dropped.
    2. It is good only when it was acknowledged within ``good_within_ms`` of its *intended* time, so
       that neither a retry nor a queue hides an outage. A drop is unavailable.
    3. The share of good writes is at least ``min_ratio``, that of reads at least ``reads_min_ratio``.
    4. A phase that never began, or had no writes, is inconclusive; so is one without reads when
       ``reads_min_ratio`` is given.

    Attributes:
        min_ratio: the least share of good writes, 0 to 1.
        reads_min_ratio: the same of reads; None takes ``min_ratio``.
        phase: ``baseline``, ``fault``, ``recovery`` or ``all``.
    """

    min_ratio: float
    reads_min_ratio: float | None = None
    phase: Phase = "all"

    def __post_init__(self) -> None:
        check_phase("Availability", self.phase)
        for name in ("min_ratio", "reads_min_ratio"):
            value = getattr(self, name)
            if value is not None and not 0 < value <= 1:
                raise ExperimentError(f"Availability: {name} must be above 0 and at most 1, not {value}")

    @property
    def needs(self) -> frozenset[str]:
        """Nothing of the final reads: the history alone decides."""
        return frozenset()

    def judge(self, recording: Recording) -> Finding:
        """Judge one run."""
        shares = [self._share(recording, write=write) for write in (True, False)]
        bounds = [self.min_ratio, self.min_ratio if self.reads_min_ratio is None else self.reads_min_ratio]
        low = [share is not None and share < bound for share, bound in zip(shares, bounds, strict=True)]
        names = ("writes", "reads")
        return conclude(
            self,
            violated=any(low),
            blind=self._blind(shares),
            measured=", ".join(
                f"{name} {'none' if share is None else percent(share)}"
                for name, share in zip(names, shares, strict=True)
            ),
            bound=f"writes >= {percent(bounds[0])}, reads >= {percent(bounds[1])}, phase {self.phase}",
            detail="Good operations by intended time; drops count as unavailable.",
            examples=[
                row
                for write, bad in zip((True, False), low, strict=True)
                if bad
                for row in self._bad(recording, write=write)
            ],
            numbers={
                f"availability_{self.phase}_{name}_ratio": share
                for name, share in zip(names, shares, strict=True)
            },
        )

    def _share(self, recording: Recording, *, write: bool) -> float | None:
        seen = arrivals(recording, self.phase, write=write)
        if seen.is_empty():
            return None
        return int(seen.select(is_good(recording.steady).sum()).item()) / seen.height

    def _blind(self, shares: list[float | None]) -> str:
        if shares[0] is None:
            return f"No write was intended in the phase {self.phase}, so there is nothing to judge."
        if shares[1] is None and self.reads_min_ratio is not None:
            return f"No read was intended in the phase {self.phase}, and reads_min_ratio asks for them."
        return ""

    def _bad(self, recording: Recording, *, write: bool) -> list[dict[str, object]]:
        bad = arrivals(recording, self.phase, write=write).filter(~is_good(recording.steady))
        shown = bad.sort("intended_at").select(
            "key", "kind", "intended_at", "done_at", "outcome", "dropped", "error"
        )
        what = f"{count(bad.height)} {'writes' if write else 'reads'} were not good; one of them"
        return examples_of(shown.head(10), what)
