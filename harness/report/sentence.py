"""The verdict in one sentence, for somebody who reads nothing else."""

from __future__ import annotations

import re

from harness.report.words import count, seconds
from harness.run_folder import FindingInfo, Result
from harness.verdict import Verdict

__all__ = ["sentence"]

_NAMED_MAX = 2


def sentence(result: Result | None, gap: str = "") -> str:
    """One sentence; it claims only what a finding or a measurement of the run says.

    Args:
        result: the verdict; None when the run has none.
        gap: why there is none, a sentence.
    """
    if result is None:
        return f"Nothing can be said: {gap or 'the run ended before a verdict was reached.'}"
    if result.verdict is Verdict.INCONCLUSIVE:
        return f"Nothing can be said: {_unjudged(result)}"
    return _passed(result) if result.verdict is Verdict.PASS else _failed(result)


def _passed(result: Result) -> str:
    held = {finding.check for finding in result.findings if finding.verdict is Verdict.PASS}
    parts = [_outage(result.measurements.rto_s)] if "Rto" in held else []
    harms = [
        word
        for check, word in (("NoLostPayments", "lost"), ("NoDuplicatePayments", "doubled"))
        if check in held
    ]
    if harms:
        parts.append(f"no acknowledged payment was {' or '.join(harms)}")
    return f"Payments went on: {' and '.join(filter(None, parts)) or 'every expectation held'}."


def _outage(rto_s: float | None) -> str:
    if rto_s is None:
        return ""
    if rto_s == 0:
        return "writes never fell below the steady state"
    return f"writes were back to stay {seconds(rto_s)} after the fault"


def _unjudged(result: Result) -> str:
    why = [one for one in result.findings if one.verdict is Verdict.INCONCLUSIVE]
    if not why:
        return _closed(result.reason) or "the checks could not judge this run."
    named = "; ".join(f"{one.check}: {(one.detail or one.measured).rstrip('.')}" for one in why[:_NAMED_MAX])
    return f"{named}{_more(why)}."


def _more(findings: list[FindingInfo]) -> str:
    number = len(findings) - _NAMED_MAX
    return f"; and {number} more" if number > 0 else ""


def _failed(result: Result) -> str:
    failed = [finding for finding in result.findings if finding.verdict is Verdict.FAIL]
    lost = result.measurements.rpo_payments
    if lost and any(finding.check == "NoLostPayments" for finding in failed):
        what = "payment was" if lost == 1 else "payments were"
        return f"{count(lost)} acknowledged {what} lost{_others(failed)}."
    if not failed:
        return f"Payments did not stay continuous: {_closed(result.reason)}"
    named = "; ".join(
        f"{one.check} measured {_bare(one.measured)}, allowed {one.bound}" for one in failed[:_NAMED_MAX]
    )
    return f"Payments did not stay continuous: {named}{_more(failed)}."


def _others(failed: list[FindingInfo]) -> str:
    names = [finding.check for finding in failed if finding.check != "NoLostPayments"]
    return f", and {', '.join(names)} did not hold" if names else ""


def _bare(measured: str) -> str:
    """Without what stands in brackets: the finding has it."""
    return re.sub(r" \([^)]*\)", "", measured)


def _closed(words: str) -> str:
    words = words.strip()
    return words if not words or words[-1] in ".!?" else f"{words}."
