"""All checks on one recording, and the figures that result.json gives."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import polars as pl

from harness.checks.arrivals import wanted, within
from harness.checks.base import Check, Recording
from harness.checks.conclusion import exact_to_the_microsecond
from harness.checks.loss import loss
from harness.checks.lost import rpo_numbers
from harness.checks.preconditions import PRECONDITIONS
from harness.checks.recovery import Rto
from harness.verdict import Finding, Verdict

__all__ = ["judge_all", "measurements"]


def judge_all(checks: Iterable[Check], recording: Recording) -> tuple[Finding, ...]:
    """The preconditions' findings, then each check's; merged, they are the run's verdict.

    A check that raises is inconclusive with the exception's text: a fault of the checker proves nothing
    about the stack, neither way.
    """
    conditions = [_guarded(name, "", judge, recording) for name, judge in PRECONDITIONS.items()]
    findings = [_guarded(type(check).__name__, repr(check), check.judge, recording) for check in checks]
    return (*conditions, *findings)


def _guarded(name: str, bound: str, judge: Callable[[Recording], Finding], recording: Recording) -> Finding:
    # Polars raises its panics past Exception; Ctrl-C and exit must still go through.
    try:
        return judge(recording)
    except (Exception, pl.exceptions.PanicException) as error:  # noqa: BLE001  # whatever it is: never pass
        return Finding(
            check=name,
            verdict=Verdict.INCONCLUSIVE,
            measured="not judged",
            bound=bound,
            detail=f"The check itself failed: {type(error).__name__}: {error}",
        )


def measurements(recording: Recording, findings: Iterable[Finding]) -> dict[str, Any]:
    """``measurements`` of result.json: the run's figures, whichever checks were expected of it.

    Figures that only a check takes (availability, latency) are there when the check was.
    """
    findings = tuple(findings)
    figures: dict[str, Any] = {"reconciled_s": None}
    figures |= Rto(max_s=0).judge(recording).numbers
    figures |= exact_to_the_microsecond(rpo_numbers(recording, loss(recording)))
    for finding in findings:
        figures |= finding.numbers
    return figures | _detection(findings) | {"operations": _operations(recording)}


def _detection(findings: Iterable[Finding]) -> dict[str, float | int | None]:
    """The first alert that was asked for, rather than the first change of a role, whatever the order of the checks."""
    told = [finding.numbers["detect_s"] for finding in findings if "resolve_s" in finding.numbers]
    return {"detect_s": min((at for at in told if at is not None), default=None)} if told else {}


def _operations(recording: Recording) -> dict[str, int]:
    """Counts of the load's operations by outcome, without set-up; a drop is ``fail`` and ``dropped``.

    What must be refused is not counted: FailsClosed gives its numbers.
    """
    span = recording.timeline.load_span
    asked = recording.operations.filter(wanted())
    load = asked.filter(within(span)) if span else asked
    counts = {outcome: load.filter(pl.col("outcome") == outcome).height for outcome in ("ok", "fail", "info")}
    return counts | {"dropped": int(load["dropped"].sum())}
