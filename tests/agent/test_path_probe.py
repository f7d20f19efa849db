"""The probe of paths: what it tries, and how often."""

from __future__ import annotations

import errno
import os
from fnmatch import fnmatchcase
from pathlib import Path

import pytest

from harness.agent.program.evidence import paths
from harness.agent.program.evidence.paths import matches, sample, tries


@pytest.mark.parametrize("path", ["data/pg_wal/**", "data/base/1*", "log/?a*", "**"])
def test_the_file_that_is_tried_is_one_that_the_rule_means(path) -> None:
    """In the same folder, and with a name that nobody has."""
    tried = sample(path)
    assert Path(tried).parent == Path(path).parent
    assert fnmatchcase(tried, path.replace("**", "*"))
    assert ".harness-probe" in tried


@pytest.mark.parametrize(
    ("path", "is_hit"), [("**", True), ("*", True), ("*.conf", False), ("log/**", False), ("log/*", False)]
)
def test_whether_the_file_beside_is_of_the_rule_too(path, is_hit) -> None:
    """Then there is no file beside."""
    assert matches(path, ".harness-probe") is is_hit


@pytest.mark.parametrize("share", [0.05, 0.3, 0.9])
def test_a_look_misses_a_share_once_in_a_million(share) -> None:
    """And makes no more calls than that needs."""
    assert (1 - share) ** tries(share) <= 1e-6 < (1 - share) ** (tries(share) - 1)
    assert tries(1) == 1


@pytest.mark.parametrize("of", [["create"], ["write", "fsync"], ["open"], ["read"]])
def test_the_calls_go_well_and_nothing_stays(tmp_path, of) -> None:
    """Each says so, and the file is gone."""
    assert set(paths._calls(str(tmp_path / "x"), of)) == {0}
    assert not list(tmp_path.iterdir())


def test_a_call_that_fails_says_how_and_nothing_stays(tmp_path, monkeypatch) -> None:
    """The write's error, after a create that went well."""

    def full(_file, _data):
        raise OSError(errno.ENOSPC, "full")

    monkeypatch.setattr(os, "write", full)
    assert list(paths._calls(str(tmp_path / "x"))) == [0, errno.ENOSPC]
    assert not list(tmp_path.iterdir())
