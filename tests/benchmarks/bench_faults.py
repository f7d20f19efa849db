"""How fast faults come and go: ``python tests/benchmarks/bench_faults.py [REPETITIONS]``.

In effect: from the call to the agent until the agent saw the effect. Healed: from SIGKILL of the harness
until the system, looked at from outside, is without the fault.
"""

from __future__ import annotations

import os
import signal
import statistics
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "stack" / "faults"))

from faultlab import clean, frozen, populated, running_lab, start_victim, until

from harness.clock import now
from harness.faults.catalogue import Crash, Isolate, Kill, KillProcess, Partition, Pause

FAULTS = [
    ("rules: isolate 1 of 6", Isolate("a"), 10),
    ("rules: one node from another", Partition.between("a", "b"), 10),
    ("rules: two from two", Partition.between("a+b", "c+d"), 10),
    ("signal: a process", KillProcess("b", "lab-worker"), 10),
    # Where a supervisor brings it back it waits longer each time.
    ("signal: the first process", Crash("solo"), 10),
    ("engine: Kill", Kill("c"), 50),
    ("engine: Pause", Pause("d"), 50),
]


def in_effect_ms(lab, agent, fault, number):
    """One injection, healed again."""
    plan, name = fault.plan(lab), f"bench/{number}"
    probes = [{"watch": dict(probe.watch), "lasting": probe.lasting} for probe in plan.probes]
    steps = {"do": [dict(step) for step in plan.inject], "undo": [dict(step) for step in plan.heal]}
    agent.call("arm", injection=name, probes=probes, timeout_s=5)
    begun = now()
    agent.call("inject", injection=name, lease_s=60, **steps)
    seen = agent.call("effect", injection=name, timeout_s=5)
    agent.call("heal", injection=name)
    gone = agent.call("gone", injection=name, timeout_s=20)
    agent.call("disarm", injection=name)
    if seen["effect_at"] is None or gone["gone_at"] is None:
        sys.exit(f"{fault}: {seen['why']} {gone['why']}")
    until(lab.whole, 20, "a whole lab")
    return (seen["effect_at"] - begun) * 1000


def healed_ms(lab, kind):
    """One SIGKILL of a harness that made one fault."""
    a, b, c = lab.pid("a"), lab.pid("b"), lab.ids["c"]
    looks = {"rules": lambda: clean(a), "pause": lambda: not frozen(b), "start": lambda: populated(c)}
    with tempfile.TemporaryDirectory() as folder:
        victim = start_victim(lab, Path(folder) / "journal.jsonl", kind)
        if looks[kind]():
            sys.exit(f"{kind}: the fault was not there before the kill")
        begun = time.monotonic()
        os.kill(victim.pid, signal.SIGKILL)
        until(looks[kind], 10, "the heal")
        took = time.monotonic() - begun
        victim.wait()
    until(lab.whole, 20, "a whole lab")
    return took * 1000


def row(what, times, target_ms):
    """One line of the table."""
    median = statistics.median(times)
    held = "" if target_ms is None else f"<= {target_ms:4d} ms  {'held' if median <= target_ms else 'MISSED'}"
    print(f"{what:36} {median:8.2f} {max(times):8.2f}   {held}", flush=True)


def main():
    """Print the table."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 15
    with running_lab() as lab:
        print(f"{'milliseconds':36} {'median':>8} {'worst':>8}   target for the median ({count} times each)")
        with lab.connect() as agent:
            times = []
            for _ in range(200):
                begun = now()
                agent.call("hello")
                times.append((now() - begun) * 1000)
            row("round trip to the agent", times, 1)
            for what, fault, target_ms in FAULTS:
                row(
                    f"in effect, {what}",
                    [in_effect_ms(lab, agent, fault, n) for n in range(count)],
                    target_ms,
                )
        for kind, target_ms in (("rules", 100), ("pause", 100), ("start", 1000)):
            row(f"healed after SIGKILL: {kind}", [healed_ms(lab, kind) for _ in range(count)], target_ms)


if __name__ == "__main__":
    main()
