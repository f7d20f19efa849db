"""The watch over a stack's alerts."""

from __future__ import annotations

import json
from collections.abc import Iterator

from harness.alerts import AlertWatch
from harness.errors import AgentError


def _body(*states: str) -> tuple[int, str]:
    alerts = [{"labels": {"alertname": "Lost", "node": "a"}, "state": state} for state in states]
    return 200, json.dumps({"status": "success", "data": {"alerts": alerts}})


def _watched(
    *answers: tuple[int, str] | AgentError,
) -> tuple[list[tuple[str, str, dict[str, str]]], list[str]]:
    rest: Iterator[tuple[int, str] | AgentError] = iter(answers)
    told: list[tuple[str, str, dict[str, str]]] = []
    notes: list[str] = []

    def ask() -> tuple[int, str]:
        answer = next(rest)
        if isinstance(answer, AgentError):
            raise answer
        return answer

    watch = AlertWatch(
        ask, lambda name, state, labels: told.append((name, state, dict(labels))), notes.append
    )
    for _ in answers:
        watch.look()
    return told, notes


def test_only_changes_are_told_and_pending_is_not_firing() -> None:
    told, notes = _watched(_body(), _body("pending"), _body("firing"), _body("firing"), _body())
    assert told == [("Lost", "firing", {"node": "a"}), ("Lost", "resolved", {"node": "a"})]
    assert notes == []


def test_a_silent_monitoring_resolves_nothing_and_is_noted_once() -> None:
    told, notes = _watched(_body("firing"), AgentError("gone"), (503, ""), (200, "[]"), _body("firing"))
    assert told == [("Lost", "firing", {"node": "a"})]
    assert len(notes) == 1
