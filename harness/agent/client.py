"""The harness's end of the pipe to the agent. Only this module knows how a node is reached."""

from __future__ import annotations

import contextlib
import itertools
import json
import queue
import subprocess
import tempfile
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeout
from types import TracebackType
from typing import IO, Any, Self

from harness.clock import now
from harness.errors import AgentError

__all__ = ["Agent"]

_CONNECT_WITHIN_S = 20.0
_CALL_WITHIN_S = 30.0
_CLOSE_WITHIN_S = 130.0
_BEYOND_S = 5.0
_OFFSET_MAX_S = 0.005
_MEASUREMENTS = 5
_PROGRAM = ("python3", "-u", "-m", "program")

OnEvent = Callable[[dict[str, Any]], None]


class Agent:
    """One session of the agent: JSON lines over one ``docker exec``.

    Calls may come from any thread. When the pipe ends, for whatever reason, the agent heals everything
    that this session injected.

    Attributes:
        offset_s: the agent's clock less ours.
    """

    def __init__(self, process: subprocess.Popen[bytes], errors: IO[bytes], on_event: OnEvent) -> None:
        self.offset_s = 0.0
        self._process = process
        self._errors = errors
        self._on_event = on_event
        self._ids = itertools.count(1)
        self._waiting: dict[int, Future[dict[str, Any]]] = {}
        self._events: queue.SimpleQueue[dict[str, Any] | None] = queue.SimpleQueue()
        self._notices: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._writing = threading.Lock()
        self._closed = False
        threading.Thread(target=self._read, name="agent-reader", daemon=True).start()
        threading.Thread(target=self._deliver, name="agent-events", daemon=True).start()

    @classmethod
    def connect(cls, container: str, project: str, on_event: OnEvent = lambda _event: None) -> Agent:
        """Begin a session.

        Args:
            container: the agent's container, by id or name.
            project: the Compose project; the agent touches nothing else.
            on_event: told of each event of the engine, ``{"event": "engine", "action", "container",
                "at"}``, from a thread of its own; it may call the agent.

        Raises:
            AgentError: the agent does not run, serves another project, or its clock is not ours.
        """
        errors = tempfile.TemporaryFile()  # noqa: SIM115  # closed with the session
        try:
            process = subprocess.Popen(
                ["docker", "exec", "-i", container, *_PROGRAM, project],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                # Ctrl-C in a terminal must reach the harness alone: it heals in order.
                start_new_session=True,
            )
        except OSError as error:
            raise AgentError(f"docker could not be run: {error.strerror}", mend="harness doctor") from error
        agent = cls(process, errors, on_event)
        try:
            agent._measure_clock()
        except BaseException:
            agent.close()
            raise
        return agent

    def call(self, op: str, *, within_s: float = _CALL_WITHIN_S, **arguments: Any) -> Any:
        """Ask the agent for one operation and wait for its answer.

        Args:
            op: the operation.
            within_s: the deadline, in seconds.
            arguments: what it takes; JSON.

        Raises:
            AgentError: the agent refuses, failed, is gone, or did not answer in time.
        """
        number = next(self._ids)
        answer: Future[dict[str, Any]] = Future()
        self._waiting[number] = answer
        try:
            self._send({"id": number, "op": op, "args": arguments})
            message = answer.result(within_s)
        except FutureTimeout as error:
            raise AgentError(f"the agent did not answer {op!r} within {within_s:g} s") from error
        finally:
            self._waiting.pop(number, None)
        if "error" in message:
            raise AgentError(str(message["error"]))
        return message["ok"]

    def ask_http(self, container: str, port: int, path: str, timeout_s: float = 1.0) -> tuple[int, str]:
        """GET from a port of the node's own loopback; it answers also while the node is isolated.

        Raises:
            AgentError: there was no answer within ``timeout_s``, or the agent is gone.
        """
        answer = self.call(
            "http",
            within_s=timeout_s + _BEYOND_S,
            container=container,
            port=port,
            path=path,
            timeout_s=timeout_s,
        )
        return int(answer["status"]), str(answer["body"])

    def run(
        self,
        container: str,
        argv: Sequence[str],
        timeout_s: float = 10.0,
        env: Mapping[str, str] | None = None,
    ) -> tuple[int, str]:
        """Run a command inside the node, as the user and with the environment of its first process.

        Returns:
            The exit code and what it printed; standard error follows when the code is not 0.

        Raises:
            AgentError: the node does not run, the command did not end in time, or the agent is gone.
        """
        answer = self.call(
            "run",
            within_s=timeout_s + _BEYOND_S,
            container=container,
            argv=list(argv),
            timeout_s=timeout_s,
            env=dict(env or {}),
        )
        code = int(answer["code"])
        return code, answer["output"] + (answer["errors"] if code else "")

    def contain(self, containers: Sequence[str]) -> None:
        """Take the containers' default route, and let them begin nothing towards the host.

        Published ports go on working. It holds across restarts while the session lasts, is no fault, and
        nothing heals it: it goes when the containers go.
        """
        self.call("contain", containers=list(containers))

    def leftovers(self) -> list[str]:
        """What is left of faults in the project, by looking at the system; empty when it is clean."""
        return list(self.call("leftovers", within_s=60.0))

    def sweep(self) -> dict[str, list[str]]:
        """Heal what `leftovers` finds. Returns what was ``healed`` and what is ``remaining``."""
        return dict(self.call("sweep", within_s=120.0))

    def notices(self) -> list[str]:
        """What the agent said of itself since the last call: a lease that ran out, a rule that did not take."""
        said = []
        with contextlib.suppress(queue.Empty):
            while True:
                said.append(self._notices.get_nowait())
        return said

    def close(self) -> None:
        """End the session; the agent heals everything first. Once is enough, more is fine."""
        if self._closed:
            return
        self._closed = True
        with self._writing, contextlib.suppress(OSError):
            if self._process.stdin is not None:
                self._process.stdin.close()
        try:
            self._process.wait(_CLOSE_WITHIN_S)
        except subprocess.TimeoutExpired as error:
            self._process.kill()
            self._process.wait()
            raise AgentError(
                f"the agent did not end within {_CLOSE_WITHIN_S:g} s", mend="harness heal"
            ) from error
        finally:
            self._errors.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _measure_clock(self) -> None:
        """The answer with the shortest way tells most: its half is all that can be wrong of the offset."""
        best_s, within_s = float("inf"), _CONNECT_WITHIN_S
        for _ in range(_MEASUREMENTS):
            sent = now()
            at = float(self.call("hello", within_s=within_s)["at"])
            took = now() - sent
            if took < best_s:
                best_s, self.offset_s = took, at - (sent + took / 2)
        if abs(self.offset_s) > _OFFSET_MAX_S + best_s / 2:
            raise AgentError(
                f"the agent's clock is {self.offset_s * 1000:+.1f} ms off ours;"
                f" {_OFFSET_MAX_S * 1000:g} ms is the most",
                mend="Run the harness on the engine's own Linux host: there both read one CLOCK_MONOTONIC",
            )

    def _send(self, message: dict[str, Any]) -> None:
        data = json.dumps(message, separators=(",", ":")).encode() + b"\n"
        assert self._process.stdin is not None
        with self._writing:
            if self._closed:
                raise AgentError("the session with the agent is closed")
            try:
                self._process.stdin.write(data)
                self._process.stdin.flush()
            except (OSError, ValueError) as error:
                raise AgentError(self._why_gone()) from error

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            try:
                message = json.loads(line)
            except ValueError:
                self._notices.put(f"the agent said what is not JSON: {line[:200]!r}")
                continue
            self._take(message)
        self._process.stdout.close()
        why = self._why_gone()
        for answer in list(self._waiting.values()):
            with contextlib.suppress(Exception):
                answer.set_exception(AgentError(why))
        self._events.put(None)

    def _take(self, message: dict[str, Any]) -> None:
        if message.get("event") == "engine":
            self._events.put(message)
        elif "event" in message:
            what = message.get("what") or f"{message.get('injection')} was healed: {message.get('why')}"
            self._notices.put(f"agent: {what}")
        elif answer := self._waiting.get(int(message.get("id") or 0)):
            with contextlib.suppress(Exception):
                answer.set_result(message)

    def _deliver(self) -> None:
        while (event := self._events.get()) is not None:
            try:
                self._on_event(event)
            except Exception as error:  # noqa: BLE001  # a listener's fault must not stop the events
                self._notices.put(f"an event could not be taken: {type(error).__name__}: {error}")

    def _why_gone(self) -> str:
        if self._closed:
            return "the session with the agent is closed"
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(2.0)
        with contextlib.suppress(OSError, ValueError):
            self._errors.seek(0)
            said = self._errors.read().decode(errors="replace").strip().splitlines()
            if said:
                return f"the agent is gone: {said[-1]}"
        return f"the agent is gone (exit code {self._process.poll()})"
