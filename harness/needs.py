"""Whether this host's kernel can make a fault: what `harness doctor` says, asked before anything is touched."""

from __future__ import annotations

from collections.abc import Iterable

from harness.errors import UnsupportedFault
from harness.faults.base import Fault
from harness.stack.doctor.features import FEATURES
from harness.stack.doctor.kernel import kernel_rows
from harness.stack.doctor.place import choose_place
from harness.stack.doctor.report import Row

__all__ = ["Needs"]


class Needs:
    """What faults need of the kernel; each feature is tried once."""

    def __init__(self) -> None:
        self._rows: dict[str, Row] = {}

    def check(self, faults: Iterable[Fault]) -> None:
        """Refuse the first fault that this host cannot make.

        A feature that could not be tried is no reason: the fault's evidence will show.

        Raises:
            UnsupportedFault: with the doctor's own words for what is missing, and how to get it.
        """
        wanted = [(fault, name) for fault in faults for name in getattr(fault, "needs", ())]
        self._try({name for _, name in wanted} - self._rows.keys())
        for fault, name in wanted:
            row = self._rows.get(name)
            if row is not None and row.ok is False:
                raise UnsupportedFault(
                    f"{type(fault).__name__} needs {name} of the kernel, and harness doctor says: {row.found}",
                    mend=row.mend,
                )

    def _try(self, names: set[str]) -> None:
        # What the stack itself requires works, or it would not be up.
        features = [feature for feature in FEATURES if feature.name in names and not feature.required]
        if features:
            self._rows |= {row.name: row for row in kernel_rows(choose_place(engine=True), features)}
