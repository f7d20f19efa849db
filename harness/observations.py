"""The final reads, taken after recovery: ``observations.jsonl``, one JSON object a line.

This is the contract of an *observer*, the command by which a stack shows its books. ``t`` names the line:

==========  =======================================================================================
t           further keys
==========  =======================================================================================
payment     ``source`` (``database`` or ``api``), ``key`` (the idempotency key), ``payment_id``,
            ``debtor``, ``creditor``, ``amount`` (integer minor units), ``currency``, ``status``, ``hold``
            (optional: the account on which its money waits until it is settled, rejected or failed)
entry       ``source``, ``payment_id``, ``account``, ``amount`` (signed: a credit is above 0), ``currency``
account     ``source``, ``account``, ``currency``, ``balance`` (as stored), ``may_be_negative``
settlement  ``source`` (``acquirer``), ``payment_id``, ``key``, ``amount``, ``currency``, ``status``
            (``accepted``): what the acquirer's own books hold of the run
transition  ``source`` (``database``), ``chain``, ``number`` (from 1 in its chain), ``payment_id``,
            ``from_status`` (null for the first), ``to_status``, ``actor``, ``content``, ``previous``, ``hash``:
            the audit trail, each chain whole from the run's first row to its end, so rows of others
            in between, too
digest      ``node``, ``role``, ``table``, ``digest``, ``rows``, ``position``: one table of one node's
            copy, all of them replayed up to the same position
complete    ``source``: ``database``, ``api``, ``replicas`` or ``acquirer``; every line of that source was
            printed
incomplete  ``source``, ``why``
==========  =======================================================================================

A source without its ``complete`` line is incomplete, whatever was printed of it. A stack without an acquirer or
an audit trail prints nothing of them; the checks that need them are then inconclusive.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from harness.errors import HistoryError, RunFolderError

__all__ = ["ACCOUNTS", "DIGESTS", "ENTRIES", "PAYMENTS", "SETTLEMENTS", "TRANSITIONS", "Books"]

PAYMENTS: Mapping[str, pl.DataType] = {
    "source": pl.String(),
    "key": pl.String(),
    "payment_id": pl.String(),
    "debtor": pl.String(),
    "creditor": pl.String(),
    "amount": pl.Int64(),
    "currency": pl.String(),
    "status": pl.String(),
    "hold": pl.String(),
}
ENTRIES: Mapping[str, pl.DataType] = {
    "source": pl.String(),
    "payment_id": pl.String(),
    "account": pl.String(),
    "amount": pl.Int64(),
    "currency": pl.String(),
}
ACCOUNTS: Mapping[str, pl.DataType] = {
    "source": pl.String(),
    "account": pl.String(),
    "currency": pl.String(),
    "balance": pl.Int64(),
    "may_be_negative": pl.Boolean(),
}
DIGESTS: Mapping[str, pl.DataType] = {
    "node": pl.String(),
    "role": pl.String(),
    "table": pl.String(),
    "digest": pl.String(),
    "rows": pl.Int64(),
    "position": pl.String(),
}
SETTLEMENTS: Mapping[str, pl.DataType] = {
    "source": pl.String(),
    "payment_id": pl.String(),
    "key": pl.String(),
    "amount": pl.Int64(),
    "currency": pl.String(),
    "status": pl.String(),
}
TRANSITIONS: Mapping[str, pl.DataType] = {
    "source": pl.String(),
    "chain": pl.Int64(),
    "number": pl.Int64(),
    "payment_id": pl.String(),
    "from_status": pl.String(),
    "to_status": pl.String(),
    "actor": pl.String(),
    "content": pl.String(),
    "previous": pl.String(),
    "hash": pl.String(),
}
_SOURCES: Mapping[str, pl.DataType] = {"source": pl.String(), "why": pl.String()}
_KINDS = {
    "payment": PAYMENTS,
    "entry": ENTRIES,
    "account": ACCOUNTS,
    "digest": DIGESTS,
    "settlement": SETTLEMENTS,
    "transition": TRANSITIONS,
}


@dataclass(frozen=True, slots=True)
class Books:
    """The final state of the books.

    Attributes:
        payments, entries, accounts, digests, settlements, transitions: one row a line, columns as named in
            this module.
        complete: the sources that were read to their end.
        incomplete: each source that was begun and not completed, with the reason.
    """

    payments: pl.DataFrame
    entries: pl.DataFrame
    accounts: pl.DataFrame
    digests: pl.DataFrame
    settlements: pl.DataFrame
    transitions: pl.DataFrame
    complete: frozenset[str]
    incomplete: Mapping[str, str]

    @classmethod
    def empty(cls, why: str) -> Books:
        """No final read was taken, and why."""
        return cls(
            payments=pl.DataFrame(schema=PAYMENTS),
            entries=pl.DataFrame(schema=ENTRIES),
            accounts=pl.DataFrame(schema=ACCOUNTS),
            digests=pl.DataFrame(schema=DIGESTS),
            settlements=pl.DataFrame(schema=SETTLEMENTS),
            transitions=pl.DataFrame(schema=TRANSITIONS),
            complete=frozenset(),
            incomplete={"database": why, "api": why, "replicas": why},
        )

    @classmethod
    def read(cls, path: Path) -> Books:
        """Read ``observations.jsonl``; a missing file means that no final read was taken.

        Raises:
            HistoryError: a line that is not the last is not JSON of the contract.
            RunFolderError: the file is there and cannot be read.
        """
        try:
            data = path.read_bytes()
        except FileNotFoundError:
            return cls.empty("no final read was taken")
        except OSError as error:
            raise RunFolderError(
                f"the observations cannot be read: {error.strerror}", where=str(path)
            ) from error
        whole = data[: data.rfind(b"\n") + 1]
        frame = _parse(whole, path)
        tables = {
            name: frame.filter(pl.col("t") == name).select(list(schema)) for name, schema in _KINDS.items()
        }
        done = frozenset(frame.filter(pl.col("t") == "complete")["source"].to_list())
        begun = {
            row["source"]: row["why"]
            for row in frame.filter(pl.col("t") == "incomplete").select("source", "why").iter_rows(named=True)
        }
        missing = dict.fromkeys(("database", "api", "replicas"), "its final read never ended")
        incomplete = {
            source: why
            for source, why in {**missing, **begun}.items()
            if source not in done or source in begun
        }
        return cls(
            payments=tables["payment"],
            entries=tables["entry"],
            accounts=tables["account"],
            digests=tables["digest"],
            settlements=tables["settlement"],
            transitions=tables["transition"],
            complete=done - incomplete.keys(),
            incomplete=incomplete,
        )


def _parse(data: bytes, path: Path) -> pl.DataFrame:
    schema: dict[str, pl.DataType] = {"t": pl.String()}
    for part in (*_KINDS.values(), _SOURCES):
        schema.update(part)
    if not data.strip():
        return pl.DataFrame(schema=schema)
    try:
        return pl.read_ndjson(io.BytesIO(data), schema=schema)
    except pl.exceptions.PolarsError as error:
        raise HistoryError(
            f"the observations hold a line that is not of the contract: {error}", where=str(path)
        ) from error
