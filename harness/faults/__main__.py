"""``python -m harness.faults``: write anew what is made from the faults, in the checkout that this is."""

from __future__ import annotations

from pathlib import Path

from harness.faults.discover import discover
from harness.faults.generate import generated

if __name__ == "__main__":
    for path, text in generated(Path(__file__).parents[2], discover()).items():
        path.write_text(text, encoding="utf-8")
