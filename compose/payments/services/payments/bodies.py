"""A request's body: a JSON object with the fields that are known, and nothing else."""

from __future__ import annotations

import json
from typing import Any

from .problems import Refused

__all__ = ["fields", "wrong"]


def fields(body: bytes, known: set[str]) -> dict[str, Any]:
    """The fields of a JSON object.

    Raises:
        Refused: 400 when it is not JSON, 422 when it is no object or has a field that is not known.
    """
    try:
        found = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise Refused(400, "not-json", "The body is not JSON", f"{error}.") from error
    if not isinstance(found, dict):
        raise Refused(422, "not-an-object", "The body is not an object", "Send a JSON object.")
    unknown = sorted(found.keys() - known)
    if unknown:
        detail = f"{unknown[0][:80]!r} is none of {sorted(known)}."
        raise Refused(422, "unknown-field", "A field is not known", detail)
    return found


def wrong(field: str, what: str, value: object) -> Refused:
    """The refusal of a field that must be something else than this."""
    return Refused(422, "invalid", "A field is wrong", f"{field} must be {what}, not {str(value)[:80]!r}.")
