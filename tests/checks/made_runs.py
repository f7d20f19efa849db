"""A made-up run, line by line as the load, the observer and the harness would write it, and consistent.

Its times: load from 100 to 113, the fault phase from 103, the primary killed at 104.5 and back at 108, what
arrives before 107.5 meets any fate, recovery from 109. An arrival every quarter of a second, writes and
reads in turn.
"""

from __future__ import annotations

import json
import tempfile
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

from harness.checks.base import Recording
from harness.history import read_history
from harness.observations import Books
from harness.steady import SteadyState
from harness.timeline import Timeline

RUN = "r7"
BASELINE, FAULT, EFFECT, SERVED, HEALED, RECOVERY, DRAIN = 100.0, 103.0, 104.5, 107.5, 108.0, 109.0, 113.0
NODES = ("ledger-1", "ledger-2", "ledger-3")
TABLES = ("accounts", "entries", "payments")
GAP_S = 0.25
CUSTOMERS = ("ann", "bob", "cy")
FATES = ("ok", "retried", "refused", "info-there", "info-absent", "dropped")

Line = dict[str, Any]


@dataclass
class MadeRun:
    """The lines of the three files of a run folder, to be planted with defects and then read back."""

    history: list[Line] = field(default_factory=list)
    observations: list[Line] = field(default_factory=list)
    timeline: list[Line] = field(default_factory=list)

    def write(self, folder: Path) -> None:
        """Write the three files."""
        for name in ("history", "observations", "timeline"):
            lines = "".join(json.dumps(line, separators=(",", ":")) + "\n" for line in getattr(self, name))
            (folder / f"{name}.jsonl").write_text(lines, encoding="utf-8")

    def recording(self) -> Recording:
        """Write them, and read them with the real readers."""
        with tempfile.TemporaryDirectory() as folder:
            self.write(Path(folder))
            return read_folder(Path(folder))

    def of(self, t: str, **keys: Any) -> list[Line]:
        """The observations of a kind that have these values."""
        return [o for o in self.observations if o["t"] == t and all(o.get(k) == v for k, v in keys.items())]

    def acknowledged(self) -> list[str]:
        """Keys of the direct payments of the load that were acknowledged, in order."""
        funding = [f"{RUN}-fund-{i}" for i in range(len(CUSTOMERS))]
        ok = {line["key"] for line in self.history if line["t"] == "done" and line["outcome"] == "ok"}
        keys = [
            line["key"]
            for line in self.history
            if line["t"] == "invoke" and line["kind"] == "create_payment" and "request" in line
        ]
        return [key for key in keys if key in ok and key not in funding]

    def invoked(self, start: float, end: float, *, write: bool | None = None) -> list[str]:
        """Keys of the operations that were sent and intended in a span."""
        return [
            line["key"]
            for line in self.history
            if line["t"] == "invoke"
            and line["attempt"] == 1
            and start <= line["intended_at"] < end
            and write in (None, line["write"])
        ]

    def unanswer(self, keys: list[str]) -> None:
        """Take the answers away: these operations become info, which their effects may stay behind."""
        self.history = [line for line in self.history if not (line["t"] == "done" and line["key"] in keys)]


def read_folder(folder: Path) -> Recording:
    """Read a folder as ``harness check`` does, with the default steady state."""
    history = read_history(folder / "history.jsonl")
    return Recording(
        run=history.header["run"],
        operations=history.operations,
        attempts=history.attempts,
        load_ended=history.ended,
        books=Books.read(folder / "observations.jsonl"),
        timeline=Timeline.read(folder / "timeline.jsonl"),
        steady=SteadyState(),
    )


def arrivals_in_outage() -> int:
    """How many fates :func:`make_run` wants."""
    return round((SERVED - EFFECT) / GAP_S)


