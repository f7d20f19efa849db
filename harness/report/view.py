"""What a report shows, as plain data: the templates only lay it out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from harness.report import figures, marks
from harness.report.environment import Fact, commands, environment, experiment_facts
from harness.report.events import EventRow, rows
from harness.report.links import HopRow, hops, load_words
from harness.report.logs import NodeLog
from harness.report.material import Material
from harness.report.methods import Method, methods
from harness.report.sentence import sentence
from harness.report.tiles import Tile, tiles
from harness.report.words import clock, count
from harness.run_folder import FindingInfo, RunFolder
from harness.steady import SteadyState
from harness.timeline import Span, Timeline
from harness.verdict import Verdict

__all__ = ["FindingView", "Table", "View", "view_of"]

_LOADED = ("baseline", "fault", "recovery")
_HAIR_S = 1e-6  # a span ends before its end, and the last operation is in it
_ANSWERS = {Verdict.PASS: "Pass", Verdict.FAIL: "Fail", Verdict.INCONCLUSIVE: "Inconclusive"}


@dataclass(frozen=True, slots=True)
class Table:
    """Columns and rows, ready to print."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class FindingView:
    """One check's word, its offending items as a table; None without one."""

    info: FindingInfo
    word: str
    examples: Table | None


@dataclass(frozen=True, slots=True)
class View:
    """A whole report.

    Attributes:
        name, variant, run, wall: which run this is, and when it began.
        hypothesis, description: of the experiment.
        verdict: inconclusive when the run has none; ``word`` is its word, ``sentence`` says it to a person.
        reason: the result's own words.
        gaps: what is missing from the run folder, a sentence each.
        steady: what counted as good.
        length_s: of the load. The charts are drawn from ``phases``, ``faults``, ``alerts``, ``lanes`` and
            ``bins``.
        findings: of the expectations; ``conditions``: whether the run was fit to be judged.
        log_errors: lines of the nodes' logs that speak of an error, by node and phase; None when there are none.
    """

    name: str
    variant: str | None
    run: str
    wall: str
    hypothesis: str
    description: str
    verdict: Verdict
    word: str
    sentence: str
    reason: str
    gaps: tuple[str, ...]
    steady: SteadyState
    length_s: float
    phases: Mapping[str, tuple[float, float]]
    phase_rows: tuple[figures.PhaseRow, ...]
    bins: tuple[figures.Bin, ...]
    faults: tuple[marks.FaultMark, ...]
    alerts: tuple[marks.AlertMark, ...]
    lanes: tuple[marks.Lane, ...]
    hops: tuple[HopRow, ...]
    through_proxy: tuple[str, ...]
    tiles: tuple[Tile, ...]
    findings: tuple[FindingView, ...]
    conditions: tuple[FindingView, ...]
    left_behind: tuple[str, ...]
    errors: tuple[figures.ErrorRow, ...]
    nodes: tuple[figures.NodeRow, ...]
    events: tuple[EventRow, ...]
    events_all: int
    logs: tuple[NodeLog, ...]
    log_errors: Table | None
    measurements: tuple[Fact, ...]
    experiment: tuple[Fact, ...]
    environment: tuple[Fact, ...]
    commands: tuple[Fact, ...]
    methods: tuple[Method, ...]

    @property
    def all_phases(self) -> figures.PhaseRow | None:
        """The row of the whole load; None when there was none."""
        return self.phase_rows[-1] if self.phase_rows else None


