"""What the agent says instead of doing it."""

from __future__ import annotations

__all__ = ["Failed", "Gone", "Refused"]


class Refused(Exception):
    """The request is not allowed, or makes no sense; nothing was done."""


class Failed(Exception):
    """The request was tried, and the system did not do it."""


class Gone(Failed):
    """What was named is no more; nothing of it is left to heal."""