def make_run(fates: list[str], amounts: list[int], latency_s: float = 0.02, gap_s: float = GAP_S) -> MadeRun:
    """A consistent run.

    Args:
        fates: what becomes of each arrival of the outage, cycled; a read has no effect whatever its fate.
        amounts: minor units of the payments, cycled.
        latency_s: of every operation outside the outage.
        gap_s: between two arrivals.
    """
    made = _Maker(amounts, latency_s)
    made.fund()
    for number in range(round((DRAIN - BASELINE) / gap_s)):
        intended = BASELINE + gap_s * number + 0.01
        inside = EFFECT <= intended < SERVED
        fate = fates[round((intended - EFFECT) / gap_s) % len(fates)] if inside else "ok"
        made.arrival(f"{RUN}-{number:04d}", intended, fate, write=number % 2 == 0)
    made.history.append({"t": "end", "at": DRAIN + 0.5})
    return MadeRun(made.history, _observations(made), _timeline())


class _Maker:
    def __init__(self, amounts: list[int], latency_s: float) -> None:
        self.amounts, self.latency_s = amounts, latency_s
        self.history: list[Line] = [
            {"t": "header", "schema": 1, "run": RUN, "clock": "CLOCK_MONOTONIC", "seed": 1, "closed": False}
        ]
        self.booked: list[Line] = []
        self.numbers = count()

    def fund(self) -> None:
        for number, customer in enumerate(CUSTOMERS):
            request = {
                "debtor": f"{RUN}-bank",
                "creditor": f"{RUN}-{customer}",
                "amount": 1_000_000,
                "currency": "EUR",
            }
            key, at = f"{RUN}-fund-{number}", 90.0 + number
            self._invoke(key, 1, "create_payment", at, at, request, write=True)
            self._done(key, 1, at + 0.03, "ok", 201, self._book(key, request))

    def arrival(self, key: str, at: float, fate: str, *, write: bool) -> None:
        kind = "create_payment" if write else "read_account"
        if fate == "dropped":
            self.history.append(
                {"t": "drop", "key": key, "kind": kind, "write": write, "intended_at": at, "at": at}
            )
            return
        number = next(self.numbers)
        request = (
            {
                "debtor": f"{RUN}-{CUSTOMERS[number % 3]}",
                "creditor": f"{RUN}-{CUSTOMERS[(number + 1) % 3]}",
                "amount": self.amounts[number % len(self.amounts)],
                "currency": "EUR",
            }
            if write
            else None
        )
        self._invoke(key, 1, kind, at, at + 0.001, request, write=write)
        payment = self._book(key, request) if request and fate in ("ok", "retried", "info-there") else None
        self._end(key, kind, at, fate, payment, write=write)

    def _end(self, key: str, kind: str, at: float, fate: str, payment: str | None, *, write: bool) -> None:
        if fate == "ok":
            self._done(key, 1, at + self.latency_s, "ok", 201 if write else 200, payment)
        elif fate == "refused":
            self._done(key, 1, at + 0.01, "fail", 503, None)
        elif fate == "retried":
            self._done(key, 1, at + 2, "info", None, None)
            self._invoke(key, 2, kind, at, at + 2.1, None, write=write)
            self._done(key, 2, max(at + 2.2, SERVED + 0.1), "ok", 201 if write else 200, payment)
        else:
            self._done(key, 1, at + 2, "info", None, None)

    def _invoke(  # the order of the line
        self,
        key: str,
        attempt: int,
        kind: str,
        intended: float,
        at: float,
        request: Line | None,
        *,
        write: bool,
    ) -> None:
        line = {
            "t": "invoke",
            "key": key,
            "kind": kind,
            "write": write,
            "attempt": attempt,
            "intended_at": round(intended, 6),
            "at": round(at, 6),
        }
        self.history.append(line | ({"request": request} if request else {}))

    def _done(  # the order of the line
        self, key: str, attempt: int, at: float, outcome: str, status: int | None, payment: str | None
    ) -> None:
        self.history.append(
            {
                "t": "done",
                "key": key,
                "attempt": attempt,
                "at": round(at, 6),
                "outcome": outcome,
                "status": status,
                "error": None if status else "timeout",
                "node": "payments-1",
                "payment_id": payment,
            }
        )

    def _book(self, key: str, request: Line) -> str:
        payment = f"p-{len(self.booked):04d}"
        self.booked.append({"key": key, "payment_id": payment, **request, "status": "booked"})
        return payment


