"""The history of a run: every operation's invocation and completion, in order, as the load recorded it.

``history.jsonl`` holds one JSON object a line; times are seconds of CLOCK_MONOTONIC:

=======  ==================================================================================================
t        further keys
=======  ==================================================================================================
header   ``schema`` (1), ``run``, ``clock``, ``seed``, ``closed`` (true: users who waited for answers)
invoke   ``key``, ``kind``, ``write``, ``attempt`` (from 1), ``intended_at``, ``at``, ``request`` (of a
         write's first attempt: ``debtor``, ``creditor``, ``amount``, ``currency``), ``forbidden`` (optional,
         false: it must be refused), ``after`` (optional: the position that a read must not be behind)
done     ``key``, ``attempt``, ``at``, ``outcome``, ``status``, ``error``, ``node``, ``payment_id``; optional:
         ``seen`` (the payment's status in the answer), ``writer`` (the database's node and timeline that
         acknowledged, ``ledger-2/3``), ``position`` (of its log, at or beyond what the answer shows)
drop     ``key``, ``kind``, ``write``, ``intended_at``, ``at``, ``forbidden`` (optional): never sent, the
         in-flight bound was reached
end      ``at``: the load stopped in order; without this line it died
=======  ==================================================================================================
"""

from harness.history.reader import History, read_history
from harness.history.schema import ATTEMPTS, OPERATIONS, Outcome
from harness.history.writer import HistoryWriter

__all__ = ["ATTEMPTS", "OPERATIONS", "History", "HistoryWriter", "Outcome", "read_history"]
