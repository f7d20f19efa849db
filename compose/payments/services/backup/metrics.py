"""The scheduler's figures, in the text format that Prometheus reads."""

from __future__ import annotations

from collections.abc import Iterable

from .schedule import Job
from .state import State

__all__ = ["render"]


def render(state: State, now: float) -> str:
    """The whole text. What is not known has no line: a figure that is made up would keep an alert silent.

    Args:
        state: what is known.
        now: seconds since the epoch.
    """
    newest = {"full": state.held.newest("full"), "any": state.held.newest()}
    times = [(f'{{type="{kind}"}}', at) for kind, at in newest.items() if state.readable]
    tries = sorted(state.tries.items(), key=lambda item: item[0].value)
    lines = [
        *_gauge("backup_ready", [("", 0 if state.not_ready() else 1)]),
        *_gauge("backup_last_timestamp_seconds", times),
        *_gauge("backup_age_seconds", [(label, at and max(0.0, now - at)) for label, at in times]),
        *_gauge("backup_backups", [("", len(state.held.backups))] if state.readable else []),
        *_gauge("backup_stored_bytes", [("", _stored(state))] if state.readable else []),
        *_gauge("backup_unarchived_bytes", [("", state.unarchived_bytes())]),
        *_gauge("backup_job_ok", [(_job(job), 1 if one.failed_at is None else 0) for job, one in tries]),
        *_gauge("backup_job_ok_timestamp_seconds", [(_job(job), one.ok_at) for job, one in tries]),
        *_gauge("backup_job_seconds", [(_job(job), took) for job, took in state.seconds.items()]),
    ]
    return "\n".join(lines) + "\n"


def _gauge(name: str, samples: Iterable[tuple[str, float | None]]) -> list[str]:
    lines = [f"{name}{labels} {_number(value)}" for labels, value in samples if value is not None]
    return [f"# TYPE {name} gauge", *lines] if lines else []


def _number(value: float) -> str:
    return str(value) if isinstance(value, int) else f"{value:.3f}"


def _job(job: Job) -> str:
    return f'{{kind="{job.value}"}}'


def _stored(state: State) -> int:
    return sum(one.stored_bytes for one in state.held.backups)
