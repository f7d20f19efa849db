"""What ``harness doctor`` does, without the command line around it."""

from __future__ import annotations

import json
import sys

from rich.console import Console

from harness.errors import HarnessError
from harness.stack.doctor.examine import examine
from harness.stack.doctor.repair import fix as repair
from harness.stack.doctor.report import Report
from harness.stack.doctor.table import render, verdict

__all__ = ["doctor_command"]

MENDABLE = ("engine", "compose", "buildx", "base image")
NOT_READY = HarnessError.exit_code


def doctor_command(fix: bool, as_json: bool) -> int:  # noqa: FBT001  # the two options of the command
    """Try everything, mend what is missing when told to, and show what there is then.

    Args:
        fix: install and start what is missing; what it does goes to standard error.
        as_json: print the report for a program instead of the table.

    Returns:
        0 exactly when the reference stack can run, else 4.
    """
    # Asked of every make, so what the stack does not need is left out where nothing is to be shown.
    report = examine(optional=as_json or not fix)
    if fix and not mended(report):
        try:
            repair(_say)
        except HarnessError as error:
            _say(f"error: {error}")
            return error.exit_code
        report = examine()
    elif fix and report.ready and not as_json:
        print(f"Nothing to do: {', '.join(MENDABLE)} are there. {verdict(report)}")  # noqa: T201  # the command's output
        return 0
    elif fix and not as_json:
        report = examine()
    if as_json:
        print(json.dumps(report.to_json(), indent=2))  # noqa: T201  # this is the command's output
    else:
        render(report, Console())
    return 0 if report.ready else NOT_READY


def mended(report: Report) -> bool:
    """Whether everything that ``--fix`` brings is there."""
    return all(report.row(name).ok for name in MENDABLE)


def _say(sentence: str) -> None:
    print(sentence, file=sys.stderr, flush=True)  # noqa: T201  # progress, for a person
