"""Tries the kernel features, all in one shell, where the faults would be made."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Sequence
from dataclasses import replace

from harness.stack.doctor.features import FEATURES, UNTRIED, Feature
from harness.stack.doctor.place import Place
from harness.stack.doctor.report import Row
from harness.stack.setup.program import run

__all__ = ["kernel_rows", "script"]

_TRIAL_S = 8
_ALL_S = 45.0

# tmpfs over /tmp: the mount namespace is ours alone, so nothing is left on disk whatever happens.
_PRELUDE = """
export PATH="$PATH:/usr/local/sbin:/usr/sbin:/sbin" LC_ALL=C XTABLES_LOCKFILE=/tmp/xtables.lock
mount -t tmpfs -o size=1g doctor /tmp || exit
ip link set lo up 2>/dev/null
trial() {
    mkdir "/tmp/$1"; cd "/tmp/$1"
    if command -v "$2" >/dev/null; then found=$(timeout -k 1 SECONDS unshare -n sh -ec "$3" 2>&1); code=$?
    else found="$2 is not installed here"; code=UNTRIED; fi
    printf '%s\\t%s\\t%s\\n' "$1" "$code" "$(printf %s "$found" | tr '\\t' ' ' | grep . | head -n 1)"
}
"""


def script(features: Iterable[Feature]) -> str:
    """The shell program that tries the features one after the other and prints a line for each."""
    prelude = _PRELUDE.replace("SECONDS", str(_TRIAL_S)).replace("UNTRIED", str(UNTRIED))
    calls = [
        shlex.join(
            [
                "trial",
                feature.name,
                feature.program,
                f"ip link set lo up 2>/dev/null || true\n{feature.trial}",
            ]
        )
        for feature in features
    ]
    return "\n".join([prelude, *calls])


def kernel_rows(place: Place | None, features: Sequence[Feature] = FEATURES) -> tuple[Row, ...]:
    """Try each feature at that place; without one, every row says why it could not be tried."""
    if place is None:
        return tuple(_row(each, None, "needs root, or an engine with the base image") for each in features)
    outcome = run([*place.argv, "sh", "-s"], timeout_s=_ALL_S, stdin=script(features))
    place.clear()
    answers = read_answers(outcome.out)
    why = f"could not be tried {place.name}: {outcome.said}"
    return tuple(_judge(each, answers.get(each.name), why, place.name) for each in features)


def read_answers(printed: str) -> dict[str, tuple[int, str]]:
    """By name: the exit code of a trial and what it printed. Lines of another form are left out."""
    parts = [line.split("\t", 2) for line in printed.splitlines()]
    return {part[0]: (int(part[1]), part[2]) for part in parts if len(part) == 3 and part[1].isdigit()}  # noqa: PLR2004  # name, code, words


def _judge(feature: Feature, answer: tuple[int, str] | None, why: str, where: str) -> Row:
    if answer is None:
        return _row(feature, None, why)
    code, found = answer
    if code == UNTRIED:
        return replace(
            _row(feature, None, f"{found} ({where})"),
            mend=f"To have it tried, {feature.program} must be installed there",
        )
    ok = code == 0
    return _row(feature, ok, f"{found or f'exit code {code}'} ({where})")


def _row(feature: Feature, ok: bool | None, found: str) -> Row:  # noqa: FBT001  # it is the row's own field
    return Row(
        name=feature.name,
        ok=ok,
        found=found,
        enables=feature.enables,
        mend=feature.mend,
        required=feature.required,
    )
