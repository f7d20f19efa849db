"""What doctor found, as data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

__all__ = ["Report", "Row"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One thing that was tried.

    Attributes:
        name: what it is (``engine``, ``netem``); stable, so that programs may look it up.
        ok: True when it works, False when it does not, None when it could not be tried.
        found: what was seen: a version, a size, or the reason.
        enables: what the harness can do with it.
        mend: how to get it.
        required: whether the reference stack needs it.
    """

    name: str
    ok: bool | None
    found: str
    enables: str
    mend: str
    required: bool = False


@dataclass(frozen=True, slots=True)
class Report:
    """Everything that was tried, in the order in which it is shown."""

    rows: Sequence[Row]

    @property
    def missing(self) -> tuple[Row, ...]:
        """The required rows that do not work, or could not be tried: without proof there is no yes."""
        return tuple(row for row in self.rows if row.required and row.ok is not True)

    @property
    def ready(self) -> bool:
        """Whether the reference stack can run here."""
        return bool(self.rows) and not self.missing

    def row(self, name: str) -> Row:
        """The row of that name.

        Raises:
            KeyError: nothing of that name is tried.
        """
        return {row.name: row for row in self.rows}[name]

    def to_json(self) -> dict[str, Any]:
        """The report as ``--json`` prints it."""
        return {"schema": 1, "ready": self.ready, "rows": [asdict(row) for row in self.rows]}
