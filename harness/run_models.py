"""What ``run.json`` and ``result.json`` say, as models: the one source of their JSON schemas."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field

from harness.experiment import Experiment, Load, Phases
from harness.steady import SteadyState
from harness.verdict import Finding, Verdict

__all__ = [
    "EvidenceInfo",
    "ExpectationInfo",
    "ExperimentInfo",
    "FindingInfo",
    "HostInfo",
    "InjectionInfo",
    "Measurements",
    "OperationCounts",
    "Result",
    "RunInfo",
    "StackInfo",
    "Started",
]


class _Model(BaseModel):
    """Keys that a newer harness writes are kept, so that an older reader loses nothing."""

    model_config = ConfigDict(extra="allow", frozen=True)


class InjectionInfo(_Model):
    """A fault with its time, as written in the experiment; seconds after the load's first arrival."""

    fault: str
    spec: Mapping[str, Any] = {}
    at_s: float
    for_s: float = 0.0


class ExpectationInfo(_Model):
    """A check with its bound, as written in the experiment."""

    check: str
    spec: Mapping[str, Any] = {}


class ExperimentInfo(_Model):
    """The experiment as it was run."""

    name: str
    hypothesis: str
    description: str = ""
    load: Load
    phases: Phases
    tags: tuple[str, ...] = ()
    profile: str = ""
    injections: tuple[InjectionInfo, ...] = ()
    expect: tuple[ExpectationInfo, ...] = ()

    @classmethod
    def of(cls, experiment: Experiment) -> Self:
        """An experiment in plain data; faults and checks are named by their class."""
        return cls(
            name=experiment.name,
            hypothesis=experiment.hypothesis,
            description=experiment.description,
            load=experiment.load,
            phases=experiment.phases,
            tags=tuple(experiment.tags),
            profile=experiment.profile,
            injections=tuple(
                InjectionInfo(fault=type(i.fault).__name__, spec=_fields(i.fault), at_s=i.at_s, for_s=i.for_s)
                for i in experiment.injections
            ),
            expect=tuple(
                ExpectationInfo(check=type(check).__name__, spec=_fields(check))
                for check in experiment.expect
            ),
        )


class StackInfo(_Model):
    """The system under test."""

    directory: str
    project: str
    profiles: tuple[str, ...] = ()
    services: tuple[str, ...] = ()


class HostInfo(_Model):
    """The machine that the run was made on."""

    kernel: str = ""
    cpus: int | None = None
    memory_mb: int | None = None
    cgroup: str = ""


class Started(_Model):
    """When the run began: seconds of CLOCK_MONOTONIC, and the wall clock (ISO 8601, UTC)."""

    at: float
    wall: str


class RunInfo(_Model):
    """``run.json``: everything that is known before the run's first arrival."""

    schema_: Literal[1] = Field(default=1, alias="schema")
    run: str
    experiment: ExperimentInfo
    stack: StackInfo
    variant: str | None = None
    seed: int
    commit: str | None = None
    dirty: bool = False
    versions: Mapping[str, str] = {}
    host: HostInfo = HostInfo()
    steady_state: SteadyState = SteadyState()
    started: Started


class FindingInfo(_Model):
    """One check's word on the run (see :class:`harness.verdict.Finding`)."""

    check: str
    verdict: Verdict
    measured: str = ""
    bound: str = ""
    detail: str = ""
    examples: tuple[Mapping[str, Any], ...] = ()
    numbers: Mapping[str, float | int | None] = {}

    @classmethod
    def of(cls, finding: Finding) -> Self:
        """A finding in plain data."""
        return cls(**_fields(finding))


class OperationCounts(_Model):
    """Operations of the load by outcome; a drop is counted under ``fail`` and again under ``dropped``."""

    ok: int = 0
    fail: int = 0
    info: int = 0
    dropped: int = 0


class Measurements(_Model):
    """The run's figures; None: not measured. Further figures of the checks stand beside these.

    Attributes:
        rto_s: recovery time of writes, seconds; ``rto_resolution_s`` how exactly it could be measured.
        detect_s: seconds from the fault to the first sign that the stack noticed: the first alert of those that
            Detected asks for; without such a check, the first node that took up another role.
        first_success_s: seconds from the fault to the first acknowledgement of a write sent after it.
        reconciled_s: seconds from the fault until all copies of the books agreed.
        rpo_payments: acknowledged payments that the final books lack; ``rpo_s`` how far back they reach.
        operations: counts by outcome.
    """

    rto_s: float | None = None
    rto_resolution_s: float | None = None
    detect_s: float | None = None
    first_success_s: float | None = None
    reconciled_s: float | None = None
    rpo_payments: int | None = None
    rpo_s: float | None = None
    operations: OperationCounts = OperationCounts()


class EvidenceInfo(_Model):
    """What showed that one injection was in effect and later gone; seconds after the load's first arrival."""

    injection: str
    fault: str
    nodes: tuple[str, ...] = ()
    effect_at_s: float | None = None
    gone_at_s: float | None = None
    verdict: Verdict
    why: str = ""


class Result(_Model):
    """``result.json``: the verdict and what it rests on."""

    schema_: Literal[1] = Field(default=1, alias="schema")
    experiment: str
    variant: str | None = None
    verdict: Verdict
    reason: str
    findings: tuple[FindingInfo, ...] = ()
    measurements: Measurements = Measurements()
    evidence: tuple[EvidenceInfo, ...] = ()
    left_behind: tuple[str, ...] = ()


def _fields(value: object) -> dict[str, Any]:
    if not dataclasses.is_dataclass(value) or isinstance(value, type):
        return {}
    return dataclasses.asdict(value)
