"""How each figure was measured: the checks' own docstrings, and what the report computes itself."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable
from dataclasses import dataclass

from harness.checks.catalogue import CHECKS
from harness.checks.preconditions import PRECONDITIONS

__all__ = ["OWN", "Method", "methods"]


@dataclass(frozen=True, slots=True)
class Method:
    """How one check judges.

    Attributes:
        name: the check's.
        summary: what it says holds.
        steps: its proof obligations, each ready to print.
    """

    name: str
    summary: str
    steps: tuple[str, ...]


OWN = (
    Method(
        "The charts and the table of phases",
        "Every operation belongs to the second and the phase in which it was intended.",
        (
            "Good: acknowledged within the steady state's bound of the intended time. Late: after it.",
            "Info: nobody knows whether it took effect. Fail: it surely had none.",
            "Dropped: never sent, because too many operations were under way; it counts as unavailable.",
            "Latency is the first acknowledgement less the intended time, retries included.",
            "A percentile is a latency that was measured, the upper of two.",
            "What was never acknowledged has no latency.",
            "The share of good operations counts every arrival, dropped ones included.",
            "Operations that must be refused are left out: FailsClosed judges them.",
        ),
    ),
)


def methods(checks: Iterable[str]) -> tuple[Method, ...]:
    """For each check that has a docstring here; an unknown one (of another harness) is left out."""
    known = {**CHECKS, **PRECONDITIONS}
    return (*(_parsed(name, inspect.getdoc(known[name]) or "") for name in checks if name in known), *OWN)


def _parsed(name: str, docstring: str) -> Method:
    """The first paragraph, and the numbered ones up to the attributes."""
    text = re.split(r"\n\s*(?:Attributes|Args|Raises):", docstring)[0].replace("``", "")
    text = re.sub(r":\w+:`~?\.?(?:[\w.]*\.)?(\w+)`", r"\1", text)
    summary = " ".join(text.split("\n\n")[0].split())
    steps = re.findall(r"^\d+\. (.*(?:\n {2,}.*)*)", text, flags=re.MULTILINE)
    return Method(name, summary, tuple(" ".join(step.replace("*", "").split()) for step in steps))
