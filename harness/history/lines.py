"""Reads a history's lines into one table, a piece of the file at a time, and names the first bad line."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import polars as pl

from harness.errors import HistoryError
from harness.history.schema import LINES, REQUIRED, SCHEMA_VERSION, Outcome

__all__ = ["Lines", "read_lines"]

PIECE_BYTES = 16 * 1024 * 1024
_REQUEST = ("debtor", "creditor", "amount", "currency")
_COLUMNS = {
    "invoke": ("line", *REQUIRED["invoke"], *_REQUEST, "forbidden", "after", "reads"),
    "done": (
        "line",
        *REQUIRED["done"],
        "status",
        "error",
        "node",
        "payment_id",
        "seen",
        "writer",
        "position",
    ),
    "drop": ("line", *REQUIRED["drop"], *_REQUEST, "forbidden"),
    "end": ("line", *REQUIRED["end"]),
}
_OUTCOMES = [outcome.value for outcome in Outcome]


@dataclass(frozen=True, slots=True)
class Lines:
    """What a history file holds.

    Attributes:
        header: its first line.
        tables: every further line, by its ``t``, with the columns that such a line may have, ``request``
            unpacked, and ``line``, its number.
        truncated: the last line has no end (the writer died in it) and was left out.
    """

    header: Mapping[str, Any]
    tables: Mapping[str, pl.DataFrame]
    truncated: bool


def read_lines(path: Path) -> Lines:
    """Read every whole line.

    Raises:
        HistoryError: the file is missing, or a line that is not the last is not of the contract.
    """
    try:
        with path.open("rb") as file:
            return _read(file, path)
    except OSError as error:
        raise HistoryError(f"the history cannot be read: {error.strerror}", where=str(path)) from error


def _read(file: BinaryIO, path: Path) -> Lines:
    header = _header(file.readline(), path)
    parts = [_by_kind(pl.DataFrame(schema=LINES), 2)]
    rest = b""
    number = 2
    for piece, rest in _pieces(file):  # noqa: B007  # the last rest is what the file ends with
        if piece:
            table = _parse(piece, path, number)
            parts.append(_by_kind(table, number))
            number += table.height
    tables = {kind: pl.concat([part[kind] for part in parts]) for kind in REQUIRED}
    # A writer that died leaves zeros after its last line.
    return Lines(header, tables, bool(rest.rstrip(b"\0")))


def _by_kind(table: pl.DataFrame, number: int) -> dict[str, pl.DataFrame]:
    """Apart, so that a million lines do not carry the others' empty columns."""
    numbered = table.with_row_index("line", offset=number).unnest("request")
    return {kind: numbered.filter(pl.col("t") == kind).select(_COLUMNS[kind]) for kind in REQUIRED}


def _header(line: bytes, path: Path) -> Mapping[str, Any]:
    where = f"{path}:1"
    try:
        header = json.loads(line) if line.endswith(b"\n") else None
    except ValueError:
        header = None
    if not isinstance(header, dict) or header.get("t") != "header" or "run" not in header:
        raise HistoryError(
            "the first line is not the header of a history",
            where=where,
            mend="The load died before it began, or this is another file",
        )
    if header.get("schema") != SCHEMA_VERSION:
        raise HistoryError(
            f"the history has schema {header.get('schema')!r}, this harness reads {SCHEMA_VERSION}",
            where=where,
        )
    return header


def _pieces(file: BinaryIO) -> Iterator[tuple[bytes, bytes]]:
    """Whole lines, a piece at a time, each with the bytes after its last line's end."""
    rest = b""
    while block := file.read(PIECE_BYTES):
        cut = block.rfind(b"\n") + 1
        if not cut:
            rest += block
            yield b"", rest
            continue
        piece, rest = rest + block[:cut], block[cut:]
        yield piece, rest


def _parse(piece: bytes, path: Path, number: int) -> pl.DataFrame:
    """The piece as a table; ``number`` is the file's line at which it begins."""
    table = _table(piece)
    if table is None:
        lines = piece.split(b"\n")[:-1]
        bad = _first_bad(lines)
        shown = lines[bad][:80].decode("utf-8", "replace")
        raise HistoryError(f"this is not a line of a history: {shown!r}", where=f"{path}:{number + bad}")
    _refuse_incomplete(table, path, number)
    return table


def _table(piece: bytes) -> pl.DataFrame | None:
    """None when a line is not a JSON object of the contract's types."""
    try:
        table = pl.read_ndjson(io.BytesIO(piece), schema=LINES)
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException):
        return None
    # Polars skips empty lines; here they would shift every later line's number.
    return table if table.height == piece.count(b"\n") else None


def _first_bad(lines: list[bytes]) -> int:
    """Index of the first line that cannot be read, by halving: line by line is slow at a million."""
    low, high = 0, len(lines)
    while high - low > 1:
        middle = (low + high) // 2
        if _table(b"\n".join(lines[low:middle]) + b"\n") is None:
            high = middle
        else:
            low = middle
    return low


def _refuse_incomplete(table: pl.DataFrame, path: Path, number: int) -> None:
    complete = pl.lit(value=False)
    for kind, columns in REQUIRED.items():
        complete |= (pl.col("t") == kind) & pl.all_horizontal(
            [pl.col(name).is_not_null() for name in columns]
        )
    known = pl.col("outcome").is_null() | pl.col("outcome").is_in(_OUTCOMES)
    bad = table.select((complete & known).fill_null(value=False).not_().arg_true()).to_series()
    if len(bad):
        row = table.row(bad[0], named=True)
        raise HistoryError(_complaint(row), where=f"{path}:{number + bad[0]}")


def _complaint(row: Mapping[str, Any]) -> str:
    kind = row["t"]
    if kind not in REQUIRED:
        return f'the line\'s "t" is {kind!r}, not one of {", ".join(REQUIRED)}'
    missing = [name for name in REQUIRED[kind] if row[name] is None]
    if missing:
        return f"the line {kind!r} lacks {', '.join(missing)}"
    return f'"outcome" is {row["outcome"]!r}, not one of {", ".join(_OUTCOMES)}'
