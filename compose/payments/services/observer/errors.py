"""Why a final read could not be completed."""

from __future__ import annotations

__all__ = ["Incomplete"]


class Incomplete(Exception):  # it is what the observation is
    """A source could not be read to its end; the text says what was missing and where."""
