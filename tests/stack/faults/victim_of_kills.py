"""``victim_of_kills.py PROJECT JOURNAL SEED``: injects and heals faults of every kind without end, to be killed."""

import contextlib
import random
import sys
import time
from pathlib import Path

import test_faults_mutants
import test_faults_proxied
from faultlab import Lab

from harness.faults.injector import NoEvidence

LINK = test_faults_proxied.LINK
PROXIED = tuple(test_faults_proxied.CASES.values())
OTHERS = tuple(test_faults_mutants.CASES.values())


def nodes_of(fault):
    return {name for selector in fault.selectors() for name in selector.split("+")}


def pair(choose, faults):
    """Two faults that share no node."""
    first = choose.choice(faults)
    return first, choose.choice([other for other in faults if not nodes_of(other) & nodes_of(first)])


def main() -> None:
    lab, journal, choose = Lab(sys.argv[1]), Path(sys.argv[2]), random.Random(int(sys.argv[3]))
    with contextlib.ExitStack() as stack:
        agent = stack.enter_context(lab.connect())
        faults = OTHERS
        if choose.random() < 0.4:
            stack.enter_context(lab.interposed(agent, journal, LINK))
            # As many draws of a link's as of all the others.
            faults = OTHERS + PROXIED * (len(OTHERS) // len(PROXIED))
        injector = lab.injector(agent, journal)
        print("ready", flush=True)
        for number in range(1, 1000):
            begun = [(f"i{number}.{half}", fault) for half, fault in enumerate(pair(choose, faults))]
            for injection, fault in begun:
                with contextlib.suppress(NoEvidence):
                    injector.inject(injection, fault)
                    print(type(fault).__name__, flush=True)
            time.sleep(choose.random() * 0.2)
            choose.shuffle(begun)
            for injection, _ in begun:
                injector.heal(injection)


if __name__ == "__main__":
    main()
