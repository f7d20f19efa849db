"""The one warm stack that the experiments of a pytest session share, and what a run becomes in pytest."""

from __future__ import annotations

import signal
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from harness.experiment import Experiment
from harness.runner import run
from harness.session import Session
from harness.stack.compose import Stack
from harness.stack.parts import beside
from harness.summary import summary
from harness.verdict import Verdict

__all__ = ["NotProven", "SharedStack", "run_item", "shared_session"]


class NotProven(AssertionError):
    """The run's verdict is not pass: its text is the summary."""


@dataclass
class SharedStack:
    """The stack of one pytest session.

    Attributes:
        session: entered.
        was_up: it was up before, so it stays up.
        keep: leave it up in any case.
        on_sigterm: what SIGTERM did before.
    """

    session: Session
    was_up: bool
    keep: bool
    on_sigterm: Any

    def close(self) -> None:
        """Leave the session; take the stack down unless it was up before."""
        try:
            self.session.__exit__(None, None, None)
            if not (self.was_up or self.keep):
                self.session.stack.down()
        finally:
            signal.signal(signal.SIGTERM, self.on_sigterm)


def shared_session(config: pytest.Config, parts: frozenset[str] = frozenset()) -> Session:
    """The session's stack, brought up when it is first asked for, and anew for parts that it cannot have beside others.

    Args:
        config: pytest's.
        parts: what it must be up with.
    """
    shared: SharedStack | None = getattr(config, "_harness_shared", None)
    if shared is not None and not parts <= shared.session.stack.parts:
        shared.close()
        shared = None
    if shared is None:
        shared = _open(config, parts)
        config._harness_shared = shared  # type: ignore[attr-defined]  # noqa: SLF001  # as plugins keep state
    return shared.session


def _open(config: pytest.Config, parts: frozenset[str]) -> SharedStack:
    named = str(config.getini("harness_stack"))
    directory = config.rootpath / (named or "compose/payments")
    needed: set[str] = getattr(config, "_harness_profiles", set())
    profiles = {*config.getoption("--profile"), *needed}
    wanted = beside(parts, getattr(config, "_harness_parts", set()))
    stack = Stack.load(directory, None, config.getoption("--variant"), profiles, wanted)
    was_up = bool(stack.nodes())
    # CI systems cancel with SIGTERM: it must heal, and take the stack down, just as Ctrl-C does.
    on_sigterm = signal.signal(signal.SIGTERM, signal.default_int_handler)
    session = Session(stack, say=_say)
    try:
        session.__enter__()
    except KeyboardInterrupt:
        # Half up, and nobody's yet who would take it down.
        if not was_up:
            stack.down()
        raise
    return SharedStack(session, was_up, bool(config.getoption("--harness-keep")), on_sigterm)


def _say(text: str) -> None:
    sys.stderr.write(f"harness: {text}\n")


def run_item(config: pytest.Config, experiment: Experiment, properties: list[tuple[str, object]]) -> None:
    """Run one experiment and turn its verdict into pytest's terms.

    Raises:
        NotProven: the verdict is fail or inconclusive.
        HarnessError: the harness or the engine failed.
        KeyboardInterrupt: somebody pressed Ctrl-C; what was injected is healed.
    """
    done = run(experiment, shared_session(config, experiment.parts), runs=Path(config.rootpath) / "runs")
    numbers = done.result.measurements
    properties += [
        ("verdict", str(done.result.verdict)),
        ("run", str(done.folder.path)),
        ("rto_s", numbers.rto_s),
        ("rpo_payments", numbers.rpo_payments),
    ]
    if done.interrupted:
        raise KeyboardInterrupt
    if done.error:
        raise done.error
    if done.result.verdict is not Verdict.PASS:
        raise NotProven(summary(done.result, done.folder))
