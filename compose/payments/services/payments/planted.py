"""Defects that are planted on purpose: the negative controls of docs/verdicts.md, each a variant of its own.

The environment variable PLANTED_DEFECT switches one on, and nothing else does. It is never silent: the log says so at
the start.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping

__all__ = ["APPROVE_UNCHECKED", "SETTLE_BEFORE_COMMIT", "STALE_READS", "planted"]

STALE_READS = "stale-reads"
"""X-Read-After is not looked at."""
APPROVE_UNCHECKED = "approve-unchecked"
"""Whoever is logged in may approve, whatever his role."""
SETTLE_BEFORE_COMMIT = "settle-before-commit"
"""A settlement is posted before the acquirer is asked."""

_log = logging.getLogger("payments")


def planted(environ: Mapping[str, str], *known: str) -> str:
    """The defect that this service shall have; empty for none.

    Args:
        environ: where PLANTED_DEFECT stands, or does not.
        known: the defects that the service has.

    Raises:
        ValueError: it is another one: a control without its defect would prove nothing.
    """
    defect = environ.get("PLANTED_DEFECT", "")
    if not defect:
        return ""
    if defect not in known:
        raise ValueError(f"PLANTED_DEFECT={defect} is none of this service's: {', '.join(known)}")
    _log.warning("planted defect %s: this service is a negative control and makes mistakes", defect)
    return defect
