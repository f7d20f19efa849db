"""What a run costs beyond its windows on a warm stack: ``python tests/benchmarks/bench_run.py [REPETITIONS]``.

From the call of the runner until its verdict and report are there, less the time from the first arrival to the end
of the recovery phase. The stack is brought up for it, and taken down.
"""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
from pathlib import Path

from harness.clock import now
from harness.discovery import load_experiment
from harness.runner import run
from harness.session import Session
from harness.stack.compose import Stack
from harness.timeline import Timeline

ROOT = Path(__file__).parents[2]
TARGET_S = 5.0


def beyond_s(session: Session, runs: Path) -> float:
    """One run of the control, which must pass."""
    experiment = load_experiment(ROOT / "experiments" / "steady_state.py")
    begun = now()
    done = run(experiment, session, runs=runs)
    took = now() - begun
    if done.result.verdict != "pass":
        sys.exit(f"the run is no measure: {done.result.reason}")
    span = Timeline.read(done.folder.timeline).load_span
    assert span is not None
    return took - span.length_s


def main() -> None:
    """Print the table."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    stack = Stack.load(ROOT / "compose" / "payments", project=f"bench-{os.getpid()}")
    try:
        with tempfile.TemporaryDirectory() as runs, Session(stack) as session:
            times = [beyond_s(session, Path(runs)) for _ in range(count)]
    finally:
        stack.down()
    median = statistics.median(times)
    held = "held" if median <= TARGET_S else "MISSED"
    print(f"{'seconds':36} {'median':>8} {'worst':>8}   target for the median ({count} runs)")
    print(f"{'a run beyond its windows':36} {median:8.2f} {max(times):8.2f}   <= {TARGET_S:g} s  {held}")


if __name__ == "__main__":
    main()
