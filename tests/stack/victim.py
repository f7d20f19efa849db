"""A harness that injects and heals without end, to be killed: ``python victim.py DIRECTORY FOLDER SEED``."""

import random
import sys
import time
from pathlib import Path

from harness import DiskError, DiskFull, Isolate, Kill, Partition, Pause, PowerCut, SlowDisk
from harness.manual import Chaos
from harness.session import Session
from harness.stack.compose import Stack

FIRST = (
    Pause("store-2"),
    Isolate("store-1"),
    Partition.between("store-1", "store-3"),
    DiskError("store-2"),
    SlowDisk("store-1", rate_kb_per_s=256),
)
SECOND = (
    Kill("store-3"),
    Partition.between("store-2", "store-3"),
    PowerCut("store-3"),
    DiskFull("store-3"),
)


def main() -> None:
    directory, folder, seed = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
    choose = random.Random(seed)
    with Session(Stack.load(directory, parts=["disks"])) as session, Chaos(session, folder, seed) as chaos:
        print("ready", flush=True)
        while True:
            injections = [chaos.inject(choose.choice(FIRST)), chaos.inject(choose.choice(SECOND))]
            time.sleep(choose.random() * 0.2)
            choose.shuffle(injections)
            for injection in injections:
                chaos.heal(injection)


if __name__ == "__main__":
    main()
