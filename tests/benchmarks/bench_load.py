"""The load generator's own speed: arrivals on time, the recorder's cost, and the reading of a long history.

``python tests/benchmarks/bench_load.py``. Other work on the machine moves the first figure, so the best of
several short runs is taken; the recorder is measured in CPU time, which contention does not change much.
"""

from __future__ import annotations

import contextlib
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import polars as pl

from harness.clock import now
from harness.history import HistoryWriter, read_history
from harness.load.process import LoadProcess, LoadSpec
from harness.workload import Load

TESTS = Path(__file__).parents[1]
RATE_PER_S = 500
SECONDS = 8.0
RUNS = 3
ON_TIME_S = 0.005
RECORDED = 200_000
OPERATIONS = 1_000_000
REQUEST = {"debtor": "r-acct-1", "creditor": "r-acct-2", "amount": 1234, "currency": "EUR"}
READ = """
import resource, sys, time
from pathlib import Path
from harness.history import read_history
start = time.perf_counter()
history = read_history(Path(sys.argv[1]))
assert history.operations.height == int(sys.argv[2])
print(time.perf_counter() - start, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
"""


def main() -> int:
    """Print the table; 0 whatever the figures are."""
    with tempfile.TemporaryDirectory() as folder, null_server() as url:
        shares = [on_time(url, Path(folder) / str(number)) for number in range(RUNS)]
        print(row(f"arrivals at {RATE_PER_S}/s within 5 ms", f"{max(shares):.2%}", ">= 99.9 %"))
        print(row("  of each run", ", ".join(f"{share:.2%}" for share in shares), ""))
        request_us, peak_per_s = (float(word) for word in run("locust_peak.py", url).split())
        times = [record(Path(folder) / f"recorded-{number}.jsonl", RECORDED) for number in range(RUNS)]
        recorded_us = min(times) / RECORDED * 1e6
        print(row("Locust's peak", f"{peak_per_s:.0f}/s, {request_us:.0f} us of CPU each", ""))
        print(row("recorder, of one operation", f"{recorded_us:.1f} us of CPU", ""))
        print(row("recorder's share of Locust's peak", f"{recorded_us / request_us:.1%}", "< 3 %"))
        long = Path(folder) / "long.jsonl"
        record(long, OPERATIONS)
        seconds, mib = (float(word) for word in run("-c", READ, str(long), str(OPERATIONS)).split())
        size = long.stat().st_size / 2**20
        print(
            row(
                f"reading {OPERATIONS} operations ({size:.0f} MiB)",
                f"{seconds:.1f} s, {mib:.0f} MiB peak",
                "",
            )
        )
    return 0


def row(what: str, measured: str, target: str) -> str:
    """One line of the table."""
    return f"{what:<44} {measured:<36} {target}"


def run(*arguments: str) -> str:
    """What a program of this folder prints."""
    done = subprocess.run(
        [sys.executable, *arguments], cwd=Path(__file__).parent, stdout=subprocess.PIPE, text=True, check=True
    )
    return done.stdout


@contextlib.contextmanager
def null_server() -> Iterator[str]:
    """A server that answers at once, in a process of its own."""
    command = [sys.executable, str(TESTS / "load" / "null_server.py")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield f"http://127.0.0.1:{process.stdout.readline().strip()}"
        process.communicate()


def on_time(url: str, folder: Path) -> float:
    """The share of arrivals whose first attempt went out within 5 ms of its intended time."""
    folder.mkdir()
    spec = LoadSpec(
        locustfile=TESTS / "load" / "open_locustfile.py",
        host=url,
        run_id="r",
        seed=1,
        load=Load(rate_per_s=RATE_PER_S),
        longest_s=SECONDS,
        history=folder / "history.jsonl",
    )
    with LoadProcess(spec) as load:
        load.start()
        time.sleep(load.started_at + SECONDS - now())
        load.stop(drain_s=5.0)
    operations = read_history(spec.history).operations.filter(pl.col("kind") != "open_account")
    lag = (operations["sent_at"] - operations["intended_at"]).fill_null(float("inf"))
    return float((lag <= ON_TIME_S).mean())  # type: ignore[arg-type]  # of a boolean column a float


def record(path: Path, number: int) -> float:
    """CPU seconds to record so many acknowledged payments."""
    # Keys and times are the load's own work, not the recorder's.
    operations = [(f"r-{index:07d}", 1000 + index / RATE_PER_S) for index in range(number)]
    start = time.process_time()
    with HistoryWriter(path, run="r", seed=1) as history:
        for key, at in operations:
            history.invoke(
                key, "create_payment", write=True, attempt=1, intended_at=at, at=at, request=REQUEST
            )
            history.done(
                key, attempt=1, at=at + 0.01, outcome="ok", status=201, node="payments-1", payment_id=key
            )
        history.end(at)
    return time.process_time() - start


if __name__ == "__main__":
    sys.exit(main())
