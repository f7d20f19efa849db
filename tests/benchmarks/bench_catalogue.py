"""Every fault of the lab, made and healed: ``python tests/benchmarks/bench_catalogue.py [REPETITIONS]``.

To effect: from the call, with the arming of its probes and the journal's fsync, until its effect was seen. To heal:
from the call until the probes saw that it is gone. Medians, as a Markdown table, with what the evidence says.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "stack" / "faults"))

import test_faults_mutants
import test_faults_proxied
from faultlab import running_lab, until

from harness.clock import now


def times_s(lab, injector, fault, during):
    """Seconds to the effect and to the heal of one injection, and its evidence."""
    begun = now()
    effect_at = injector.inject("i1", fault)
    during()
    healing = now()
    injector.heal("i1")
    evidence = lab.evidence()
    if evidence["verdict"] != "pass":
        sys.exit(f"{fault}: {evidence['why']}")
    gone_at = next(at for kind, at, _ in reversed(lab.events) if kind == "gone")
    # What a supervisor or the fault itself brought back was gone before anybody healed.
    return effect_at - begun, max(gone_at - healing, 0.0), evidence


def said(evidence):
    """What each probe that saw the effect measured, or that its sentence no longer held."""
    links = [", ".join(f"{key} {value}" for key, value in one.items()) for one in evidence["measured"]]
    seen = [item for item in evidence["items"] if item["effect_at"] is not None]
    words = links or [item["measured"] or f"no longer so: {item['name']}" for item in seen]
    return "; ".join([*dict.fromkeys(words)][:2])


def rows(lab, agent, folder, cases, count, *, during, after):
    """One row a fault; `during` runs while it is in effect, `after` when it is healed."""
    for name, fault in sorted(cases.items()):
        injector = lab.injector(agent, folder / f"{name}.jsonl")
        seen = []
        for _ in range(count):
            seen.append(times_s(lab, injector, fault, during))
            after()
        effect, heal = (statistics.median(one[place] for one in seen) for place in (0, 1))
        print(f"| {name} | {effect:.2f} | {heal:.2f} | {said(seen[-1][2])} |", flush=True)


def main():
    """Print the table."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    with running_lab() as lab, ExitStack() as stack:

        def nothing():
            pass

        def whole():
            until(lab.whole, 30, "a whole lab")

        def load():
            # Without bytes of a load that passed the proxy there is no evidence.
            lab.exchange("a", "b", within_s=0.5)

        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        agent = stack.enter_context(lab.connect())
        print("| fault | to effect, s | to heal, s | evidence of the last |\n|---|---|---|---|")
        rows(lab, agent, folder, test_faults_mutants.CASES, count, during=nothing, after=whole)
        with lab.interposed(agent, folder / "links.jsonl", test_faults_proxied.LINK):
            rows(lab, agent, folder, test_faults_proxied.CASES, count, during=load, after=nothing)


if __name__ == "__main__":
    main()
