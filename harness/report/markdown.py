"""``report.md``: short, for the summary of a CI job."""

from __future__ import annotations

import re
from collections.abc import Iterable

from harness.report.view import View
from harness.report.words import clock, count, milliseconds, percent
from harness.verdict import Verdict

__all__ = ["markdown"]

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|~&])")
_EXAMPLES_MAX = 5


def markdown(view: View) -> str:
    """The verdict, the numbers, the findings and how to repeat it."""
    parts = (
        _head(view),
        _numbers(view),
        _findings(view),
        _phases(view),
        _links(view),
        _alerts(view),
        _log_errors(view),
        _commands(view),
    )
    return "\n\n".join(part for part in map("\n".join, parts) if part) + "\n"


def _head(view: View) -> Iterable[str]:
    variant = f" on {_plain(view.variant)}" if view.variant else ""
    yield f"## {_plain(view.word)}: {_plain(view.name)}{variant}"
    yield ""
    yield f"**{_plain(view.sentence)}**"
    for item in view.left_behind:
        yield f"- Left behind: {_plain(item)}"
    if view.gaps:
        yield ""
    for gap in view.gaps:
        yield f"- Missing: {_plain(gap)}"


def _numbers(view: View) -> Iterable[str]:
    yield "| | | |"
    yield "|---|---:|---|"
    for tile in view.tiles:
        yield f"| {_plain(tile.label)} | {_plain(tile.value)} | {_plain(tile.note)} |"


def _findings(view: View) -> Iterable[str]:
    shown = [*view.findings, *(one for one in view.conditions if one.info.verdict is not Verdict.PASS)]
    if not shown:
        return
    yield "| Check | Verdict | Measured | Allowed |"
    yield "|---|---|---|---|"
    for one in shown:
        cells = (one.info.check, one.word, one.info.measured, one.info.bound)
        yield f"| {' | '.join(map(_plain, cells))} |"
    for one in shown:
        if one.info.verdict is not Verdict.PASS:
            yield from _why(one.info.check, one.info.detail, one.examples.rows if one.examples else ())


def _why(check: str, detail: str, examples: Iterable[tuple[str, ...]]) -> Iterable[str]:
    yield ""
    yield f"**{_plain(check)}** {_plain(detail)}"
    for row in list(examples)[:_EXAMPLES_MAX]:
        yield f"- {_plain(', '.join(filter(None, row)))}"


def _phases(view: View) -> Iterable[str]:
    if not view.phase_rows:
        return
    yield "| Phase | Arrivals | Good writes | Good reads | Info | Fail | Dropped | p50 | p99 |"
    yield "|---|---:|---:|---:|---:|---:|---:|---:|---:|"
    for row in view.phase_rows:
        shares = (percent(row.writes_good, row.writes), percent(row.reads_good, row.reads))
        counts = (count(row.info), count(row.fail), count(row.dropped))
        latency = (milliseconds(row.p50_ms), milliseconds(row.p99_ms))
        yield f"| {' | '.join((row.name, count(row.arrivals), *shares, *counts, *latency))} |"


def _links(view: View) -> Iterable[str]:
    if not view.hops:
        return
    yield "| Link | Past the proxy | Through it | Overhead | Under the fault |"
    yield "|---|---:|---:|---:|---|"
    for row in view.hops:
        cells = (row.hop, row.direct, row.through, row.overhead, row.harmed)
        yield f"| {' | '.join(map(_plain, cells))} |"


def _alerts(view: View) -> Iterable[str]:
    if not view.alerts:
        return
    yield "| Alert | Severity | Firing, from the load's start |"
    yield "|---|---|---|"
    for one in view.alerts:
        spans = (f"{clock(start)} to {'the end' if end is None else clock(end)}" for start, end in one.spans)
        yield f"| {' | '.join(map(_plain, (one.name, one.severity, ', '.join(spans))))} |"


def _log_errors(view: View) -> Iterable[str]:
    if view.log_errors is None:
        return
    _node, *phases = view.log_errors.columns
    yield f"| {' | '.join(('Errors in the log of', *map(_plain, phases)))} |"
    yield f"|---|{'---:|' * len(phases)}"
    for row in view.log_errors.rows:
        yield f"| {' | '.join(map(_plain, row))} |"


def _commands(view: View) -> Iterable[str]:
    for one in view.commands:
        # A name with a back-tick would end the code span, so it is shown as it can be.
        yield f"- {one.name}: `{one.value.replace('`', '')}`"


def _plain(text: str) -> str:
    """Text that Markdown shows as it is: on one line, nothing in it is markup."""
    return _SPECIAL.sub(r"\\\1", " ".join(text.split()))
