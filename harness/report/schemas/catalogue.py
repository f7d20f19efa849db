"""File of the run folder -> the model of it, or of one of its lines."""

from __future__ import annotations

import json
from collections.abc import Mapping

from pydantic import BaseModel

from harness.report.schemas.history import HistoryLine
from harness.report.schemas.observations import ObservationLine
from harness.report.schemas.timeline import TimelineEvent
from harness.run_models import Result, RunInfo

__all__ = ["SCHEMAS", "text"]

SCHEMAS: Mapping[str, type[BaseModel]] = {
    "run.json": RunInfo,
    "result.json": Result,
    "timeline-event.json": TimelineEvent,
    "history-line.json": HistoryLine,
    "observation-line.json": ObservationLine,
}
"""Name in ``docs/schemas/`` -> model."""


def text(name: str) -> str:
    """One schema, as it stands in its file."""
    schema = SCHEMAS[name].model_json_schema(by_alias=True)
    return json.dumps({"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}, indent=2) + "\n"
