"""What is known of an attempt when it is over: one table.

An attempt is ``fail`` only when it surely had no effect, because a payment that failed must not be in the
books. Whatever is not in the table is ``info``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

__all__ = ["STATUSES", "TROUBLES", "UNKNOWN", "Ruling", "rule_status", "rule_trouble"]

NO_EFFECT = "/no-effect"
"""How the ``type`` of a problem document (RFC 9457) ends that promises that nothing was done."""


@dataclass(frozen=True, slots=True)
class Ruling:
    """What an ending means.

    Attributes:
        outcome: ``ok``, ``fail`` or ``info``.
        again: whether the same key is worth sending again.
    """

    outcome: str
    again: bool


UNKNOWN = Ruling("info", again=True)
_REFUSED = Ruling("fail", again=False)
_NOT_NOW = Ruling("fail", again=True)

STATUSES: Mapping[int, Ruling] = {
    400: _REFUSED,
    401: _REFUSED,
    402: _REFUSED,
    403: _REFUSED,
    404: _REFUSED,
    405: _REFUSED,
    406: _REFUSED,
    410: _REFUSED,
    411: _REFUSED,
    412: _REFUSED,
    413: _REFUSED,
    414: _REFUSED,
    415: _REFUSED,
    422: _REFUSED,
    428: _REFUSED,
    429: _REFUSED,
    431: _REFUSED,
}
"""Statuses below 500 by which a service refuses before it does anything.

Not here, so ``info``: 408 (the request was cut off while it arrived), 409 (the same key may be under way
by an earlier attempt), 425, every 3xx and every 5xx. A router's own 503 follows also a request that was
sent to a server which died, so 503 and 504 are ``fail`` only with the service's word for it: a problem
document whose ``type`` ends in ``/no-effect``.
"""

TROUBLES: Mapping[str, Ruling] = {
    "refused": _NOT_NOW,
    "not-sent": _NOT_NOW,
    "timeout": UNKNOWN,
    "reset": UNKNOWN,
    "broken-answer": UNKNOWN,
}
"""Endings without a status. ``refused``: nobody listened. ``not-sent``: the connection was not made, so no
byte was sent. ``reset``: closed after some byte was sent. ``broken-answer``: an answer that is no HTTP or
stopped in the middle."""


def rule_status(status: int, problem_type: str | None = None) -> Ruling:
    """What an answer means; ``problem_type`` is the ``type`` of its problem document, if it is one."""
    if 200 <= status < 300:  # noqa: PLR2004  # what HTTP calls success
        return Ruling("ok", again=False)
    if problem_type is not None and problem_type.endswith(NO_EFFECT) and status in (503, 504):
        return _NOT_NOW
    return STATUSES.get(status, UNKNOWN)


def rule_trouble(name: str) -> Ruling:
    """What an ending without an answer means; an unknown name is ``info``."""
    return TROUBLES.get(name, UNKNOWN)
