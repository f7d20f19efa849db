"""From what a check found to its finding: the one place where the three verdicts are told apart."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import polars as pl

from harness.observations import Books
from harness.verdict import Finding, Verdict

__all__ = ["EXAMPLES_MAX", "conclude", "exact_to_the_microsecond", "examples_of", "known", "unread"]

EXAMPLES_MAX = 20


def conclude(
    check: object,
    *,
    violated: bool,
    blind: str,
    measured: str,
    bound: str,
    detail: str = "",
    examples: Iterable[Mapping[str, object]] = (),
    numbers: Mapping[str, float | int | None] | None = None,
) -> Finding:
    """The finding of a check: a proven violation outweighs what could not be seen, and that a pass.

    Args:
        check: the check; its class's name stands in the finding.
        violated: whether what was read proves a violation.
        blind: why it could not be judged in full, a sentence; empty when it could.
        measured: what was measured, ready to print.
        bound: what was allowed, ready to print.
        detail: what it means.
        numbers: figures for result.json.
        examples: offending items; the first :data:`EXAMPLES_MAX` are kept.
    """
    verdict = Verdict.FAIL if violated else Verdict.INCONCLUSIVE if blind else Verdict.PASS
    return Finding(
        check=check if isinstance(check, str) else type(check).__name__,
        verdict=verdict,
        measured=measured,
        bound=bound,
        detail=" ".join(filter(None, [detail, blind])),
        examples=tuple(examples)[:EXAMPLES_MAX],
        numbers=exact_to_the_microsecond(numbers or {}),
    )


def exact_to_the_microsecond(numbers: Mapping[str, float | int | None]) -> dict[str, float | int | None]:
    """Figures without the noise of floating point: nothing here is measured more finely than that."""
    return {name: round(value, 6) if isinstance(value, float) else value for name, value in numbers.items()}


def examples_of(frame: pl.DataFrame, what: str) -> list[dict[str, object]]:
    """The first rows of offending items, each with ``what`` is wrong; nulls are left out."""
    rows = frame.head(EXAMPLES_MAX).iter_rows(named=True)
    return [
        {"what": what, **{name: value for name, value in row.items() if value is not None}} for row in rows
    ]


def known(number: int, blind: str) -> int | None:
    """A count of violations for result.json: a 0 that nobody could look for is None, not 0."""
    return number if number or not blind else None


def unread(books: Books, needs: frozenset[str]) -> str:
    """One sentence on the sources that were needed and not read to their end; empty when all were."""
    reasons = [
        f"{source} ({books.incomplete.get(source, 'its final read never ended')})"
        for source in sorted(needs - books.complete)
    ]
    return f"The final read is incomplete: {', '.join(reasons)}." if reasons else ""
