"""A run folder in, a verdict out: what the runner does at the end and ``harness check`` does offline."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from harness.checks.base import Check, Recording
from harness.checks.catalogue import CHECKS
from harness.checks.judge import judge_all, measurements
from harness.errors import RunFolderError
from harness.history import History, read_history
from harness.observations import Books
from harness.run_folder import EvidenceInfo, FindingInfo, Measurements, Result, RunFolder, RunInfo
from harness.timeline import InjectionRecord, Timeline
from harness.verdict import Finding, Verdict, merge

__all__ = ["expectations", "judge_run", "recording"]


def judge_run(folder: RunFolder, expect: Sequence[Check] | None = None) -> Result:
    """Judge a run from nothing but its folder.

    Args:
        folder: the run.
        expect: the checks; None makes them again from ``run.json``.

    Raises:
        RunFolderError: ``run.json`` is missing, or names a check that this harness does not have.
        HistoryError: a history, or the observations, that cannot be read.
    """
    info = folder.read_run()
    recorded = recording(folder, info)
    findings = judge_all(expectations(info) if expect is None else expect, recorded)
    verdict = merge(finding.verdict for finding in findings)
    start = recorded.timeline.load_span.start if recorded.timeline.load_span else info.started.at
    return Result(
        experiment=info.experiment.name,
        variant=info.variant,
        verdict=verdict,
        reason=_reason(verdict, findings),
        findings=tuple(FindingInfo.of(finding) for finding in findings),
        measurements=Measurements.model_validate(measurements(recorded, findings)),
        evidence=tuple(_evidence(record, start) for record in recorded.timeline.injections),
        left_behind=tuple(item for event in recorded.timeline.of("left_behind") for item in event["items"]),
    )


def recording(folder: RunFolder, info: RunInfo) -> Recording:
    """Everything that a verdict may rest on, read from the folder."""
    # A load that was refused, or interrupted before it began, wrote none: the run is judged, and inconclusive.
    history = read_history(folder.history) if folder.history.exists() else History.none()
    return Recording(
        run=info.run,
        load_ended=history.ended,
        operations=history.operations,
        attempts=history.attempts,
        books=Books.read(folder.observations),
        timeline=Timeline.read(folder.timeline),
        steady=info.steady_state,
    )


def expectations(info: RunInfo) -> tuple[Check, ...]:
    """The checks that ``run.json`` names, made again.

    Raises:
        RunFolderError: a check that the catalogue does not have, or fields that it refuses.
    """
    return tuple(_check(item.check, dict(item.spec)) for item in info.experiment.expect)


def _check(name: str, spec: dict[str, object]) -> Check:
    if name not in CHECKS:
        raise RunFolderError(
            f"the run expects {name}, which is not in this harness's catalogue",
            mend="Judge it with the version of the harness that made it, or from the experiment's own file",
        )
    fields = {field.name for field in dataclasses.fields(CHECKS[name])}
    if unknown := spec.keys() - fields:
        raise RunFolderError(
            f"{name} has no field {', '.join(sorted(unknown))} in this version of the harness"
        )
    made: Check = CHECKS[name](**spec)
    return made


def _reason(verdict: Verdict, findings: Sequence[Finding]) -> str:
    telling = [finding for finding in findings if finding.verdict is verdict]
    if verdict is Verdict.PASS:
        return "the run was fit to be judged, and every expectation held"
    return "; ".join(f"{finding.check}: {finding.detail or finding.measured}" for finding in telling)


def _evidence(record: InjectionRecord, start: float) -> EvidenceInfo:
    def since(at: float | None) -> float | None:
        return None if at is None else round(at - start, 3)

    return EvidenceInfo(
        injection=record.id,
        fault=record.fault,
        nodes=record.nodes,
        effect_at_s=since(record.effect_at),
        gone_at_s=since(record.gone_at),
        verdict=Verdict(record.evidence),
        why=record.why,
    )
