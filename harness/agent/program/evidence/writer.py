"""Writes as the node would: a process in the node's control group, so that what slows the node slows it.

``python3 -m program.evidence.writer FOLDER BYTES`` says that it is ready, waits for a line (so that whoever started it
can put it into the group), writes so many bytes past every cache, and prints the seconds.
"""

from __future__ import annotations

import mmap
import os
import sys
import time


def main(folder: str, size: int) -> None:
    """Write once."""
    block = mmap.mmap(-1, size)  # page-aligned, as direct writes must be
    print("ready", flush=True)
    sys.stdin.readline()
    file = os.open(folder, os.O_TMPFILE | os.O_RDWR | os.O_DIRECT, 0o600)
    begun = time.monotonic()
    os.write(file, block)
    print(time.monotonic() - begun)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
