"""BitFlip: a disk keeps something else than was written, and says nothing."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import ClassVar

from harness.errors import ExperimentError
from harness.faults.base import Plan
from harness.faults.disks import NEEDS, PARTS, look, on_disk
from harness.faults.nodes import names
from harness.stack.node import Scene

__all__ = ["BitFlip"]

_NAME = re.compile(r"[a-z_][a-z0-9_]*(\.[a-z_][a-z0-9_]*)?")


@dataclass(frozen=True, slots=True)
class BitFlip:
    """One bit of the first row of a relation's first page is another on the node's disk.

    The node's PostgreSQL notices when it next reads the page from there (``data_checksums``); what it has in its
    memory is right, and would mend the page if it wrote it. So name a relation whose first rows change no more. Of
    several nodes that `on` names it is the first: disks do not rot together.

    Heals: by rebuilding the node: its disk is emptied while it stands still, it is killed and started, and copies the
    primary. Where the page is right again it is left as it is.

    Recovery: checksums tell the page when it is read, and nothing wrong is answered from it; the others hold the right
    one, and the node is built anew from them.

    Attributes:
        on: selector of the node; a primary's heal is a failover, too.
        relation: name of a table or an index, ``books.entries``.
        database: name of its database.
    """

    instant: ClassVar[bool] = False
    destroys: ClassVar[bool] = False
    needs: ClassVar[tuple[str, ...]] = NEEDS
    parts: ClassVar[frozenset[str]] = PARTS

    on: str
    relation: str
    database: str

    def __post_init__(self) -> None:
        for name in (self.relation, self.database):
            if not _NAME.fullmatch(name):
                raise ExperimentError(
                    "BitFlip: this is not the name of a relation or a database",
                    where=repr(name),
                    mend="Write schema.table in lower case, e.g. books.entries",
                )

    def selectors(self) -> tuple[str, ...]:
        """The one."""
        return (self.on,)

    def plan(self, scene: Scene) -> Plan:
        """Evidence: the checksum of the page on the disk is wrong; afterwards it is right."""
        command = ["psql", "-XAtq", "-d", self.database, "-U", "postgres", "-v", "ON_ERROR_STOP=1"]
        # The page must be on the disk before it can be wrong there.
        for statement in ("CHECKPOINT", self._where):
            command += ["-c", statement]
        node = scene.resolve(self.on)[0]
        return Plan(
            nodes=(node,),
            inject=(on_disk(node, "disk.flip", command=command),),
            heal=(on_disk(node, "disk.rebuild"),),
            probes=(look(node, "page", command=command),),
            resolved={self.on: names([node])},
        )

    @property
    def _where(self) -> str:
        return f"SELECT current_setting('data_directory') || '/' || pg_relation_filepath('{self.relation}')"
