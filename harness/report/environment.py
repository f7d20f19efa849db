"""What the run was, on what it ran, and how to do it again."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from harness.run_folder import RunFolder, RunInfo

__all__ = ["Fact", "commands", "environment", "experiment_facts"]


@dataclass(frozen=True, slots=True)
class Fact:
    """A name and its value, ready to print."""

    name: str
    value: str


def experiment_facts(run: RunInfo | None, *, closed: bool) -> tuple[Fact, ...]:
    """Load, phases, injections and expectations as they were resolved.

    Args:
        run: what ``run.json`` says; None when it is missing.
        closed: whether the load waited for answers, so that it asked less while the stack was slow.
    """
    if run is None:
        return ()
    one, steady = run.experiment, run.steady_state
    load, phases = one.load, one.phases
    mix = f", mix {_fields(load.mix)}" if load.mix else ""
    how = "closed: each user waits for its answer" if closed else f"{load.arrivals} arrivals, open"
    tries = f"at most {load.attempts_max} attempts of {load.client_timeout_s:g} s"
    return (
        Fact("Load", f"{load.rate_per_s:g}/s, {how}{mix}; {tries}"),
        Fact("In flight", f"at most {load.in_flight_bound}; what comes beyond it is dropped and counted"),
        Fact("Phases", _phases(phases.baseline_s, phases.fault_s, phases.recovery_max_s, phases.sustained_s)),
        Fact("Good", f"acknowledged within {steady.good_within_ms:g} ms of the intended time"),
        Fact(
            "Steady state",
            f"at least {steady.good_ratio_min:.0%} good in every window of {steady.window_s:g} s",
        ),
        *(
            Fact(f"Injection i{number}", f"{i.fault}({_fields(i.spec)}) at {i.at_s:g} s{_for(i.for_s)}")
            for number, i in enumerate(one.injections, 1)
        ),
        *(Fact("Expectation", f"{item.check}({_fields(item.spec)})") for item in one.expect),
        Fact("Tags", ", ".join(one.tags) or "none"),
    )


def _phases(baseline_s: float, fault_s: float | None, recovery_max_s: float, sustained_s: float) -> str:
    fault = f"{fault_s:g} s" if fault_s is not None else "until the last heal"
    recovery = f"at most {recovery_max_s:g} s, steady for {sustained_s:g} s"
    return f"baseline {baseline_s:g} s; fault {fault}; recovery {recovery}"


def _for(for_s: float) -> str:
    return f" for {for_s:g} s" if for_s else ", a moment"


def _fields(spec: Mapping[str, Any]) -> str:
    return ", ".join(f"{key}={value!r}" for key, value in spec.items() if value is not None)


def environment(run: RunInfo | None) -> tuple[Fact, ...]:
    """Seed, commit, variant, versions and host."""
    if run is None:
        return ()
    changed = " with uncommitted changes" if run.dirty else ""
    host = run.host
    memory = f"{host.memory_mb / 1024:.1f} GiB" if host.memory_mb is not None else "memory not known"
    return (
        Fact("Run id", run.run),
        Fact("Seed", str(run.seed)),
        Fact("Variant", run.variant or "none (the stack as it is)"),
        Fact("Profiles", ", ".join(run.stack.profiles) or "none (the smallest stack)"),
        Fact("Commit", f"{run.commit or 'not in a repository'}{changed}"),
        Fact("Stack", f"{run.stack.directory}, Compose project {run.stack.project}"),
        Fact("Services", ", ".join(run.stack.services) or "not recorded"),
        Fact("Host", f"kernel {host.kernel}, {host.cpus} cores, {memory}, cgroup {host.cgroup}"),
        Fact("Versions", ", ".join(f"{name} {version}" for name, version in run.versions.items())),
    )


def commands(run: RunInfo | None, folder: RunFolder) -> tuple[Fact, ...]:
    """The exact commands to do the run again, and to judge it again."""
    again = Fact("Judge again, offline", shlex.join(["harness", "check", folder.path.name]))
    if run is None:
        return (again,)
    words = ["harness", "run", run.experiment.name, "--seed", str(run.seed)]
    words += ["--variant", run.variant] if run.variant else []
    words += [word for name in run.stack.profiles for word in ("--profile", name)]
    return (Fact("Repeat", shlex.join(words)), again)