def view_of(folder: RunFolder, material: Material) -> View:
    """Everything that can be shown of a run."""
    run, result, history = material.run, material.result, material.history
    steady = run.steady_state if run else SteadyState()
    span = _load_span(material)
    phases = _relative(material.timeline, span)
    load = figures.load_of(history, span, steady) if history else None
    phase_rows = figures.phase_rows(load, phases) if load is not None and load.height else ()
    findings = [_finding(info, span.start) for info in (result.findings if result else ())]
    expected = {item.check for item in run.experiment.expect} if run else {one.info.check for one in findings}
    asked = [one for one in findings if one.info.check in expected]
    conditions = [one for one in findings if one.info.check not in expected]
    return View(
        name=run.experiment.name if run else result.experiment if result else folder.path.name,
        variant=run.variant if run else result.variant if result else None,
        run=folder.path.name,
        wall=_moment(run.started.wall if run else _first_wall(material.timeline)),
        hypothesis=run.experiment.hypothesis if run else "",
        description=run.experiment.description if run else "",
        verdict=result.verdict if result else Verdict.INCONCLUSIVE,
        word=_ANSWERS[result.verdict] if result else "No verdict",
        sentence=sentence(result, _why_no_verdict(material)),
        reason=result.reason if result else "",
        gaps=material.gaps,
        steady=steady,
        length_s=span.length_s,
        phases=phases,
        phase_rows=phase_rows,
        bins=figures.bins(load, span.length_s) if load is not None else (),
        faults=marks.faults(material.timeline, span.start),
        hops=hops(material.timeline),
        through_proxy=load_words(material.timeline),
        alerts=marks.alerts(material.timeline, span.start, span.length_s),
        lanes=marks.lanes(material.timeline, span.start, span.length_s),
        tiles=tiles(result, phase_rows[-1] if phase_rows else None),
        findings=tuple(asked),
        conditions=tuple(conditions),
        left_behind=result.left_behind if result else (),
        errors=figures.errors(history, span, phases) if history else (),
        nodes=figures.nodes(history, span) if history else (),
        events=rows(material.timeline, span.start),
        events_all=len(material.timeline.events),
        logs=material.logs,
        log_errors=_log_errors(material),
        measurements=_measurements(material),
        experiment=experiment_facts(run, closed=bool(history and history.header.get("closed"))),
        environment=environment(run),
        commands=commands(run, folder),
        methods=methods(one.info.check for one in (*asked, *conditions)),
    )


def _load_span(material: Material) -> Span:
    """Of the timeline; where that stops before the load does, or is missing, the history knows the end."""
    span = material.timeline.load_span
    times = material.history.operations["intended_at"] if material.history is not None else None
    if span and (material.timeline.phases.keys() - {"setup", *_LOADED} or times is None or times.is_empty()):
        return span
    if times is not None and not times.is_empty():
        start = span.start if span else float(times[0])
        return Span(start, max(float(times[-1]) + _HAIR_S, span.end if span else start))
    start = material.run.started.at if material.run else 0.0
    return Span(start, start)


def _relative(timeline: Timeline, load: Span) -> dict[str, tuple[float, float]]:
    """The phases of the load, from its start; the last one lasts to its end."""
    spans = timeline.phases
    names = [name for name in _LOADED if name in spans]
    ends = [spans[name].end for name in names[:-1]] + [load.end]
    return {
        name: (spans[name].start - load.start, end - load.start)
        for name, end in zip(names, ends, strict=False)
    }


def _first_wall(timeline: Timeline) -> str:
    return str(timeline.events[0].get("wall", "")) if timeline.events else ""


def _moment(wall: str) -> str:
    """``2026-01-31T12:00:00.123Z`` as a person writes it."""
    return wall.replace("T", " ").partition(".")[0].removesuffix("Z") + " UTC" if wall else ""


def _why_no_verdict(material: Material) -> str:
    """The harness's own error when it left one, else that the run did not come so far."""
    told = [str(event.get("what", "")) for event in material.timeline.of("error")]
    return f"the run ended before a verdict was reached ({told[0]})." if told else ""


def _finding(info: FindingInfo, zero: float) -> FindingView:
    names = tuple(dict.fromkeys(key for item in info.examples for key in item))
    cells = tuple(tuple(_cell(name, item.get(name), zero) for name in names) for item in info.examples)
    return FindingView(info, _ANSWERS[info.verdict], Table(names, cells) if cells else None)


def _cell(name: str, value: Any, zero: float) -> str:
    """A check gives times of its clock (``..._at``); a reader wants them from the load's start."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        moment = name.endswith("_at") or name in {"start", "end"}
        return clock(value - zero, digits=3) if moment else f"{value:.3f}".rstrip("0").rstrip(".")
    return str(value)


def _log_errors(material: Material) -> Table | None:
    """A row for each node that told of an error, a column for each phase in which one did, and the sum."""
    bad = [log for log in material.logs if log.errors]
    named = [name for name in material.timeline.phases if any(log.by_phase.get(name) for log in bad)]
    # A line from before the run, or without a time, is in no phase.
    phases = [*named, ""] if any(log.by_phase.get("") for log in bad) else named
    rows = [
        (log.node, *(count(log.by_phase.get(name, 0)) for name in phases), count(log.errors))
        for log in sorted(bad, key=lambda log: (-log.errors, log.node))
    ]
    return Table(("node", *(name or "no phase" for name in phases), "all"), tuple(rows)) if rows else None


def _measurements(material: Material) -> tuple[Fact, ...]:
    if material.result is None:
        return ()
    found = material.result.measurements.model_dump(exclude={"operations"})
    return tuple(
        Fact(name, _cell(name, value, 0.0) or "not measured") for name, value in sorted(found.items())
    )
