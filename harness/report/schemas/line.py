"""What every model of a line has in common."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

__all__ = ["At", "Line", "Minor"]

At = Annotated[float, Field(description="seconds of CLOCK_MONOTONIC")]
Minor = Annotated[int, Field(description="minor units of the currency", strict=True)]


class Line(BaseModel):
    """One JSON object on a line of its own; a reader leaves keys aside that it does not know."""

    model_config = ConfigDict(extra="allow")
