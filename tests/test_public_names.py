from __future__ import annotations

import subprocess
import sys

import harness


def test_every_public_name_is_there_and_sorted():
    """``__all__`` is what users may import; nothing in it is a promise that cannot be kept."""
    assert sorted(harness.__all__) == harness.__all__
    for name in harness.__all__:
        assert getattr(harness, name).__name__ == name


def test_the_package_and_its_plugin_import_nothing_heavy():
    """A pytest session that runs no experiment pays for no engine client, no locust and no data frames."""
    heavy = {"docker", "locust", "gevent", "polars", "httpx"}
    code = f"import sys, harness, harness.plugin; print(sorted({heavy} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
