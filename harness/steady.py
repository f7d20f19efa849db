"""The steady state: what counts as good, and how much of it there must be."""

from __future__ import annotations

from dataclasses import dataclass

from harness.errors import ExperimentError

__all__ = ["SteadyState"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SteadyState:
    """What the stack does when nothing is wrong.

    Attributes:
        good_within_ms: an operation is good when it is acknowledged within this of its intended time.
        good_ratio_min: the share of good operations that a window must have (0 to 1).
        window_s: the length of a window, by intended time.
    """

    good_within_ms: float = 1000.0
    good_ratio_min: float = 0.9
    window_s: float = 1.0

    def __post_init__(self) -> None:
        if self.good_within_ms <= 0:
            raise ExperimentError(f"good_within_ms must be above 0, not {self.good_within_ms}")
        if not 0 < self.good_ratio_min <= 1:
            raise ExperimentError(f"good_ratio_min must be above 0 and at most 1, not {self.good_ratio_min}")
        if self.window_s <= 0:
            raise ExperimentError(f"window_s must be above 0, not {self.window_s}")
