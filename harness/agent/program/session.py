"""One session: its operations, and its end."""

from __future__ import annotations

import contextlib
import socket
import sys
import threading
from collections.abc import Callable, Mapping
from typing import Any

from . import asking, looking, netfilter
from .clock import now
from .containers import Containers
from .containment import Containment
from .cuts import Cuts
from .disks import Disks
from .engine import Engine
from .evidence.disk import DiskProbe, PowerProbe
from .evidence.network import NetworkProbe
from .evidence.page import PageProbe
from .evidence.probe import Probe
from .evidence.process import FrozenProbe, MatchingProbe, RunningProbe
from .evidence.sampler import Sampler
from .evidence.space import SlowProbe, SpaceProbe
from .injections import Injections
from .ledger import Ledger
from .refusal import Failed, Gone, Refused
from .rot import Rot
from .steps import Steps
from .watching import Watching

__all__ = ["Session"]

_EVENTS_WITHIN_S = 5.0


class Session:
    """Answers requests, each in a thread of its own.

    Args:
        project: the Compose project; nothing else is touched.
        tell: sends an event to the client; never blocks.
        engine: the engine's socket.
        ledger: the agent's own copy of the undo.
    """

    def __init__(
        self, project: str, tell: Callable[[dict[str, Any]], None], engine: Engine, ledger: Ledger
    ) -> None:
        self._project = project
        self._tell = tell
        self._engine = engine
        self._ledger = ledger
        self._containers = Containers(engine, project)
        self._cuts = Cuts(self._containers)
        self._disks = Disks(self._containers, project)
        self._steps = Steps(engine, self._containers, self._cuts, self._disks)
        self._injections = Injections(self._steps, ledger, self._healed_alone)
        self._containment = Containment(engine, self._containers)
        self._samplers: dict[str, Sampler] = {}
        self._reapplied: dict[str, list[tuple[str, float]]] = {}
        self._table: dict[str, Callable[..., Any]] = {
            "hello": self._hello,
            "arm": self._arm,
            "inject": self._inject,
            "effect": self._effect,
            "heal": self._heal,
            "gone": self._gone,
            "evidence": self._evidence,
            "disarm": self._disarm,
            "renew": self._renew,
            "undo": self._undo,
            "active": lambda: self._injections.active,
            "http": self._http,
            "run": self._run,
            "contain": self._contain,
            "leftovers": lambda: looking.left_behind(self._containers, self._steps, self._disks),
            "sweep": lambda: looking.sweep(self._containers, self._steps, self._disks),
        }

    def start(self) -> None:
        """Know the project, follow its events, and heal what a dead session left. Raises Failed, Refused."""
        self._check_home()
        watching = Watching(self._engine, self._project, self._containers, self._came, self._tell)
        if not watching.connected.wait(_EVENTS_WITHIN_S):
            raise Failed(f"the engine's events did not begin within {_EVENTS_WITHIN_S:g} s")
        self._containers.refresh_all()
        for entry in list(self._ledger.orphans()):
            remaining = self._injections.undo(entry["id"], entry["undo"])
            if not remaining:
                self._ledger.strike(entry["id"])
            why = "; ".join(["its session died", *remaining])
            self._tell({"event": "healed", "injection": entry["id"], "why": why, "at": now()})

    def end(self) -> list[str]:
        """Heal everything. Returns what remains."""
        return self._injections.heal_all()

    def answer(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Do one request; an error is an answer too."""
        arguments = request.get("args") or {}
        op = self._table.get(str(request.get("op")))
        if op is None:
            what = f"there is no operation {request.get('op')!r}"
            return {"id": request.get("id"), "error": what, "kind": "refused"}
        try:
            return {"id": request.get("id"), "ok": op(**arguments)}
        except (Refused, Failed) as error:
            return {"id": request.get("id"), "error": str(error), "kind": type(error).__name__.lower()}
        except Exception as error:  # noqa: BLE001  # told to the client, which raises it
            what = f"{request.get('op')}: {type(error).__name__}: {error}"
            return {"id": request.get("id"), "error": what, "kind": "broken"}

    def _check_home(self) -> None:
        """The agent serves the project whose label it carries, and no other."""
        labels = self._engine.inspect(socket.gethostname())["Config"]["Labels"] or {}
        own = labels.get("com.docker.compose.project")
        if own != self._project:
            raise Refused(f"this agent belongs to the project {own}, not to {self._project}")

    def _hello(self) -> dict[str, Any]:
        return {"at": now(), "project": self._project, "python": sys.version.split()[0]}

    # Faults ---------------------------------------------------------------------------------

    def _arm(self, injection: str, probes: list[dict[str, Any]], timeout_s: float) -> dict[str, float]:
        if injection in self._samplers:
            raise Refused(f"{injection} is armed already")
        sampler = Sampler(injection, [self._probe(injection, **probe) for probe in probes])
        self._samplers[injection] = sampler
        try:
            return {"before_at": sampler.arm(timeout_s)}
        except BaseException:
            self._disarm(injection)
            raise

    def _probe(self, injection: str, watch: dict[str, Any], lasting: bool) -> Probe:  # noqa: FBT001  # from JSON
        container, disks, containers = watch.get("container", ""), self._disks, self._containers
        place = watch.get("path", "")
        kinds: dict[str, Callable[[], Probe]] = {
            "running": lambda: RunningProbe(container, containers, lasting=lasting),
            "matching": lambda: MatchingProbe(container, watch["pattern"], containers, lasting=lasting),
            "frozen": lambda: FrozenProbe(container, containers),
            "network": lambda: NetworkProbe(
                injection, [(src, dst) for src, dst in watch["pairs"]], self._cuts, containers
            ),
            "disk": lambda: DiskProbe(container, place, watch["error"], disks, containers),
            "power": lambda: PowerProbe(container, place, disks, containers, injection),
            "space": lambda: SpaceProbe(container, place, watch["bytes"], disks, containers),
            "page": lambda: PageProbe(container, place, watch["command"], Rot(disks, containers), containers),
            "slow": lambda: SlowProbe(container, place, watch["bytes"], disks, containers),
        }
        if watch.get("probe") not in kinds:
            raise Refused(f"there is no probe {watch.get('probe')!r}; there are: {', '.join(kinds)}")
        return kinds[watch["probe"]]()

    def _inject(
        self, injection: str, do: list[dict[str, Any]], undo: list[dict[str, Any]], lease_s: float
    ) -> dict[str, float]:
        if sampler := self._samplers.get(injection):
            sampler.begin()
        return self._injections.inject(injection, do, undo, lease_s)

    def _effect(self, injection: str, timeout_s: float) -> dict[str, Any]:
        return self._sampler(injection).wait_effect(timeout_s)

    def _heal(self, injection: str) -> dict[str, Any]:
        at = now()
        sampler = self._samplers.get(injection)
        if sampler is not None:
            sampler.heal()
        self._reapplied[injection] = self._cuts.reapplied(injection)
        remaining = self._injections.heal(injection)
        if sampler is not None:
            sampler.healed()
        return {"heal_at": at, "healed_at": now(), "remaining": remaining}

    def _gone(self, injection: str, timeout_s: float) -> dict[str, Any]:
        seen = self._sampler(injection).wait_gone(timeout_s)
        there = [c.name for c in self._containers.all() if c.pid and injection in netfilter.marks(c.pid)]
        if there:
            seen.update(gone_at=None, why=f"its rules are still in {', '.join(there)}; {seen['why']}")
        return seen

    def _evidence(self, injection: str) -> dict[str, Any]:
        summary = self._sampler(injection).summary()
        again = self._cuts.reapplied(injection) or self._reapplied.get(injection, [])
        summary["reapplied"] = [{"node": self._containers.get(c).name, "at": at} for c, at in again]
        return summary

    def _disarm(self, injection: str) -> None:
        self._reapplied.pop(injection, None)
        if sampler := self._samplers.pop(injection, None):
            sampler.close()

    def _renew(self, lease_s: float, injections: list[str]) -> None:
        self._injections.renew(lease_s, injections)

    def _undo(self, injection: str, steps: list[dict[str, Any]]) -> list[str]:
        """By the harness's own journal: for what a session did that is no more."""
        remaining = self._injections.heal(injection)
        for step in steps:
            with contextlib.suppress(Gone):
                self._steps.check(step)
        remaining += self._injections.undo(injection, steps)
        if not remaining:
            self._ledger.strike(injection)
        return remaining

    def _sampler(self, injection: str) -> Sampler:
        if injection not in self._samplers:
            raise Refused(f"{injection} is not armed")
        return self._samplers[injection]

    def _healed_alone(self, injection: str, why: str) -> None:
        if sampler := self._samplers.get(injection):
            sampler.gap(why)
            sampler.heal()
            sampler.healed()
        self._tell({"event": "healed", "injection": injection, "why": why, "at": now()})

    # Nodes ----------------------------------------------------------------------------------

    def _http(self, container: str, port: int, path: str, timeout_s: float) -> dict[str, Any]:
        return asking.http_get(self._containers.get(container), port, path, timeout_s)

    def _run(self, container: str, argv: list[str], timeout_s: float, env: dict[str, str]) -> dict[str, Any]:
        return asking.run(self._containers.get(container), argv, timeout_s, env)

    def _contain(self, containers: list[str]) -> None:
        self._containment.add(containers)

    def _came(self, container: str, started: bool) -> None:  # noqa: FBT001  # a callback
        """It runs anew, or has another address: what is injected, and what contains it, is made whole."""
        for error in self._cuts.again():
            self._tell({"event": "trouble", "what": error, "at": now()})
        if started:
            threading.Thread(target=self._slow_again, args=(container,), daemon=True).start()
        if started and container in self._injections.pausing():
            threading.Thread(target=self._pause_again, args=(container,), daemon=True).start()
        threading.Thread(target=self._contain_again, args=(container,), daemon=True).start()

    def _pause_again(self, container: str) -> None:
        """Between its start and this it ran: the evidence shows that as a gap."""
        try:
            self._injections.pause_again(container)
        except Failed as error:
            self._tell({"event": "trouble", "what": str(error), "at": now()})

    def _slow_again(self, container: str) -> None:
        """Between its start and this it was fast: the evidence shows that as a gap, if it was long enough."""
        try:
            self._steps.slow_again(container)
        except (Failed, Refused) as error:
            self._tell({"event": "trouble", "what": str(error), "at": now()})

    def _contain_again(self, container: str) -> None:
        try:
            self._containment.again(container)
        except Failed as error:
            self._tell({"event": "trouble", "what": str(error), "at": now()})
