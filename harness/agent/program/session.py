"""One session: its operations, and its end."""

from __future__ import annotations

import contextlib
import socket
import sys
import threading
from collections.abc import Callable, Mapping
from typing import Any

from . import asking, looking, netfilter, toxiproxy
from .clock import now
from .containers import Containers
from .containment import Containment
from .controls import Controls
from .cuts import Cuts
from .disks import Disks
from .engine import Engine
from .evidence.control import ControlProbe
from .evidence.disk_kinds import DISK_KINDS
from .evidence.exchange import LinkProbe, overhead
from .evidence.kinds import KINDS
from .evidence.mirror import MirrorProbe
from .evidence.primary import PrimaryProbe
from .evidence.probe import Probe
from .evidence.process import FrozenProbe, MatchingProbe, RunningProbe
from .evidence.sampler import Sampler
from .harms import Harms
from .injections import Injections
from .interposing import Interpositions
from .ledger import Ledger
from .mirrors import Mirrors
from .refusal import Failed, Gone, Refused
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
        self._harms = Harms(self._containers)
        self._controls = Controls(self._containers)
        self._links = Interpositions(self._containers)
        self._disks = Disks(self._containers, project)
        self._mirrors = Mirrors(engine, self._containers, project)
        self._steps = Steps(
            engine,
            self._containers,
            self._cuts,
            self._harms,
            self._controls,
            self._links,
            self._disks,
            self._mirrors,
        )
        self._injections = Injections(self._steps, ledger, self._healed_alone)
        self._containment = Containment(engine, self._containers)
        self._samplers: dict[str, Sampler] = {}
        self._reapplied: dict[str, list[tuple[str, float]]] = {}
        looked_at = (self._containers, self._steps, self._harms, self._controls, self._disks, self._mirrors)
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
            "proxy": self._proxy,
            "links": self._links_now,
            "overhead": lambda pairs: overhead(pairs, self._links, self._containers),
            "leftovers": lambda: looking.left_behind(*looked_at),
            "sweep": lambda: looking.sweep(*looked_at),
        }

    def start(self) -> None:
        """Know the project, follow its events, and heal what a dead session left. Raises Failed, Refused."""
        self._check_home()
        watching = Watching(self._engine, self._project, self._containers, self._came, self._tell, self._went)
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
        node, containers = watch.get("container", ""), self._containers
        table: dict[str, Callable[[], Probe]] = {
            "running": lambda: RunningProbe(node, containers, lasting=lasting),
            "matching": lambda: MatchingProbe(node, watch["pattern"], containers, lasting=lasting),
            "frozen": lambda: FrozenProbe(node, containers),
            "control": lambda: ControlProbe(node, watch["state"], containers, self._controls),
            "link": lambda: LinkProbe(watch, self._links, containers),
            "mirror": lambda: MirrorProbe(node, watch["path"], watch["legs"], self._mirrors, containers),
            "primary": lambda: PrimaryProbe(node, watch["others"], watch["port"], containers),
        }
        kind = str(watch.get("probe"))
        if kind in table:
            return table[kind]()
        if kind in KINDS:
            return KINDS[kind](watch, injection, containers, self._cuts)
        if kind in DISK_KINDS:
            return DISK_KINDS[kind](watch, injection, containers, self._disks)
        known = ", ".join(sorted([*table, *KINDS, *DISK_KINDS]))
        raise Refused(f"there is no probe {kind!r}; there are: {known}")

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
        self._reapplied[injection] = self._made_again(injection)
        remaining = self._injections.heal(injection)
        if sampler is not None:
            sampler.healed()
        return {"heal_at": at, "healed_at": now(), "remaining": remaining}

    def _gone(self, injection: str, timeout_s: float) -> dict[str, Any]:
        seen = self._sampler(injection).wait_gone(timeout_s)
        there = [
            c.name
            for c in self._containers.all()
            if c.pid and f"harness:{injection}" in netfilter.marks(c.pid)
        ]
        if there:
            seen.update(gone_at=None, why=f"its rules are still in {', '.join(there)}; {seen['why']}")
        return seen

    def _evidence(self, injection: str) -> dict[str, Any]:
        summary = self._sampler(injection).summary()
        again = self._made_again(injection) or self._reapplied.get(injection, [])
        summary["reapplied"] = [{"node": self._containers.get(c).name, "at": at} for c, at in again]
        return summary

    def _made_again(self, injection: str) -> list[tuple[str, float]]:
        return [*self._cuts.reapplied(injection), *self._injections.reapplied(injection)]

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

    def _proxy(self, method: str, path: str, body: str | None) -> dict[str, Any]:
        """A request to the control API of this session's proxy."""
        found = self._containers.the_proxy()
        if found is None:
            raise Refused("the project has no proxy of links running")
        return toxiproxy.ask(found, method, path, body)

    def _links_now(self) -> dict[str, Any]:
        """Whether the links are still interposed, and whose rules were put in again."""
        again = [
            {"node": self._containers.get(source).name, "at": at} for source, at in self._links.reapplied()
        ]
        return {"broken": self._links.broken, "reapplied": again}

    def _contain(self, containers: list[str]) -> None:
        self._containment.add(containers)

    def _came(self, container: str, started: bool) -> None:  # noqa: FBT001  # a callback
        """It runs anew, or has another address: what is injected, and what contains it, is made whole."""
        for error in (*self._cuts.again(), *self._harms.again(container), *self._links.again()):
            self._tell({"event": "trouble", "what": error, "at": now()})
        if started:
            threading.Thread(target=self._inject_again, args=(container,), daemon=True).start()
        threading.Thread(target=self._contain_again, args=(container,), daemon=True).start()

    def _went(self, container: str) -> None:
        """It died. Without the proxy the links must go directly at once: its death is no fault of the stack."""
        trouble = self._links.went(container)
        if trouble is not None:
            for sampler in list(self._samplers.values()):
                sampler.gap(trouble)
            self._tell({"event": "trouble", "what": trouble, "at": now()})

    def _inject_again(self, container: str) -> None:
        """Between its start and this it ran unharmed: when a look falls there, the evidence has a gap."""
        try:
            self._injections.again(container)
        except (Failed, Refused) as error:
            self._tell({"event": "trouble", "what": str(error), "at": now()})

    def _contain_again(self, container: str) -> None:
        try:
            self._containment.again(container)
        except Failed as error:
            self._tell({"event": "trouble", "what": str(error), "at": now()})
