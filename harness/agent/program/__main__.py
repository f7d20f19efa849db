"""``python3 -m program PROJECT``: one session over standard input and output."""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
from typing import Any

from .engine import Engine
from .ledger import Ledger
from .refusal import Failed, Refused
from .session import Session
from .wire import Writer, lines

_HEAL_WITHIN_S = 120.0


def main() -> int:
    """Serve until standard input ends, then heal."""
    # The default of 5 ms would let one busy thread hold up a heal for that long.
    sys.setswitchinterval(0.0005)
    gone = threading.Event()
    writer = Writer(sys.stdout.fileno(), gone.set)
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
        signal.signal(number, lambda *_: gone.set())
    session = Session(sys.argv[1], writer.send, Engine(), Ledger())
    try:
        session.start()
    except (Failed, Refused) as error:
        print(f"the agent cannot serve {sys.argv[1]}: {error}", file=sys.stderr)
        return 1
    threading.Thread(target=_read, args=(session, writer, gone), name="reader", daemon=True).start()
    gone.wait()
    return _heal(session)


def _read(session: Session, writer: Writer, gone: threading.Event) -> None:
    try:
        for line in lines(sys.stdin.fileno()):
            request = json.loads(line)
            threading.Thread(target=_answer, args=(session, writer, request), daemon=True).start()
    except (OSError, ValueError) as error:
        print(f"the agent's input cannot be understood: {error}", file=sys.stderr)
    finally:
        gone.set()


def _answer(session: Session, writer: Writer, request: dict[str, Any]) -> None:
    writer.send(session.answer(request))


def _heal(session: Session) -> int:
    """Heal, and leave what cannot be healed in time to the ledger and the next session."""
    remaining: list[str] = []
    healing = threading.Thread(target=lambda: remaining.extend(session.end()), daemon=True)
    healing.start()
    healing.join(_HEAL_WITHIN_S)
    return 1 if remaining or healing.is_alive() else 0


if __name__ == "__main__":
    # Not sys.exit: threads that still wait for the engine must not keep the process.
    code = main()
    sys.stderr.flush()
    os._exit(code)
