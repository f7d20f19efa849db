"""A run as a log shows it: whole lines, no colour, whatever the width."""

from __future__ import annotations

import io

from made_stack import one_second
from rich.console import Console

from harness import Experiment, NoLostPayments, Phases
from harness.console import RunView

EXPERIMENT = Experiment(hypothesis="h", expect=[NoLostPayments()], phases=Phases(fault_s=5), name="made")


def shown(events, ticks=()):
    out = io.StringIO()
    with RunView(Console(file=out, width=80, highlight=False), EXPERIMENT) as view:
        for event in events:
            view.listener.event(event)
        for tick in ticks:
            view.listener.tick(tick)
    return out.getvalue().splitlines()


def test_a_log_has_one_whole_line_an_event():
    """A reason of any length stands on one line, with its brackets, and without escape codes."""
    why = "[i1] " + "the probe from ledger-1 to ledger-2 was answered " * 5
    (line,) = shown([{"kind": "no_effect", "at": 1.0, "injection": "i1", "why": why}])
    assert why.strip() in line
    assert "\x1b" not in line


def test_a_log_has_a_pulse_every_five_seconds():
    """Arrivals, outcomes, roles and what is injected, on one line however long."""
    roles = [
        {"kind": "role", "at": 1.0, "node": f"ledger-{number}", "role": "primary"} for number in range(9)
    ]
    lines = shown(roles, [one_second(second, 1.0) for second in range(10)])[len(roles) :]
    assert len(lines) == 2
    assert "20 arrivals/s: 20 ok, 0 fail, 0 info" in lines[0]
    assert lines[0].endswith("ledger-8 primary  injected: nothing")


def test_what_the_harness_does_not_tell_is_not_shown():
    """Samples of evidence and notes are in the timeline."""
    assert shown([{"kind": "note", "at": 1.0, "what": "x"}]) == []
