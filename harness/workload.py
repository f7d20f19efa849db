"""The load of an experiment: how much arrives, how, and how long an attempt may take."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from harness.errors import ExperimentError

__all__ = ["Load", "above_zero"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """An open load: arrivals are intended at times that do not depend on the stack's answers.

    Attributes:
        rate_per_s: mean arrivals a second.
        arrivals: ``poisson`` (exponential gaps) or ``constant`` (equal gaps).
        mix: weight by kind of operation; None takes the weights that the stack's load declares.
        client_timeout_s: an attempt without an answer for this long is ``info``.
        attempts_max: attempts for one key, the first included. Sent again is what ended as ``info``, and
            what the service refused for now with its word that it had no effect.
        in_flight_max: operations under way at once; an arrival beyond it is dropped and counted
            as unavailable. None: enough that only a stuck generator reaches it.
        seed: of the schedule and of every choice in it; None takes a new one, which is recorded.
    """

    rate_per_s: float = 40.0
    arrivals: Literal["poisson", "constant"] = "poisson"
    mix: Mapping[str, float] | None = None
    client_timeout_s: float = 2.0
    attempts_max: int = 4
    in_flight_max: int | None = None
    seed: int | None = None

    def __post_init__(self) -> None:
        above_zero("rate_per_s", self.rate_per_s)
        above_zero("client_timeout_s", self.client_timeout_s)
        if self.arrivals not in ("poisson", "constant"):
            raise ExperimentError(f"arrivals must be 'poisson' or 'constant', not {self.arrivals!r}")
        if self.attempts_max < 1:
            raise ExperimentError(f"attempts_max must be at least 1, not {self.attempts_max}")
        if self.mix is not None and (not self.mix or any(not w > 0 for w in self.mix.values())):
            raise ExperimentError(f"mix must give each kind a weight above 0, not {dict(self.mix)}")
        floor = math.ceil(2 * self.rate_per_s * self.client_timeout_s)
        if self.in_flight_max is not None and self.in_flight_max < floor:
            raise ExperimentError(
                f"in_flight_max is {self.in_flight_max}, below twice rate x client time-out ({floor})",
                mend="A lower bound would drop arrivals while the stack still answers in time",
            )

    @property
    def in_flight_bound(self) -> int:
        """``in_flight_max``, or what this load needs when every attempt times out, doubled."""
        if self.in_flight_max is not None:
            return self.in_flight_max
        return math.ceil(2 * self.rate_per_s * self.client_timeout_s * self.attempts_max)


def above_zero(name: str, value: float) -> None:
    """Refuse what is not a finite number above 0 (ExperimentError)."""
    if not (math.isfinite(value) and value > 0):
        raise ExperimentError(f"{name} must be above 0, not {value}")
