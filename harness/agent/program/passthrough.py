"""The pass-through over a node's volume: rules that make a share of the calls on some paths fail or wait.

The label ``harness.passthrough`` says where it lies in the node. It is the node's first process, and takes its rules
over a socket without a file in the node's network namespace; a restart of the node begins without any.
"""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Iterator
from typing import Any

from .clock import now
from .containers import Container
from .harm import Kept, Left, Step
from .namespaces import sockets_in
from .processes import identify
from .refusal import Failed, Refused

__all__ = ["LABEL", "PathRules", "rules_of"]

LABEL = "harness.passthrough"
_ADDRESS = "\0harness-passthrough"
_ANSWER_WITHIN_S = 5.0
_LISTENS_WITHIN_S = 3.0
_AGAIN_EVERY_S = 0.02
_RULE = ("path", "calls", "error", "delay_ms", "share", "seed")


class PathRules(Kept):
    """One rule for an injection: the step's ``path``, ``calls``, ``share``, ``seed``, and ``error`` or ``delay_ms``."""

    def begin(self, injection: str, step: Step) -> None:
        """Do the step. Raises Refused when no pass-through lies there."""
        found = self._containers.refresh(step["container"])
        if LABEL not in found.labels:
            raise Refused(f"{found.name} has no pass-through over a volume: its service has no label {LABEL}")
        super().begin(injection, step)

    def make(self, injection: str, container: Container, step: Step) -> None:
        """The rule is on; one that is on already goes on, and so do its counts."""
        rule = {key: step[key] for key in _RULE if key in step}
        answer = _ask(container, {"set": {injection: rule}})
        if answer.get("error"):
            raise Refused(f"{container.name}: the pass-through says: {answer['error']}")

    def unmake(self, injection: str, container: Container, step: Step) -> None:  # noqa: ARG002  # the protocol's
        """The rule is off; in a paused node, which makes no call, as soon as it goes on."""
        if container.paused:
            _tell(container, {"unset": [injection]})
        else:
            _ask(container, {"unset": [injection]})

    def left(self, container: Container) -> Iterator[Left]:
        """Rules that are on; a paused node cannot say, and its pause is mended first."""
        if LABEL in container.labels and container.paused:
            clear = {"clear": True}
            yield Left(f"{container.name} cannot say which paths fail", lambda: _tell(container, clear))
            return
        rules = rules_of(container)
        if rules:
            paths = ", ".join(sorted({rule["path"] for rule in rules.values()}))
            yield Left(
                f"{container.name} has calls fail on {paths}", lambda: _ask(container, {"clear": True})
            )


def rules_of(container: Container) -> dict[str, dict[str, Any]]:
    """The rules that are on, by their injections, each with what it did so far; none without a pass-through.

    Beside the rule's own keys: ``seen``, the calls of the node's own processes that it was asked about; ``harmed``, how
    many of them failed or waited; ``probes``, the agent's calls.

    Raises:
        Failed: the pass-through does not answer.
    """
    if LABEL not in container.labels or not container.pid:
        return {}
    rules: dict[str, dict[str, Any]] = _ask(container, {}).get("rules") or {}
    return rules


def _ask(container: Container, request: dict[str, Any]) -> dict[str, Any]:
    """One line out, one line back. Raises Failed."""
    try:
        with _connect(container) as own:
            own.sendall(json.dumps(request).encode() + b"\n")
            own.shutdown(socket.SHUT_WR)
            with own.makefile("rb") as answer:
                said: dict[str, Any] = json.loads(answer.readline())
                return said
    except (OSError, ValueError) as error:
        raise Failed(f"{container.name}: the pass-through does not answer: {error}") from error


def _tell(container: Container, request: dict[str, Any]) -> None:
    """Send it, and do not wait until it is read. Raises Failed."""
    try:
        with _connect(container) as own:
            own.sendall(json.dumps(request).encode() + b"\n")
    except OSError as error:
        raise Failed(f"{container.name}: the pass-through cannot be told: {error}") from error


def _connect(container: Container) -> socket.socket:
    """A node that has just begun to run needs a moment until it listens. Raises OSError, Failed."""
    deadline = now() + _LISTENS_WITHIN_S
    while True:
        (own,) = sockets_in(container.pid, [(socket.AF_UNIX, socket.SOCK_STREAM)])
        own.settimeout(_ANSWER_WITHIN_S)
        try:
            own.connect(_ADDRESS)
        except ConnectionRefusedError:
            own.close()
            if now() > deadline or identify(container.pid) is None:
                raise
            time.sleep(_AGAIN_EVERY_S)
        else:
            return own
