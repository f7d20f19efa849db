"""One experiment, from start to verdict."""

from __future__ import annotations

import contextlib
import signal
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from random import SystemRandom
from typing import Any

from harness import facts
from harness.alerts import AlertWatch
from harness.clock import now, wall
from harness.errors import ExperimentError, HarnessError, LoadError, StackError, StackModelError
from harness.experiment import Experiment
from harness.faults.base import goes_by_address
from harness.faults.injector import Injector, NoEvidence
from harness.faults.journal import Journal
from harness.faults.link import links_of
from harness.judgement import judge_run
from harness.load.process import LoadProcess, LoadSpec, Tick
from harness.pulse import Pulse
from harness.report import render
from harness.report.logs import log_errors
from harness.run_folder import ExperimentInfo, Result, RunFolder, RunInfo, StackInfo, Started
from harness.schedule import Due, Schedule
from harness.session import Session
from harness.stack.compose import Stack
from harness.stack.parts import check_parts
from harness.timeline_writer import TimelineWriter
from harness.waiting import wait_until
from harness.watch import RoleWatch

__all__ = ["Listener", "Run", "check_experiment", "run", "validate"]

_EVIDENCE_WITHIN_S = 10.0
_LEASE_BEYOND_S = 30.0
_LINKS_LEASE_BEYOND_S = 180.0
_DRAIN_S = 15.0
_ADDRESS_WITHIN_S = 5.0


@dataclass
class Listener:
    """Told of everything as it happens; the default hears nothing.

    Attributes:
        event: told of each event of the timeline.
        tick: told of the load's pulse, once a second.
    """

    event: Callable[[Mapping[str, Any]], None] = lambda _event: None
    tick: Callable[[Tick], None] = lambda _tick: None


@dataclass(frozen=True, slots=True)
class Run:
    """What a run came to.

    Attributes:
        folder: everything about it.
        result: the verdict and what it rests on.
        interrupted: somebody pressed Ctrl-C; what was injected is healed.
        error: what failed in the harness or the engine; the verdict is then not one about the stack.
    """

    folder: RunFolder
    result: Result
    interrupted: bool = False
    error: HarnessError | None = None


def run(
    experiment: Experiment,
    session: Session,
    *,
    seed: int | None = None,
    runs: Path = Path("runs"),
    listener: Listener | None = None,
) -> Run:
    """Run one experiment on a warm stack.

    1. **Validate** before anything is touched: selectors resolve, every fault can be planned on this stack.
    2. **Prepare**: the run folder; the session holds the lock and the agent; the stack is whole; links that a
       fault harms lead through the proxy from now until the load has stopped.
    3. **Baseline**: the load starts; unless the steady state holds, nothing is injected: inconclusive.
    4. **Inject** by schedule. The undo is on disk before the fault is made, and the fault shows evidence
       of its effect within a deadline, or the run is inconclusive.
    5. **Heal**, and see that it is gone; whatever else failed.
    6. **Recover**: the steady state is back for a sustained time and the stack is whole, or the
       deadline passes.
    7. **Stop the load**, let what is in flight come back, record what does not as ``info``.
    8. **Observe**: the observer waits for quiet, then takes the final reads, which settle every ``info``.
    9. **Check**: pure functions over the run folder; ``harness check`` gives the same verdict again.
    10. **Report**, also after a failure or Ctrl-C, with the logs of every node.

    Args:
        experiment: what to try.
        session: the stack to try it on, entered.
        seed: of the load's schedule and of every choice; None takes the experiment's, or a new one.
        runs: the folder in which the run folder is made.
        listener: told of what happens.

    Raises:
        UsageError: the experiment cannot be done on this stack; nothing was touched.
    """
    seed = next((s for s in (seed, experiment.load.seed) if s is not None), SystemRandom().randrange(2**31))
    validate(experiment, session, seed)
    session.make_whole()
    folder = RunFolder.create(runs, experiment.name)
    return _Running(experiment, session, seed, folder, listener or Listener()).to_the_end()


def check_experiment(experiment: Experiment, stack: Stack) -> None:
    """Refuse what this stack can never do, by its files alone; no engine is needed.

    Raises:
        SelectorError: a selector names nothing that the stack has.
        StackModelError: the stack lacks what the experiment needs (a load, an observer, a link, a part).
        ExperimentError: faults that cannot be in one run.
    """
    if not stack.model.locustfile.is_file():
        raise StackModelError(
            "the file that x-harness.load names is missing", where=str(stack.model.locustfile)
        )
    stack.model.need_observer()
    _check_links(experiment, stack)
    check_parts(experiment.parts, stack.model)
    for injection in experiment.injections:
        for selector in injection.fault.selectors():
            stack.check(selector)


def _check_links(experiment: Experiment, stack: Stack) -> None:
    faults = [injection.fault for injection in experiment.injections]
    links = links_of(faults)
    for link in links:
        stack.model.need_link(link)
    cuts = [type(fault).__name__ for fault in faults if goes_by_address(fault)]
    if links and cuts:
        raise ExperimentError(
            f"{cuts[0]} and a fault of the link {links[0]} cannot be in one run: the one goes by"
            " addresses, and what goes through the proxy has another",
            mend="Use Down on the link for the cut, or make two experiments",
        )


