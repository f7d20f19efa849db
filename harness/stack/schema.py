"""The JSON schema of x-harness, so that editors complete it: ``python -m harness.stack.schema``."""

from __future__ import annotations

import json
from pathlib import Path

from harness.stack.sections import XHarness

__all__ = ["SCHEMA_FILE", "schema_text"]

SCHEMA_FILE = Path(__file__).parents[2] / "docs" / "x-harness.schema.json"


def schema_text() -> str:
    """The schema as it stands in ``docs/x-harness.schema.json``."""
    schema = XHarness.model_json_schema(by_alias=True)
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema"}
    return json.dumps(head | schema, indent=2, sort_keys=True) + "\n"


if __name__ == "__main__":
    SCHEMA_FILE.write_text(schema_text(), encoding="utf-8")
