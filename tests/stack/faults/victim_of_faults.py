"""``victim_of_faults.py PROJECT JOURNAL [FAULT...]``: injects, says so, and asks the agent when told to."""

import sys
from pathlib import Path

from faultlab import Lab

from harness.errors import AgentError
from harness.faults.catalogue import (
    AcquirerRefuses,
    ClockSkew,
    ConnectionsExhausted,
    CpuBurn,
    CpuQuota,
    DiskError,
    Dns,
    ErrorOnPath,
    FileDescriptors,
    HalfOpen,
    Isolate,
    Kill,
    LinkLatency,
    MemoryLimit,
    MirrorBothLost,
    MirrorHalfLost,
    PacketLoss,
    Pause,
    PortBlocked,
    ProcessStopped,
    RateLimit,
)

lab = Lab(sys.argv[1])
agent = lab.connect()
injector = lab.injector(agent, Path(sys.argv[2]))
FAULTS = {
    "rules": Isolate("a"),
    "pause": Pause("b"),
    "start": Kill("c"),
    "loss": PacketLoss("a", 0.2, peers="b"),
    "half-open": HalfOpen("a", "c"),
    "port": PortBlocked("b", 8000),
    "rate": RateLimit("b", 1000),
    "names": Dns.nxdomain("a", "b"),
    "quota": CpuQuota("busy", 0.02),
    "clock": ClockSkew("clocked", 300),
    "burn": CpuBurn("b"),
    "memory": MemoryLimit("d", 8),
    "descriptors": FileDescriptors("c", "node.py"),
    "slots": ConnectionsExhausted("b"),
    "mode": AcquirerRefuses("bank"),
    "path": ErrorOnPath("laid", "log/**", error="EIO"),
    "disk": DiskError("store"),
    "half": MirrorHalfLost("twin"),
    "both": MirrorBothLost("twin"),
    "stopped": ProcessStopped("b", "lab-worker"),
}
names = sys.argv[3:] or ["rules", "pause", "start"]
if "link" in names:
    FAULTS["link"] = LinkLatency("a->b", 300)
    held = lab.interposed(agent, Path(sys.argv[2]), "a->b")
    held.__enter__()
for number, name in enumerate(names, 1):
    injector.inject(f"i{number}", FAULTS[name])
print("injected", flush=True)
for _ in sys.stdin:
    try:
        print(agent.call("hello"), flush=True)
    except AgentError as error:
        print(error, flush=True)
