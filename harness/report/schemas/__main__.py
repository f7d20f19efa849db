"""``python -m harness.report.schemas [FOLDER]``: write every schema again."""

from __future__ import annotations

import sys
from pathlib import Path

from harness.report.schemas import SCHEMAS, text
from harness.run_folder import write_atomically


def main(folder: Path) -> None:
    """Write each schema into the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in SCHEMAS:
        write_atomically(folder / name, text(name))


if __name__ == "__main__":
    main(Path(*sys.argv[1:2] or ["docs/schemas"]))
