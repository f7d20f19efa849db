"""The steps: everything that the agent can do to the system, one function each."""

from __future__ import annotations

import contextlib
import re
import signal
import time
from collections.abc import Callable, Mapping
from typing import Any

from . import asking, toxiproxy
from .containers import Containers
from .controls import Controls
from .cuts import Cuts
from .disk_steps import DiskSteps
from .disks import Disks
from .engine import Engine
from .harms import Harms
from .interposing import Interpositions
from .mirror_steps import MirrorSteps
from .mirrors import Mirrors
from .processes import identify, kill, matching
from .refusal import Failed, Gone, Refused

__all__ = ["LOST_AT_RESTART", "Step", "Steps"]

Step = Mapping[str, Any]
LOST_AT_RESTART = frozenset({"engine.pause", "control.set", "disk.slow"})
"""Steps whose effect goes with the container's processes, or its control group: done again when it runs again."""
_STOP_SLACK_S = 15.0
_RUNNING_WITHIN_S = 20.0
_LOOK_EVERY_S = 0.02


class Steps:
    """Does steps. Undoing ones are idempotent, and safe when nothing was ever done.

    Args:
        engine: for what only the engine can do.
        containers: the only containers that there are.
        cuts: the cuts of this session.
        harms: its other lasting harm.
        controls: the nodes' control APIs.
        links: its interposed links.
        disks: the nodes' breakable disks.
        mirrors: the nodes' mirrors.
    """

    def __init__(
        self,
        engine: Engine,
        containers: Containers,
        cuts: Cuts,
        harms: Harms,
        controls: Controls,
        links: Interpositions,
        disks: Disks,
        mirrors: Mirrors,
    ) -> None:
        self._engine = engine
        self._containers = containers
        self._cuts = cuts
        self._controls = controls
        self._links = links
        self._disks = DiskSteps(engine, containers, disks, self._start)
        self._mirrors = MirrorSteps(engine, containers, mirrors, self._start)
        self._table: dict[str, Callable[[str, Step], None]] = {
            "engine.kill": self._kill,
            "engine.stop": self._stop,
            "engine.start": self._start,
            "engine.restart": self._restart,
            "engine.pause": self._pause,
            "engine.unpause": self._unpause,
            "process.signal": self._signal,
            "net.cut": self._cut,
            "net.uncut": self._uncut,
            "link.interpose": self._interpose,
            "link.release": self._release,
            "toxic.remove": self._remove_toxic,
            "proxy.enable": self._enable_proxy,
            "proxy.remove": self._remove_proxy,
            "control.set": self._control,
            "control.reset": self._uncontrol,
            "http.send": self._send,
            **harms.steps,
            **self._disks.steps,
            **self._mirrors.steps,
        }

    def check(self, step: Step) -> None:
        """Refuse a step that could not be done, before any is. Raises Refused, Failed."""
        if step.get("do") not in self._table:
            raise Refused(f"there is no step {step.get('do')!r}; there are: {', '.join(self._table)}")
        for container in self.containers(step):
            self._containers.get(container)
        if step["do"].startswith("control."):
            self._controls.normal(step["container"])
        self._disks.check(step)
        self._mirrors.check(step)

    def do(self, injection: str, step: Step) -> None:
        """Do one step for an injection. Raises Failed, Refused."""
        try:
            self._table[step["do"]](injection, step)
        except KeyError as error:
            raise Refused(f"the step {step.get('do')!r} lacks {error}") from error

    @staticmethod
    def containers(step: Step) -> list[str]:
        """The containers that a step names."""
        named = [step[key] for key in ("container", "proxy") if key in step]
        named += [end for pair in step.get("pairs", ()) for end in pair]
        named += [rule["peer"] for rule in step.get("rules", ()) if rule.get("peer")]
        named += [route[end] for route in step.get("routes", ()) for end in ("source", "target")]
        return [*named, *step.get("peers", ())]

    def hurry(self, step: Step) -> None:
        """A heal waits for this step: a graceful stop becomes a quick one."""
        if step["do"] in ("engine.stop", "engine.restart"):
            self._engine.act(step["container"], "kill", signal="SIGKILL")

    def _kill(self, _: str, step: Step) -> None:
        self._engine.act(step["container"], "kill", signal="SIGKILL")

    def _stop(self, _: str, step: Step) -> None:
        timeout_s = float(step["timeout_s"])
        self._engine.act(step["container"], "stop", timeout_s=timeout_s + _STOP_SLACK_S, t=round(timeout_s))

    def _restart(self, _: str, step: Step) -> None:
        timeout_s = float(step["timeout_s"])
        self._engine.act(
            step["container"], "restart", timeout_s=timeout_s + 2 * _STOP_SLACK_S, t=round(timeout_s)
        )

    def _start(self, _: str, step: Step) -> None:
        """Start it unless it runs, or its supervisor is about to. One that is just dying is waited for."""
        deadline = time.monotonic() + _RUNNING_WITHIN_S
        while time.monotonic() < deadline:
            found = self._containers.refresh(step["container"])
            if found.restarting:
                return
            if not found.pid:
                self._engine.act(found.id, "start")
            elif identify(found.pid) is not None:
                return
            time.sleep(_LOOK_EVERY_S)
        raise Failed(f"{found.name} did not run within {_RUNNING_WITHIN_S:g} s of its start")

    def _pause(self, _: str, step: Step) -> None:
        if not self._containers.refresh(step["container"]).paused:
            self._engine.act(step["container"], "pause")

    def _unpause(self, _: str, step: Step) -> None:
        if self._containers.refresh(step["container"]).paused:
            self._engine.act(step["container"], "unpause")

    def _signal(self, _: str, step: Step) -> None:
        """Signal the first process of a container, or those that a pattern is found in."""
        found = self._containers.get(step["container"])
        number = signal.Signals[f"SIG{step['signal']}"]
        pattern = step.get("pattern")
        first = identify(found.pid) if found.pid else None
        targets = [first] if pattern is None else matching(found.pid, pattern) if found.pid else []
        if not any(targets):
            what = "it does not run" if first is None else f"no process matches {re.escape(pattern or '')}"
            raise Failed(f"{found.name}: {what}")
        for target in targets:
            if target is not None:
                kill(target, number)

    def _cut(self, injection: str, step: Step) -> None:
        self._cuts.begin(injection, [(src, dst) for src, dst in step["pairs"]])

    def _uncut(self, injection: str, step: Step) -> None:
        self._cuts.end(injection, dict.fromkeys(self.containers(step)))

    def _interpose(self, injection: str, step: Step) -> None:
        self._links.begin(injection, step["proxy"], step["routes"])

    def _release(self, injection: str, step: Step) -> None:
        self._links.end(injection, step["routes"])

    def _remove_toxic(self, _: str, step: Step) -> None:
        """A proxy that is gone took its toxics with it."""
        if (proxy := self._containers.the_proxy()) is not None:
            toxiproxy.remove_toxic(proxy, step["hop"], step["toxic"])

    def _enable_proxy(self, _: str, step: Step) -> None:
        if (proxy := self._containers.the_proxy()) is not None:
            toxiproxy.enable(proxy, step["hop"])

    def _remove_proxy(self, _: str, step: Step) -> None:
        """Only ever the harness's own container."""
        found = self._containers.refresh(step["proxy"])
        if not found.proxy:
            raise Refused(f"{found.name} is no proxy of the harness, so it is not removed")
        with contextlib.suppress(Gone):
            self._engine.remove(found.id)

    def _control(self, _: str, step: Step) -> None:
        self._controls.set(step["container"], step["state"])

    def _uncontrol(self, _: str, step: Step) -> None:
        self._controls.reset(step["container"])

    def _send(self, _: str, step: Step) -> None:
        """One request to the node's own loopback, which must succeed; see `asking.http`."""
        found = self._containers.refresh(step["container"])
        login = step.get("login")
        asking.http(
            found,
            step["method"],
            step["port"],
            step["path"],
            step.get("body"),
            timeout_s=float(step["timeout_s"]),
            login=(login[0], login[1]) if login else None,
        )