def validate(experiment: Experiment, session: Session, seed: int = 0) -> None:
    """Resolve every selector and plan every fault, touching nothing.

    Raises:
        SelectorError: a selector names nothing.
        UnsupportedFault: this host or this stack cannot do a fault.
        StackModelError: the stack lacks what the experiment needs (a load, an observer).
    """
    check_experiment(experiment, session.stack)
    session.needs.check(injection.fault for injection in experiment.injections)
    scene = session.scene(seed)
    for injection in experiment.injections:
        injection.fault.plan(scene)


@dataclass
class _Running:
    """The state of one run; each method is one step of :func:`run`'s docstring."""

    experiment: Experiment
    session: Session
    seed: int
    folder: RunFolder
    listener: Listener
    interrupted: bool = field(default=False, init=False)
    error: HarnessError | None = field(default=None, init=False)

    def to_the_end(self) -> Run:
        self.run_id = self.folder.path.name.split("-")[0].lower() + f"-{self.seed % 46656:03x}"
        self._write_run_json()
        with TimelineWriter(self.folder.timeline) as timeline:
            self.timeline = timeline
            self.session.on_event = self._engine_event
            try:
                self._lifecycle()
            except KeyboardInterrupt:
                self.interrupted = True
                self._event("error", what="interrupted")
            except HarnessError as error:
                self.error = error
                self._event("error", what=str(error))
            finally:
                self.session.on_event = lambda _event: None
                with _uninterrupted():
                    self._event("phase", phase="end")
                    self._logs()
        with _uninterrupted():
            return self._judged()

    def _lifecycle(self) -> None:
        self._event("phase", phase="setup")
        pulse = Pulse(self.session.stack.model.steady_state, self.listener.tick)
        self.injector = Injector(
            agent=self.session.agent,
            journal=Journal(self.session.journal, run=self.run_id),
            scene=self.session.scene(self.seed),
            write_event=self._event,
        )
        self.interposition = self.session.interposition(self.run_id, self.seed)
        try:
            self._interpose()
            self._under_load(pulse)
        finally:
            with _uninterrupted():
                self.interposition.end()
        self._observe()

    def _interpose(self) -> None:
        """Before the first arrival: the load knows the links only as they are in this run."""
        links = links_of(injection.fault for injection in self.experiment.injections)
        if links:
            lease_s = self.experiment.longest_s + _LINKS_LEASE_BEYOND_S
            self._event("interposed", **self.interposition.begin(links, lease_s))

    def _under_load(self, pulse: Pulse) -> None:
        address = self.session.stack.published()
        secrets = self.session.stack.load_secrets()
        with (
            LoadProcess(self._load_spec(address), pulse, secrets) as load,
            self._roles() as roles,
            self._alerts(),
        ):
            try:
                load.start()
                self._event("phase", at=load.started_at, phase="baseline")
                self._baseline(load, pulse)
                self._refuse_another_address(address)
                self._recover(load, pulse)
            finally:
                with _uninterrupted():
                    self._clean_up(load)
            if roles.failure:
                self._event("note", what=f"the roles were watched only until {roles.failure}")

    def _baseline(self, load: LoadProcess, pulse: Pulse) -> None:
        if self.interposition.proxied:
            self._event("overhead", hops=self.interposition.overhead())
        self._wait_until(load.started_at + self.experiment.phases.baseline_s, load)
        held, detail = pulse.held(load.started_at)
        self._event("steady", held=held, detail=detail)
        if held:
            self._event("phase", phase="fault")
            self._inject_and_heal(load)

    def _inject_and_heal(self, load: LoadProcess) -> None:
        schedule = Schedule(self.experiment.injections, load.started_at)
        try:
            while due := schedule.next():
                self._wait_until(due.at, load)
                self._do(due, schedule)
            self._wait_until(load.started_at + self.experiment.fault_end_s, load)
        except NoEvidence:
            pass  # the injector wrote no_effect; what was injected is healed now and the run is inconclusive
        finally:
            with _uninterrupted():
                self.injector.heal_all()

    def _refuse_another_address(self, before: str) -> None:
        """A node that started again may have got another published port: the load's outage is then not the stack's."""
        seen = [before]

        def known() -> bool:
            """Right after a start the engine does not know yet; a node that stays away shows in the recovery."""
            with contextlib.suppress(StackError):
                seen.append(self.session.stack.published())
            return len(seen) > 1

        wait_until(known, timeout_s=_ADDRESS_WITHIN_S)
        if seen[-1] != before:
            raise LoadError(
                f"the load's address was {before} and is {seen[-1]} now",
                mend="Publish a port that stays: see x-harness.free_ports in docs/bring-your-own-stack.md",
            )

    def _do(self, due: Due, schedule: Schedule) -> None:
        if due.heal:
            self.injector.heal(due.id)
            return
        injection = self.experiment.injections[due.index]
        effect_at = self.injector.inject(
            due.id, injection.fault, deadline_s=_EVIDENCE_WITHIN_S, lease_s=injection.for_s + _LEASE_BEYOND_S
        )
        schedule.took_effect(due, effect_at)

    def _recover(self, load: LoadProcess, pulse: Pulse) -> None:
        self._event("phase", phase="recovery")
        phases = self.experiment.phases
        began, healed = now(), now() - phases.sustained_s
        deadline = began + phases.recovery_max_s
        why = ["no window could be judged yet"]
        while now() < deadline:
            sustained = pulse.sustained_s(healed)
            why = self.session.why_not_whole()
            if sustained >= phases.sustained_s and not why and now() - began >= phases.sustained_s:
                self._event("recovered", sustained_s=sustained, whole=True)
                return
            self._wait_until(min(now() + 1.0, deadline), load)
        slow = f"the steady state held for {pulse.sustained_s(healed):g} s, not {phases.sustained_s:g} s"
        self._event("not_recovered", why="; ".join(why) or slow)

    def _clean_up(self, load: LoadProcess) -> None:
        """Whatever happened: nothing stays injected, and the load is stopped in order."""
        self.injector.heal_all()
        self._event("phase", phase="drain")
        with contextlib.suppress(LoadError):  # a dead load shows in its history, which lacks its end
            load.stop(drain_s=_DRAIN_S)
        remaining = [*self.injector.remaining(), *self._release()]
        self._event("left_behind", items=[*remaining, *self.session.agent.leftovers()])

    def _release(self) -> list[str]:
        """The links lead directly again; that they did not before is an error of the run. Returns what remains."""
        if not self.interposition.proxied:
            return []
        try:
            self._event("released", **self.interposition.check())
        except HarnessError as error:
            self.error = error
            self._event("error", what=str(error))
        return self.interposition.end()

    def _observe(self) -> None:
        self._event("phase", phase="observe")
        self.session.stack.observe(self.run_id, self.folder.observations)

    def _judged(self) -> Run:
        result = judge_run(self.folder, self.experiment.expect)
        self.folder.write_result(result)
        render(self.folder.path)
        return Run(self.folder, result, self.interrupted, self.error)

    def _logs(self) -> None:
        try:
            self.session.stack.logs(self.folder.logs, since=self.began)
            self._event("log_errors", nodes=log_errors(self.folder))
        except HarnessError as error:
            self._event("note", what=f"the nodes' logs are missing: {error}")

    def _wait_until(self, at: float, load: LoadProcess) -> None:
        """Sleep until a moment, in small steps: the load's death or Ctrl-C ends it at once."""
        while (rest := at - now()) > 0:
            load.check()
            time.sleep(min(rest, 0.05))

    def _roles(self) -> RoleWatch:
        return RoleWatch(
            self.session.roles,
            lambda node, role, before: self._event("role", node=node, role=role, before=before),
        )

    def _alerts(self) -> AlertWatch:
        return AlertWatch(
            self.session.alerts if self.session.stack.model.alerts else None,
            lambda alert, state, labels: self._event("alert", alert=alert, state=state, labels=dict(labels)),
            lambda what: self._event("note", what=what),
        )

    def _engine_event(self, event: Mapping[str, Any]) -> None:
        node = self.session.node_name(str(event["container"]))
        self._event("engine", at=float(event["at"]), node=node, action=event["action"])

    def _event(self, kind: str, *, at: float | None = None, **keys: Any) -> None:
        self.listener.event(self.timeline.write(kind, at=at, **keys))

    def _load_spec(self, address: str) -> LoadSpec:
        return LoadSpec(
            locustfile=self.session.stack.model.locustfile,
            host=address,
            run_id=self.run_id,
            seed=self.seed,
            load=self.experiment.load,
            longest_s=self.experiment.longest_s + _DRAIN_S,
            history=self.folder.history,
            good_within_s=self.session.stack.model.steady_state.good_within_ms / 1000,
        )

    def _write_run_json(self) -> None:
        stack = self.session.stack
        commit, dirty = facts.commit(stack.directory)
        self.began = datetime.now(UTC)
        self.folder.write_run(
            RunInfo(
                run=self.run_id,
                experiment=ExperimentInfo.of(self.experiment),
                stack=StackInfo(
                    directory=str(stack.directory),
                    project=stack.project,
                    profiles=stack.profiles,
                    services=tuple(node.name for node in stack.nodes()),
                ),
                variant=stack.variant,
                seed=self.seed,
                commit=commit,
                dirty=dirty,
                versions=facts.versions() | {"engine": stack.engine.version()},
                host=facts.host(),
                steady_state=stack.model.steady_state,
                started=Started(at=now(), wall=wall()),
            )
        )


@contextlib.contextmanager
def _uninterrupted() -> Iterator[None]:
    """Hold Ctrl-C back until the block is done: a heal that stops half-way would leave a fault behind."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    held: list[int] = []
    before = signal.signal(signal.SIGINT, lambda number, _frame: held.append(number))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
        if held:
            signal.raise_signal(signal.SIGINT)
