"""Every alert of the reference stack has a summary, a runbook page and a unit test, and the reverse."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

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


def test_every_alert_is_seen_firing_and_silent_in_a_unit_test_and_the_reverse() -> None:
    seen: dict[str, set[bool]] = {}
    for path in (MONITORING / "tests").glob("*.yaml"):
        for test in yaml.safe_load(path.read_text())["tests"]:
            for case in test["alert_rule_test"]:
                seen.setdefault(case["alertname"], set()).add(bool(case["exp_alerts"]))
    assert seen == {name: {True, False} for name in ALERTS}
