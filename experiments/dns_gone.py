"""No name is answered any more, for nobody; payments go on over what is connected and remembered.

Steady state: 90 of 100 operations are acknowledged within a second of their intended time.

Recovery strategy: sessions between payments nodes, router and ledger stand, and so do Patroni's to etcd. The edge and
the router resolve while running, and keep the last address that they learnt for 30 s when there is no answer. A new
session of a payments node needs a name: it waits a second for it (one try), and the client is told that nothing
happened.

Expectation: RTO <= 3 s: the pools are as large as the load of the baseline made them, and a burst beyond it waits a
second for a name and a second for the client's backoff. No failover: nothing that renews the leader key needs a name.
"""

from harness import (
    Availability,
    Converged,
    Dns,
    Experiment,
    Healed,
    Injection,
    LedgerBalanced,
    Load,
    NoDuplicatePayments,
    NoLostPayments,
    NoPhantomPayments,
    Phases,
    Rto,
    SingleWriter,
)

experiment = Experiment(
    hypothesis="When no name is answered for 20 s, payments go on within 3 s, and nothing fails over.",
    load=Load(rate_per_s=40),
    phases=Phases(fault_s=30),
    injections=[
        Injection(Dns.silence(group), at_s=at_s, for_s=20)
        for at_s, group in enumerate(("edge", "payments", "ledger-router", "ledger", "etcd"), start=10)
    ],
    expect=[
        Rto(max_s=3),
        NoLostPayments(),
        NoDuplicatePayments(),
        NoPhantomPayments(),
        LedgerBalanced(),
        Availability(min_ratio=0.95),
        Converged(),
        SingleWriter(),
        Healed(),
    ],
    tags=["network", "service"],
)
