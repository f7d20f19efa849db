"""A verdict in a few lines, for a terminal, a pytest failure and a CI log."""

from __future__ import annotations

from collections.abc import Iterable

import click

from harness.run_folder import FindingInfo, Result, RunFolder
from harness.verdict import Verdict

__all__ = ["summary"]

_COLOUR = {Verdict.PASS: "green", Verdict.FAIL: "red", Verdict.INCONCLUSIVE: "yellow"}
_EXAMPLES_SHOWN = 5


def summary(result: Result, folder: RunFolder, *, colour: bool = False) -> str:
    """The verdict with RTO, RPO and the findings that led to it, and where the report is."""
    text = "\n".join(_lines(result, folder))
    return text if colour else click.unstyle(text)


def _lines(result: Result, folder: RunFolder) -> Iterable[str]:
    variant = f" on {result.variant}" if result.variant else ""
    verdict = click.style(result.verdict.upper(), fg=_COLOUR[result.verdict], bold=True)
    yield f"{verdict}  {result.experiment}{variant}: {result.reason}"
    yield ""
    yield from _figures(result)
    yield ""
    width = max((len(finding.check) for finding in result.findings), default=0)
    for finding in result.findings:
        yield from _finding(finding, width)
    if result.left_behind:
        yield f"  LEFT BEHIND: {', '.join(result.left_behind)}"
    yield ""
    yield f"  report  {folder.report_html}"


def _figures(result: Result) -> Iterable[str]:
    m, n = result.measurements, result.measurements.operations
    resolution = "" if m.rto_resolution_s is None else f" (+- {m.rto_resolution_s:.2f} s)"
    yield f"  RTO     {_seconds(m.rto_s)}{resolution}"
    yield f"  RPO     {'not measured' if m.rpo_payments is None else f'{m.rpo_payments} payments lost'}" + (
        "" if m.rpo_s is None else f", back to {m.rpo_s:.2f} s before the fault"
    )
    duplicates = (m.model_extra or {}).get("duplicated_payments")
    yield f"  doubled {'not measured' if duplicates is None else f'{duplicates} payments'}"
    yield f"  load    {n.ok} ok, {n.fail} fail, {n.info} info, {n.dropped} dropped"


def _seconds(value: float | None) -> str:
    return "not measured" if value is None else f"{value:.2f} s"


def _finding(finding: FindingInfo, width: int) -> Iterable[str]:
    word = click.style(finding.verdict.upper().ljust(12), fg=_COLOUR[finding.verdict])
    yield f"  {word} {finding.check.ljust(width)}  {finding.measured}  (bound: {finding.bound})"
    if finding.verdict is Verdict.PASS:
        return
    if finding.detail:
        yield f"               {finding.detail}"
    for example in finding.examples[:_EXAMPLES_SHOWN]:
        yield "               - " + ", ".join(f"{key}={value}" for key, value in example.items())
    if (more := len(finding.examples) - _EXAMPLES_SHOWN) > 0:
        yield f"               ... and {more} more in the report"
