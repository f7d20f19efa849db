"""What the whole payment system adds to a made-up run, consistent like the rest.

Before the baseline four payments are made by two people and followed (settled, settled, failed, rejected), and two
forbidden operations are refused and one is not answered; amid the outage another one is refused. Each
acknowledgement of a write names its writer (ledger-1 until the promotion at 107, then ledger-2), two payments nodes
answer in turn, an alert fires 2 s after the effect and is resolved 1.7 s after the fault is gone.
"""

from __future__ import annotations

import hashlib
import json
from itertools import count, pairwise
from typing import Any

from made_runs import EFFECT, RUN, Line, MadeRun, rebalance

ENDS = ("settled", "settled", "failed", "rejected")
PROMOTED = 107.0
ALERT = "LedgerWithoutPrimary"
FORBIDDEN = f"{RUN}-forbidden"
EYES = f"{RUN}-eyes"


def add_life(run: MadeRun) -> MadeRun:
    """Put all of it into a run."""
    maker = _Life(run)
    for number, end in enumerate(ENDS):
        maker.payment(number, end)
    for number, status in enumerate((401, 403, None)):
        maker.forbidden(number, 98.0 + number / 10, status)
    maker.forbidden(3, EFFECT + 0.6, 403)
    answered(run)
    rebalance(run.observations)
    run.observations.append({"t": "complete", "source": "acquirer"})
    run.timeline += [
        _alert(EFFECT + 2, "firing"),
        _alert(110.0, "resolved"),
    ]
    return run


def answered(run: MadeRun) -> None:
    """Let two nodes answer in turn, two by two, and each acknowledged write name its writer and position."""
    writes = {line["key"] for line in run.history if line["t"] == "invoke" and line["write"]}
    turn = count()
    for line in run.history:
        if line["t"] != "done" or line["status"] is None:
            continue
        line["node"] = f"payments-{next(turn) // 2 % 2 + 1}"
        if line["outcome"] == "ok" and line["key"] in writes:
            line["writer"] = "ledger-1/1" if line["at"] < PROMOTED else "ledger-2/2"


def seal(rows: list[Line]) -> None:
    """Number and seal the rows of one chain from its second on, after the first."""
    for before, row in zip([None, *rows], rows, strict=False):
        if before is not None:
            row |= {"number": before["number"] + 1, "previous": before["hash"]}
        names = ("chain", "number", "payment_id", "from_status", "to_status", "actor")
        row["content"] = json.dumps([row[name] for name in names])
        row["hash"] = hashlib.sha256((row["previous"] + row["content"]).encode()).hexdigest()


def _alert(at: float, state: str) -> Line:
    labels = {"severity": "page"}
    return {"at": at, "wall": "", "kind": "alert", "alert": ALERT, "state": state, "labels": labels}


class _Life:
    def __init__(self, run: MadeRun) -> None:
        self.run = run
        self.log = count(0x16B3748)
        # One chain from its very first row, the other from somewhere in its middle.
        self.chains: tuple[list[Line], list[Line]] = ([], [])

    def payment(self, number: int, end: str) -> None:
        payment_id, key, at = f"e-{number}", f"{EYES}-{number}", 94.0 + number
        terms = {"debtor": f"{RUN}-ann", "creditor": f"{RUN}-bob", "amount": 500 + number, "currency": "EUR"}
        decided = "rejected" if end == "rejected" else "approved"
        position = self._operation(key, "create_four_eyes", at, payment_id, "created", request=terms)
        position = self._operation(
            f"{key}-read-1", "read_status", at + 0.1, payment_id, "created", after=position
        )
        kind = "reject" if end == "rejected" else "approve"
        position = self._operation(f"{key}-{kind}", kind, at + 0.2, payment_id, decided)
        position = self._operation(
            f"{key}-read-2", "read_status", at + 0.3, payment_id, decided, after=position
        )
        self._operation(f"{key}-read-3", "read_status", at + 0.4, payment_id, end, after=position)
        self._books(key, payment_id, terms, end)
        steps = [None, "created", decided] + ([end] if end != decided else [])
        for was, to in pairwise(steps):
            self._transition(number % 2, payment_id, was, to)
            self._transition(number % 2, "other-run", "created", "approved")

    def forbidden(self, number: int, at: float, status: int | None) -> None:
        key = f"{FORBIDDEN}-{number}"
        invoke = self._invoke(key, "forbidden_no_token", at, write=True) | {"forbidden": True}
        done = self._done(key, at + 0.01, "fail" if status else "info", status)
        self.run.history += [invoke, done | {"error": f"http-{status}" if status else "timeout"}]

    def _operation(
        self,
        key: str,
        kind: str,
        at: float,
        payment_id: str,
        seen: str,
        *,
        request: Line | None = None,
        after: str | None = None,
    ) -> str:
        position = f"0/{next(self.log):X}"
        invoke = self._invoke(key, kind, at, write=after is None)
        if request:
            invoke["request"] = request
        if after:
            invoke |= {"after": after, "reads": payment_id}
        done = self._done(key, at + 0.02, "ok", 200) | {"payment_id": payment_id}
        self.run.history += [invoke, done | {"seen": seen, "position": position}]
        return position

    def _invoke(self, key: str, kind: str, at: float, *, write: bool) -> Line:
        times = {"intended_at": round(at, 6), "at": round(at + 0.001, 6)}
        return {"t": "invoke", "key": key, "kind": kind, "write": write, "attempt": 1, **times}

    def _done(self, key: str, at: float, outcome: str, status: int | None) -> Line:
        told: dict[str, Any] = {"status": status, "error": None, "node": "payments-1"}
        return {"t": "done", "key": key, "attempt": 1, "at": round(at, 6), "outcome": outcome, **told}

    def _books(self, key: str, payment_id: str, terms: Line, end: str) -> None:
        lines, hold = self.run.observations, f"{terms['debtor']}/hold"
        for source in ("database", "api"):
            payment = {"t": "payment", "source": source, "key": key, "payment_id": payment_id}
            lines.append(payment | terms | {"status": end, "hold": hold})
            account = {"t": "account", "source": source, "account": hold, "currency": "EUR"}
            if not self.run.of("account", source=source, account=hold):
                lines.append(account | {"balance": 0, "may_be_negative": False})
        target = terms["creditor"] if end == "settled" else terms["debtor"]
        for account, sign in ((terms["debtor"], -1), (hold, 1), (hold, -1), (target, 1)):
            entry = {"t": "entry", "source": "database", "payment_id": payment_id, "account": account}
            lines.append(entry | {"amount": sign * terms["amount"], "currency": "EUR"})
        if end == "settled":
            settlement = {
                "t": "settlement",
                "source": "acquirer",
                "payment_id": payment_id,
                "key": payment_id,
            }
            told = {"amount": terms["amount"], "currency": "EUR", "status": "accepted"}
            lines.append(settlement | told)

    def _transition(self, chain: int, payment_id: str, was: str | None, to: str) -> None:
        row = {"t": "transition", "source": "database", "chain": chain, "payment_id": payment_id}
        row |= {"from_status": was, "to_status": to, "actor": "u-1", "number": 1 + 40 * chain}
        row["previous"] = str(chain) * 64
        self.chains[chain].append(row)
        self.run.observations.append(row)
        seal(self.chains[chain])
