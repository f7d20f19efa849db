"""A folder with a small Compose file, for tests that change one thing in it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

COMPOSE = """\
services:
  edge: {image: x}
  ledger-1: {image: x}
  ledger-2: {image: x}
  ledger-3: {image: x}
  cache: {image: x}
"""


@pytest.fixture
def stack_folder(tmp_path: Path) -> Callable[[str], Path]:
    """Write ``compose.yaml`` with this x-harness section; its folder."""

    def write(section: str = "", services: str = COMPOSE) -> Path:
        (tmp_path / "compose.yaml").write_text(services + section)
        (tmp_path / "locustfile.py").touch()
        return tmp_path

    return write
