"""``victim_of_faults.py PROJECT JOURNAL [FAULT...]``: injects, says so, and asks the agent when told to."""

import sys
from pathlib import Path

from faultlab import Lab

from harness.errors import AgentError
from harness.faults.catalogue import DiskError, Isolate, Kill, Pause

lab = Lab(sys.argv[1])
agent = lab.connect()
injector = lab.injector(agent, Path(sys.argv[2]))
FAULTS = {"rules": Isolate("a"), "pause": Pause("b"), "start": Kill("c"), "disk": DiskError("store")}
for number, name in enumerate(sys.argv[3:] or ("rules", "pause", "start"), 1):
    injector.inject(f"i{number}", FAULTS[name])
print("injected", flush=True)
for _ in sys.stdin:
    try:
        print(agent.call("hello"), flush=True)
    except AgentError as error:
        print(error, flush=True)
