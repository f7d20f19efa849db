"""The table of negative controls in docs/verdicts.md, which the tests hold the stack to."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

DOC = Path(__file__).parents[1] / "docs" / "verdicts.md"


@dataclass(frozen=True)
class Control:
    """A variant, the experiment that shows its mistake, the check that must fail and those that may."""

    variant: str
    experiment: str
    must_fail: str
    may_fail: frozenset[str]


def controls() -> list[Control]:
    """The rows of the table."""
    section = DOC.read_text(encoding="utf-8").split("## Negative controls\n")[1].split("\n## ")[0]
    rows = [line.strip("|").split("|") for line in section.splitlines() if line.startswith("|")][2:]
    found = []
    for row in rows:
        variant, _, experiment, must, may = (cell.strip() for cell in row)
        found.append(Control(variant, experiment, must, frozenset(filter(None, may.split(", ")))))
    return found
