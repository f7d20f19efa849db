"""The columns of a history: of its lines as written, and of the tables that checks read."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

import polars as pl

__all__ = ["ATTEMPTS", "LINES", "OPERATIONS", "REQUIRED", "SCHEMA_VERSION", "Outcome"]

SCHEMA_VERSION = 1


class Outcome(StrEnum):
    """What is known of an attempt, or of a whole operation, when it is over.

    ``ok``: acknowledged, so it must be there. ``fail``: it surely had no effect, so it must not be
    there. ``info``: anything else; it may be there or not.
    """

    OK = "ok"
    FAIL = "fail"
    INFO = "info"


OPERATIONS: Mapping[str, pl.DataType] = {
    "key": pl.String(),
    "kind": pl.String(),
    "write": pl.Boolean(),
    "intended_at": pl.Float64(),
    "sent_at": pl.Float64(),
    "done_at": pl.Float64(),
    "outcome": pl.String(),
    "dropped": pl.Boolean(),
    "attempts": pl.UInt32(),
    "status": pl.Int64(),
    "error": pl.String(),
    "node": pl.String(),
    "debtor": pl.String(),
    "creditor": pl.String(),
    "amount": pl.Int64(),
    "currency": pl.String(),
    "payment_id": pl.String(),
    "forbidden": pl.Boolean(),
}
"""One row an operation, in the order of ``intended_at``.

``sent_at`` is of the first attempt. ``done_at``, ``status``, ``error``, ``node`` and ``payment_id`` are
of the first attempt that was acknowledged when the outcome is ``ok``, else of the last completion; null
when there was none. A dropped operation has no attempt and the outcome ``fail``. A ``forbidden`` one must be
refused: its refusal is no unavailability, and its acknowledgement no payment that is owed.
"""

ATTEMPTS: Mapping[str, pl.DataType] = {
    "key": pl.String(),
    "attempt": pl.UInt32(),
    "sent_at": pl.Float64(),
    "done_at": pl.Float64(),
    "outcome": pl.String(),
    "status": pl.Int64(),
    "error": pl.String(),
    "node": pl.String(),
    "payment_id": pl.String(),
    "seen": pl.String(),
    "writer": pl.String(),
    "position": pl.String(),
    "after": pl.String(),
    "reads": pl.String(),
}
"""One row an attempt, in the order of sending; without an answer ``done_at`` is null, ``outcome`` info.

Null where nothing was said: ``seen`` (the payment's status in the answer), ``writer`` (node and timeline that
acknowledged), ``position`` (of the log, at or beyond what the answer shows), ``after`` (the position that a read
must not be behind), ``reads`` (the payment that it asks for, also when the answer does not name it).
"""

_REQUEST = pl.Struct(
    {"debtor": pl.String(), "creditor": pl.String(), "amount": pl.Int64(), "currency": pl.String()}
)

LINES: Mapping[str, pl.DataType] = {
    "t": pl.String(),
    "key": pl.String(),
    "kind": pl.String(),
    "write": pl.Boolean(),
    "attempt": pl.UInt32(),
    "intended_at": pl.Float64(),
    "at": pl.Float64(),
    "outcome": pl.String(),
    "status": pl.Int64(),
    "error": pl.String(),
    "node": pl.String(),
    "payment_id": pl.String(),
    "request": _REQUEST,
    "forbidden": pl.Boolean(),
    "after": pl.String(),
    "reads": pl.String(),
    "writer": pl.String(),
    "seen": pl.String(),
    "position": pl.String(),
}
"""Every key that a line after the header may have; unknown ones are left aside."""

REQUIRED: Mapping[str, tuple[str, ...]] = {
    "invoke": ("key", "kind", "write", "attempt", "intended_at", "at"),
    "done": ("key", "attempt", "at", "outcome"),
    "drop": ("key", "kind", "write", "intended_at", "at"),
    "end": ("at",),
}
"""What each kind of line must have."""
