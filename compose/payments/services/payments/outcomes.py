"""What a failed transaction left behind, judged from how far it came and what the server said.

The rule: before COMMIT was sent nothing can have taken effect. After that only the server's own word counts,
and only where it says that the transaction was rolled back. Everything else is unknown; a *success* with a
warning too, for that is how PostgreSQL reports a commit that no replica has confirmed.
"""

from __future__ import annotations

from .problems import NoEffect, OutcomeUnknown, Problem, Refused

__all__ = ["failed_at_commit", "failed_before_commit", "unconfirmed"]

REFUSALS = {
    "PY001": (422, "unknown-account", "There is no such account"),
    "PY002": (422, "wrong-currency", "The account is kept in another currency"),
    "PY003": (402, "insufficient-funds", "The debtor has not enough money"),
    "PY004": (422, "key-reused", "This was used before with another body"),
    "PY005": (404, "payment-not-found", "There is no such payment"),
    "PY006": (403, "not-owner", "The account is another user's"),
    "PY007": (403, "four-eyes", "Who created a payment may not decide on it"),
    "PY008": (422, "wrong-status", "The payment's status does not allow it"),
    "PY101": (409, "login-taken", "The login name is taken"),
}
"""The errors that the functions in the database raise on purpose."""

_ROLLED_BACK = ("23", "40", "25")
"""Classes of SQLSTATE that a COMMIT answers with when it rolled back: a constraint, a serialisation failure
or deadlock, a read-only server."""

_UNKNOWN = ("40003",)  # "statement completion unknown" stands in class 40 and says the opposite of it


def failed_before_commit(sqlstate: str | None, message: str) -> Problem:
    """COMMIT was never sent."""
    refusal = REFUSALS.get(sqlstate or "")
    if refusal:
        return Refused(*refusal, message)
    return NoEffect(f"Before COMMIT: {message} ({sqlstate or 'no connection'}).")


def failed_at_commit(sqlstate: str | None, severity: str | None, message: str) -> Problem:
    """COMMIT was sent, and an error came back, or nothing."""
    rolled_back = severity == "ERROR" and (sqlstate or "").startswith(_ROLLED_BACK)
    if rolled_back and sqlstate not in _UNKNOWN:
        return NoEffect(f"COMMIT was refused: {message} ({sqlstate}).")
    return OutcomeUnknown(f"COMMIT was sent and not confirmed: {message} ({sqlstate or 'connection lost'}).")


def unconfirmed(tag: str | None, warnings: list[str]) -> Problem | None:
    """COMMIT came back without an error: None when that is an acknowledgement.

    Args:
        tag: the command tag; PostgreSQL answers the COMMIT of a failed transaction with ``ROLLBACK``.
        warnings: every notice that came with it.
    """
    if warnings:
        return OutcomeUnknown(f"Committed, but replication is not confirmed: {warnings[0]}.")
    if tag == "ROLLBACK":
        return NoEffect("COMMIT was answered with ROLLBACK.")
    if tag != "COMMIT":
        return OutcomeUnknown(f"COMMIT was answered with {tag!r}.")
    return None
