"""Alerts as the chart shows them: by name, within the load."""

from __future__ import annotations

from harness.report.marks import AlertMark, alerts
from harness.timeline import Timeline

ZERO, END_S = 100.0, 60.0


def event(at_s, alert, state, severity="warn", **labels):
    """One event of the timeline."""
    return {
        "at": ZERO + at_s,
        "kind": "alert",
        "alert": alert,
        "state": state,
        "labels": {"severity": severity, **labels},
    }


def marks(*events):
    """What the chart is told."""
    return alerts(Timeline(events), ZERO, END_S)


def test_an_alert_is_a_bar_from_firing_to_resolved():
    """Each stretch apart, the alert that fired first first."""
    assert marks(
        event(20, "B", "firing", severity="page"),
        event(30, "B", "resolved", severity="page"),
        event(12, "A", "firing"),
        event(15, "A", "resolved"),
        event(40, "A", "firing"),
    ) == (
        AlertMark("A", "warn", ((12.0, 15.0), (40.0, None))),
        AlertMark("B", "page", ((20.0, 30.0),)),
    )


def test_an_alert_fires_while_one_set_of_its_labels_does():
    """Two nodes down, one after the other, are one bar."""
    assert marks(
        event(10, "Down", "firing", node="a"),
        event(15, "Down", "firing", node="b"),
        event(20, "Down", "resolved", node="a"),
        event(25, "Down", "resolved", node="b"),
    ) == (AlertMark("Down", "warn", ((10.0, 25.0),)),)


def test_what_is_not_within_the_load_is_not_shown():
    """One of the bring-up is none of the run; one that lasts is cut at the load's ends."""
    assert marks(
        event(-9, "Before", "firing"),
        event(-1, "Before", "resolved"),
        event(-9, "Into", "firing"),
        event(5, "Into", "resolved"),
        event(50, "Out", "firing"),
        event(70, "Out", "resolved"),
        event(61, "After", "firing"),
    ) == (AlertMark("Into", "warn", ((0.0, 5.0),)), AlertMark("Out", "warn", ((50.0, None),)))
