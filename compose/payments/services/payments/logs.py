"""The log as JSON lines: what a program can count and a person can search by a payment's key."""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime

__all__ = ["JsonLines", "begin"]


class JsonLines(logging.Formatter):
    """``{"at", "level", "service", "node", "message"}``, what the line is ``about``, and a ``trace`` after a failure.

    Args:
        service: whose log it is.
        node: which of its nodes.
    """

    def __init__(self, service: str, node: str) -> None:
        self._who = {"service": service, "node": node}
        super().__init__()

    def format(self, record: logging.LogRecord) -> str:
        """One line; a call passes ``extra={"about": {...}}``."""
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        line = {"at": at, "level": record.levelname.lower(), **self._who, "message": record.getMessage()}
        line |= getattr(record, "about", {})
        if record.exc_info:
            line["trace"] = self.formatException(record.exc_info)
        return json.dumps(line)


def begin(service: str, node: str) -> None:
    """From now on everything that is logged, also by libraries, is JSON lines on standard error."""
    handler = logging.StreamHandler()
    handler.setFormatter(JsonLines(service, node))
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    for server in map(logging.getLogger, ("uvicorn", "uvicorn.error")):
        server.handlers.clear()
        server.propagate = True
