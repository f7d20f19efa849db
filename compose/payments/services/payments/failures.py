"""The requests that the service could not do, in its log: one line each, with the payment's key."""

from __future__ import annotations

import logging

from .http import Request
from .problems import Problem

__all__ = ["tell"]

_log = logging.getLogger("payments")
_SERVER_ERROR = 500


def tell(request: Request, route: str, problem: Problem) -> None:
    """Log a failure of the service (5xx); what it refused by right is the client's own affair.

    An exception that is being handled and that nobody foresaw is logged with its trace.
    """
    if problem.status < _SERVER_ERROR:
        return
    about = {
        "route": route,
        "status": problem.status,
        "kind": problem.kind,
        "outcome": problem.outcome,
        "key": request.header("idempotency-key"),
        "payment_id": request.path[1] if request.path[0] == "payments" and len(request.path) > 1 else None,
        "detail": problem.detail,
    }
    told = {name: value for name, value in about.items() if value is not None}
    _log.error(problem.title, extra={"about": told}, exc_info=type(problem) is Problem)
