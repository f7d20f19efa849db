"""Whether a line of a node's log speaks of an error, by what its writer says of it.

=====================================  ==================================================================
the line                               is an error when
=====================================  ==================================================================
a JSON object with a level             the level is error or worse, whatever words stand in it
HAProxy's line of a request            the answer was 5xx, or HAProxy or the server ended the session
anything else                          the first word of a level in it is error or worse (a warning that
                                       quotes an error is a warning), or it is an exception's own line
=====================================  ==================================================================
"""

from __future__ import annotations

import json
import re

__all__ = ["speaks_of_an_error"]

_BAD = frozenset(
    {"error", "fatal", "panic", "dpanic", "critical", "crit", "alert", "emerg", "traceback", "oom"}
)

# Levels as PostgreSQL, Python, Go and HAProxy write them. Lower case alone is prose ("0 errors", "error handling
# enabled"), so it counts only as a level. DETAIL, HINT, STATEMENT and CONTEXT are PostgreSQL's further lines.
_LEVEL = re.compile(
    r"\blevel\"?\s*[=:]\s*\"?(?P<key>\w+)"
    r"|\[(?P<bracket>debug|info|notice|warning|error|fatal|crit|alert|emerg)\]"
    r"|\b(?P<word>DEBUG\d?|INFO|LOG|NOTICE|WARN|WARNING|DETAIL|HINT|STATEMENT|CONTEXT"
    r"|ERROR|FATAL|PANIC|CRITICAL|ALERT|EMERG|Traceback|OOM)\b"
)
_EXCEPTION = re.compile(r"\b\w*(?:Error|Exception): ")
# client:port [when] frontend backend/server timers, then of HTTP the status, bytes, of HTTP two cookies, the state.
_REQUEST = re.compile(
    r"^\S+:\d+ \[[^\]]+\] \S+ \S+/\S+ (?:[+-]?\d+/)+[+-]?\d+ "
    r"(?:(?P<status>-?\d{1,3}) )?\+?\d+ (?:\S+ \S+ )?(?P<state>[-\w]{2,4}) \d+/"
)
_CLIENT_OR_NOBODY = frozenset("-Cc")
_SERVER_ERROR = 500


def speaks_of_an_error(line: str) -> bool:
    """Decide for one line, without the engine's time stamp."""
    level = _level_of_json(line)
    if level is not None:
        return level in _BAD
    request = _REQUEST.match(line)
    if request:
        status = int(request["status"] or 0)
        return status >= _SERVER_ERROR or request["state"][0] not in _CLIENT_OR_NOBODY
    said = _LEVEL.search(line)
    if said:
        return str(said[said.lastgroup or 0]).lower() in _BAD
    return bool(_EXCEPTION.search(line))


def _level_of_json(line: str) -> str | None:
    if not line.startswith("{"):
        return None
    try:
        fields = json.loads(line)
    except ValueError:
        return None
    level = fields.get("level") if isinstance(fields, dict) else None
    return level.lower() if isinstance(level, str) else None
