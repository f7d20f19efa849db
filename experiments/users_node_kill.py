"""One of the two users nodes dies while people log in and change their profiles; the other one serves them all.

Steady state: 90 of 100 operations are acknowledged within a second of their intended time.

Recovery strategy: requests in flight on the dead node break and their clients send them again, a change with the same
key; the edge marks the node down after its health checks (every second, two failures) and sends everybody to the other.
Nobody logs in anew: sessions are in the replicated database, and no node remembers one. Started again, the node takes
its share when it says that it is ready.

Expectation: RTO <= 5 s: two health checks of a second each, then the client's time-out of two seconds and its backoff.
The people's profiles are read at no older version than was acknowledged, and the payments beside them stay whole.

Alert: UsersNodeDown (docs/runbooks/UsersNodeDown.md) within 14 s: 4 s that it must last, and 10 s as every alert
(docs/monitoring.md). Resolved within 15 s of the heal: 5 s until the node serves again, and 10 s.
"""

from harness import (
    Availability,
    Converged,
    Detected,
    Experiment,
    Healed,
    Injection,
    Kill,
    LedgerBalanced,
    Load,
    NoDuplicatePayments,
    NoLostPayments,
    NoPhantomPayments,
    Phases,
    Rto,
)

experiment = Experiment(
    hypothesis="When one users node dies, the other one takes over within 5 s and every session stays good.",
    load=Load(
        rate_per_s=20,
        mix={"log_in": 1, "read_profile": 4, "change_profile": 2, "create_payment": 2, "read_payment": 1},
    ),
    injections=[Injection(Kill("users:one"), at_s=10, for_s=15)],
    phases=Phases(fault_s=37),
    expect=[
        Detected(alert="UsersNodeDown", max_s=14, resolved_max_s=15),
        Rto(max_s=5),
        NoLostPayments(),
        NoDuplicatePayments(),
        NoPhantomPayments(),
        LedgerBalanced(),
        Availability(min_ratio=0.85),
        Converged(),
        Healed(),
    ],
    tags=["service"],
    profile="full",
)
