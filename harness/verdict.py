"""What a check says, and how many of them become one verdict."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

__all__ = ["Finding", "Verdict", "merge"]


class Verdict(StrEnum):
    """Pass, fail or inconclusive. Ordered by weight: fail > inconclusive > pass."""

    PASS = "pass"  # noqa: S105  # a verdict, not a password
    FAIL = "fail"
    INCONCLUSIVE = "inconclusive"


_WEIGHT = {Verdict.PASS: 0, Verdict.INCONCLUSIVE: 1, Verdict.FAIL: 2}


def merge(verdicts: Iterable[Verdict]) -> Verdict:
    """The heaviest verdict; of none at all: inconclusive, because nothing was judged."""
    return max(verdicts, key=_WEIGHT.__getitem__, default=Verdict.INCONCLUSIVE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One check's word on one run.

    Attributes:
        check: the check's name (its class name).
        verdict: pass, fail or inconclusive.
        measured: what was measured, ready to print, with its unit (``"21.3 s"``, ``"0 lost of 1 204"``).
        bound: what was allowed, ready to print (``"<= 30 s"``).
        detail: one or two sentences: what this means, or why nothing could be judged.
        examples: the first offending items, each a flat mapping (at most 20).
        numbers: figures for ``result.json``'s ``measurements`` (name with its unit -> number).
    """

    check: str
    verdict: Verdict
    measured: str
    bound: str
    detail: str = ""
    examples: tuple[Mapping[str, Any], ...] = ()
    numbers: Mapping[str, float | int | None] = field(default_factory=dict)
