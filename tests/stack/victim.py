"""A harness that injects and heals without end, to be killed: ``python victim.py DIRECTORY FOLDER SEED PART``."""

import random
import sys
import time
from pathlib import Path

from harness import (
    DiskError,
    DiskFull,
    ErrorOnPath,
    Isolate,
    Kill,
    MirrorBothLost,
    MirrorHalfLost,
    Partition,
    Pause,
    PowerCut,
    SlowDisk,
)
from harness.manual import Chaos
from harness.session import Session
from harness.stack.compose import Stack

DISKS = (
    (
        Pause("store-2"),
        Isolate("store-1"),
        Partition.between("store-1", "store-3"),
        DiskError("store-2"),
        SlowDisk("store-1", rate_kb_per_s=256),
    ),
    (
        Kill("store-3"),
        Partition.between("store-2", "store-3"),
        PowerCut("store-3"),
        DiskFull("store-3"),
    ),
)
MIRRORS = (
    (
        MirrorHalfLost("store-1"),
        MirrorHalfLost("store-1+store-2"),
        MirrorBothLost("store-2"),
    ),
    (
        Kill("store-3"),
        MirrorHalfLost("store-3"),
        MirrorBothLost("store-3"),
    ),
)
PATHS = (
    (
        ErrorOnPath("store-1", "**", error="EIO"),
        ErrorOnPath("store-1", "**", error="ENOSPC", share=0.5),
        ErrorOnPath("store-2", "**", delay_ms=200, calls=["write"]),
    ),
    (
        Kill("store-3"),
        ErrorOnPath("store-3", "**", error="ENOSPC"),
        Isolate("store-2"),
    ),
)
BY_PART = {"disks": DISKS, "mirrors": MIRRORS, "paths": PATHS}
"""Of each part of the stack: the faults of which one comes first, and those of which one comes beside it."""


def main() -> None:
    directory, folder, seed, part = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
    first, second = BY_PART[part]
    choose = random.Random(seed)
    with Session(Stack.load(directory, parts=[part])) as session, Chaos(session, folder, seed) as chaos:
        print("ready", flush=True)
        while True:
            injections = [chaos.inject(choose.choice(first)), chaos.inject(choose.choice(second))]
            time.sleep(choose.random() * 0.2)
            choose.shuffle(injections)
            for injection in injections:
                chaos.heal(injection)


if __name__ == "__main__":
    main()
