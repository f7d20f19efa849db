"""Printing: one JSON object a line."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping
from typing import Any

__all__ = ["complete", "incomplete", "lines"]


def lines(items: Iterable[Mapping[str, Any]]) -> None:
    """Print each item on a line of its own."""
    sys.stdout.writelines(json.dumps(item, separators=(",", ":")) + "\n" for item in items)


def complete(source: str) -> None:
    """Every line of the source was printed."""
    lines([{"t": "complete", "source": source}])


def incomplete(source: str, why: str) -> None:
    """The source could not be read to its end."""
    lines([{"t": "incomplete", "source": source, "why": why}])
