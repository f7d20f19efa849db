"""The history of a run: every operation's invocation and completion, in order, as the load recorded it.

``history.jsonl`` holds one JSON object a line; times are seconds of CLOCK_MONOTONIC:

=======  ==================================================================================================
t        further keys
=======  ==================================================================================================
header   ``schema`` (1), ``run``, ``clock``, ``seed``, ``closed`` (true: users who waited for answers)
invoke   ``key``, ``kind``, ``write``, ``attempt`` (from 1), ``intended_at``, ``at``, ``request`` (of a
         write's first attempt: ``debtor``, ``creditor``, ``amount``, ``currency``); where there is
         something to say: ``forbidden`` (true: it must be refused), ``after`` (the position of the
         database's log that the reader sent along) and ``reads`` (the payment that it asks for)
done     ``key``, ``attempt``, ``at``, ``outcome``, ``status``, ``error``, ``node``, ``payment_id``; where
         the answer tells: ``writer`` (``ledger-2/3``: the database's node and timeline that made the
         acknowledgement), ``seen`` (the payment's status) and ``position`` (of the log: ``0/16B3748``)
drop     ``key``, ``kind``, ``write``, ``intended_at``, ``at``, ``forbidden``: never sent, the in-flight bound
         was reached
end      ``at``: the load stopped in order; without this line it died
=======  ==================================================================================================
"""

from harness.history.reader import History, read_history
from harness.history.schema import ATTEMPTS, OPERATIONS, Outcome
from harness.history.writer import HistoryWriter

__all__ = ["ATTEMPTS", "OPERATIONS", "History", "HistoryWriter", "Outcome", "read_history"]
