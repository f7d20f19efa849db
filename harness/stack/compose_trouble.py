"""What Compose's and the engine's messages mean, and how to mend it: one table."""

from __future__ import annotations

import re

from harness.errors import EngineError, StackError, StackModelError

__all__ = ["explain"]

_LAST_LINES = 8

_KNOWN: tuple[tuple[str, type[EngineError | StackModelError], str, str], ...] = (
    (
        r"cannot connect to the docker daemon|is the docker daemon running|error during connect",
        EngineError,
        "no Docker engine answers",
        "Run: harness doctor --fix (it starts or installs one)",
    ),
    (
        r"'compose' is not a docker command|unknown shorthand flag: 'f' in -f",
        EngineError,
        "docker has no compose command",
        "Run: harness doctor --fix (it installs Compose v2)",
    ),
    (
        r"port is already allocated|address already in use",
        StackError,
        "a published port is in use",
        "Stop what uses it. One that the harness picked (x-harness.free_ports) changes by: harness down, harness up",
    ),
    (
        r"no space left on device|disk quota exceeded",
        StackError,
        "the disk is full",
        "Free some space (docker system df shows what the engine holds), then try again",
    ),
    (
        r"pull access denied|failed to resolve (source metadata|reference)|no such image|failed to do",
        StackError,
        "an image is not here and could not be fetched",
        "Run: harness doctor --fix (it pulls the base image or makes it)",
    ),
    (
        r"required variable (\S+) is missing",
        StackModelError,
        "the Compose file needs a variable that is not set",
        "Name it under x-harness.secrets, or set it in the environment",
    ),
    (
        r"non-overlapping|predefined address pools have been fully subnetted",
        StackError,
        "the engine has no free addresses for another network",
        "Take down stacks that are not in use: harness down",
    ),
    (
        r"additional propert|undefined (service|network|volume)|yaml:|must be a|neither an|interpolation",
        StackModelError,
        "Compose does not accept the Compose files",
        "Correct what it names",
    ),
)


def explain(doing: str, output: str) -> EngineError | StackModelError:
    """The error for a Compose command that failed.

    Args:
        doing: what was tried, e.g. ``building the images``.
        output: everything that the command said.
    """
    for pattern, kind, what, mend in _KNOWN:
        found = re.search(pattern, output, re.IGNORECASE)
        if found:
            return kind(f"{doing} failed: {what} ({_line_of(output, found.start())})", mend=mend)
    lines = [line for line in output.strip().splitlines() if line.strip()]
    return StackError(f"{doing} failed: {' | '.join(lines[-_LAST_LINES:]) or 'Compose said nothing'}")


def _line_of(output: str, at: int) -> str:
    start = output.rfind("\n", 0, at) + 1
    end = output.find("\n", at)
    return output[start : end if end >= 0 else None].strip()
