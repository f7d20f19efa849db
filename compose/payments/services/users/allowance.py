"""How often one account may be tried. The database counts, for all nodes and for longer than any of them lives."""

from __future__ import annotations

import math
from dataclasses import dataclass

from payments.problems import Refused

__all__ = ["Allowance"]


@dataclass(frozen=True, slots=True)
class Allowance:
    """How often an account may be tried: ``burst`` times, and once more after each ``refill_s`` seconds."""

    burst: int
    refill_s: float

    def check(self, wait_s: float) -> None:
        """Let nobody on who must wait.

        Raises:
            Refused: 429, with the whole seconds after which there is an attempt again.
        """
        if wait_s > 0:
            seconds = math.ceil(wait_s)
            detail = f"{self.burst} attempts at once, and one more after each {self.refill_s:g} s."
            raise Refused(
                429,
                "too-many-attempts",
                "This account was tried too often",
                detail,
                {"retry-after": str(seconds)},
            )