def postings(payment: Line) -> list[Line]:
    """The two entries of a payment."""
    shared = {
        "t": "entry",
        "source": "database",
        "payment_id": payment["payment_id"],
        "currency": payment["currency"],
    }
    return [
        shared | {"account": payment["debtor"], "amount": -payment["amount"]},
        shared | {"account": payment["creditor"], "amount": payment["amount"]},
    ]


def rebalance(observations: list[Line]) -> None:
    """Set every stored balance, in both sources, to the sum of the account's entries."""
    sums: dict[str, int] = {}
    for entry in observations:
        if entry["t"] == "entry":
            sums[entry["account"]] = sums.get(entry["account"], 0) + entry["amount"]
    for account in observations:
        if account["t"] == "account":
            account["balance"] = sums.get(account["account"], 0)


def _observations(made: _Maker) -> list[Line]:
    lines = [
        {"t": "payment", "source": source, **payment}
        for source in ("database", "api")
        for payment in made.booked
    ]
    for payment in made.booked:
        lines += postings(payment)
    for source in ("database", "api"):
        lines += [
            {
                "t": "account",
                "source": source,
                "account": f"{RUN}-{name}",
                "currency": "EUR",
                "balance": 0,
                "may_be_negative": name == "bank",
            }
            for name in ("bank", *CUSTOMERS)
        ]
    rebalance(lines)
    lines += [
        {
            "t": "digest",
            "node": node,
            "role": "replica",
            "table": table,
            "digest": f"d-{table}",
            "rows": 5,
            "position": "0/9",
        }
        for node in NODES
        for table in TABLES
    ]
    return [*lines, *({"t": "complete", "source": source} for source in ("database", "api", "replicas"))]


def _timeline() -> list[Line]:
    def event(at: float, kind: str, **keys: Any) -> Line:
        return {"at": at, "wall": "2026-01-01T00:00:00Z", "kind": kind, **keys}

    return [
        event(80, "phase", phase="setup"),
        event(99, "role", node="ledger-1", role="primary", before=None),
        event(99, "role", node="ledger-2", role="sync-standby", before=None),
        event(99, "role", node="ledger-3", role="replica", before=None),
        event(99, "role", node="etcd-1", role="leader", before=None),
        event(BASELINE, "phase", phase="baseline"),
        event(FAULT - 0.02, "steady", held=True, detail="3 of 3 windows held 90%"),
        event(FAULT, "phase", phase="fault"),
        event(
            EFFECT - 0.1,
            "resolve",
            injection="i1",
            fault="Kill",
            spec={"target": "ledger:primary"},
            nodes=["ledger-1"],
            resolved={"ledger:primary": ["ledger-1"]},
            destroys=True,
        ),
        event(EFFECT, "in_effect", injection="i1", evidence={}),
        event(EFFECT + 0.3, "role", node="ledger-1", role=None, before="primary"),
        event(107, "role", node="ledger-2", role="primary", before="sync-standby"),
        event(HEALED, "heal", injection="i1"),
        event(HEALED + 0.3, "gone", injection="i1", evidence={}),
        event(HEALED + 0.3, "evidence", injection="i1", samples=30, gaps=0, verdict="pass", why=""),
        event(RECOVERY, "phase", phase="recovery"),
        event(DRAIN - 0.1, "recovered", sustained_s=4, whole=True),
        event(DRAIN, "phase", phase="drain"),
        event(DRAIN + 0.6, "left_behind", items=[]),
        event(DRAIN + 0.7, "phase", phase="observe"),
        event(DRAIN + 2, "phase", phase="end"),
    ]
