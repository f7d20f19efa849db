"""Every alert of the reference stack has a summary, a runbook page and a unit test, and the reverse."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from harness import Detected
from harness.discovery import experiment_files, load_experiment

ROOT = Path(__file__).parents[2]
MONITORING = ROOT / "compose/payments/images/monitoring"
RULES = yaml.safe_load((MONITORING / "rules.yaml").read_text())
ALERTS: dict[str, dict[str, Any]] = {
    rule["alert"]: rule for group in RULES["groups"] for rule in group["rules"] if "alert" in rule
}


@pytest.mark.parametrize("name", ALERTS)
def test_an_alert_says_how_bad_it_is_and_where_to_read_on(name: str) -> None:
    alert = ALERTS[name]
    assert alert["labels"]["severity"] in {"warn", "page"}
    assert alert["annotations"]["summary"]
    assert alert["annotations"]["runbook"] == f"docs/runbooks/{name}.md"


def test_every_alert_has_a_runbook_and_every_runbook_an_alert() -> None:
    assert {page.stem for page in (ROOT / "docs/runbooks").glob("*.md")} == set(ALERTS)


@pytest.mark.parametrize("name", ALERTS)
def test_a_runbook_says_what_it_means_how_to_look_and_what_to_do(name: str) -> None:
    page = (ROOT / f"docs/runbooks/{name}.md").read_text()
    assert re.findall(r"^#+ (.*)$", page, re.MULTILINE) == [
        name,
        "What it means",
        "How to look",
        "What to do",
    ]


def test_every_alert_has_one_row_in_the_documentation_and_the_reverse() -> None:
    page = (ROOT / "docs/monitoring.md").read_text()
    rows = re.findall(r"^\| \[(\w+)\]\(runbooks/(\w+)\.md\) \| (\w+) \|", page, re.MULTILINE)
    assert all(name == linked for name, linked, _ in rows)
    assert sorted((name, severity) for name, _, severity in rows) == sorted(
        (name, alert["labels"]["severity"]) for name, alert in ALERTS.items()
    )


def test_an_experiment_that_waits_for_an_alert_names_one_that_there_is_and_its_runbook() -> None:
    """A misspelt alert never fires, and only the profile full has a monitoring."""
    waiting = 0
    for path in experiment_files([ROOT / "experiments"]):
        experiment = load_experiment(path)
        for check in experiment.expect:
            if isinstance(check, Detected):
                waiting += 1
                assert check.alert in ALERTS, f"{path.name}: {check.alert}"
                assert experiment.profile == "full", path.name
                assert f"docs/runbooks/{check.alert}.md" in path.read_text(), path.name
    assert waiting >= 4


def test_every_alert_is_seen_firing_and_silent_in_a_unit_test_and_the_reverse() -> None:
    seen: dict[str, set[bool]] = {}
    for path in (MONITORING / "tests").glob("*.yaml"):
        for test in yaml.safe_load(path.read_text())["tests"]:
            for case in test["alert_rule_test"]:
                seen.setdefault(case["alertname"], set()).add(bool(case["exp_alerts"]))
    assert seen == {name: {True, False} for name in ALERTS}
