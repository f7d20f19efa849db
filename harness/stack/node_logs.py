"""The logs of every node of a stack, one file each, without passwords."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path

from harness.stack.engine import Container, Engine
from harness.stack.passwords import redact

__all__ = ["last_lines", "write_logs"]


def write_logs(
    engine: Engine,
    named: Iterable[tuple[str, Container]],
    into: Path,
    passwords: Mapping[str, str],
    since: datetime | None = None,
) -> list[Path]:
    """Write ``<name>.log`` for each container; the files, in order.

    Args:
        engine: the engine.
        named: each container with the name of its file.
        into: the folder; made when it is missing.
        passwords: what must not be shown, by its name.
        since: leave out what is older.

    Raises:
        EngineError: a log could not be read.
    """
    into.mkdir(parents=True, exist_ok=True)
    written = []
    for name, container in named:
        file = into / f"{name}.log"
        with file.open("wb") as out:
            out.writelines(redact(line, passwords) for line in engine.log(container.id, since=since))
        written.append(file)
    return written


def last_lines(engine: Engine, container: Container, passwords: Mapping[str, str], count: int = 15) -> str:
    """The last lines that a container printed, indented, without passwords."""
    lines = (redact(line, passwords) for line in engine.log(container.id, tail=count))
    text = "".join("    " + line.decode(errors="replace") for line in lines)
    return text.rstrip("\n") or "    (it printed nothing)"
