"""What ``harness doctor`` does, without the command line around it."""

from __future__ import annotations

import json
import sys

from rich.console import Console

from harness.errors import HarnessError
from harness.stack.doctor.examine import examine
from harness.stack.doctor.repair import fix as repair
from harness.stack.doctor.table import render

__all__ = ["doctor_command"]

NOT_READY = HarnessError.exit_code


def doctor_command(fix: bool, as_json: bool) -> int:  # noqa: FBT001  # the two options of the command
    """Mend when told to, then try everything and show it.

    Args:
        fix: install and start what is missing first; what it does goes to standard error.
        as_json: print the report for a program instead of the table.

    Returns:
        0 exactly when the reference stack can run, else 4.
    """
    if fix:
        try:
            repair(_say)
        except HarnessError as error:
            _say(f"error: {error}")
            return error.exit_code
    report = examine()
    if as_json:
        print(json.dumps(report.to_json(), indent=2))  # noqa: T201  # this is the command's output
    else:
        render(report, Console())
    return 0 if report.ready else NOT_READY


def _say(sentence: str) -> None:
    print(sentence, file=sys.stderr, flush=True)  # noqa: T201  # progress, for a person
