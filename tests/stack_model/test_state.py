"""What the harness keeps about a project: its name, its folder, its lock, its passwords."""

from __future__ import annotations

import re
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import BusyError, StackModelError
from harness.stack.passwords import keep_passwords, read_passwords, redact
from harness.stack.state import StateDir, project_name


@given(st.text(alphabet=st.characters(exclude_characters="/\0", codec="utf-8"), min_size=1, max_size=20))
def test_any_folder_gives_a_project_name_that_compose_takes(folder: str) -> None:
    """Whatever a folder is called, its project's name is one that Compose accepts."""
    assert re.fullmatch(r"[a-z0-9][a-z0-9_-]*-[0-9a-f]{6}", project_name(Path("/stacks") / folder))


def test_two_checkouts_have_two_names(monkeypatch) -> None:
    """Folders of one name at two places are two projects; the same folder is always the same one."""
    monkeypatch.delenv("HARNESS_PROJECT", raising=False)
    assert project_name(Path("/a/payments")) != project_name(Path("/b/payments"))
    assert project_name(Path("/a/payments")) == project_name(Path("/a/b/../payments"))


def test_a_given_name_wins(monkeypatch) -> None:
    """--project wins over HARNESS_PROJECT, which wins over the path; a bad one is refused."""
    monkeypatch.setenv("HARNESS_PROJECT", "other")
    assert project_name(Path("/a")) == "other"
    assert project_name(Path("/a"), "mine") == "mine"
    with pytest.raises(StackModelError, match="'Mine!' is not a project name"):
        project_name(Path("/a"), "Mine!")


def test_the_folder_is_the_owners_alone(tmp_path: Path) -> None:
    """The state folder is 0700, also when it was there and was not."""
    state = StateDir(tmp_path / "p")
    (tmp_path / "p").mkdir(mode=0o755)
    state.write("up.json", {"a": 1})
    assert stat.S_IMODE((tmp_path / "p").stat().st_mode) == 0o700
    assert state.read("up.json") == {"a": 1}
    state.forget("up.json", "never.json")
    assert state.read("up.json") == {}


def test_a_file_that_was_cut_off_is_as_good_as_none(tmp_path: Path) -> None:
    """A crash in the middle of an older write does not stop the next start."""
    (tmp_path / "up.json").write_text('{"a": ')
    assert StateDir(tmp_path).read("up.json") == {}


def test_the_lock_keeps_another_process_out(tmp_path: Path) -> None:
    """While another process holds the project, BusyError names it; when it is gone the lock is free."""
    code = (
        "import sys; from pathlib import Path; from harness.stack.state import StateDir\n"
        f"with StateDir(Path({str(tmp_path)!r})).lock():\n    print('held', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as other:
        assert other.stdout.readline() == b"held\n"
        with pytest.raises(BusyError, match=str(other.pid)), StateDir(tmp_path).lock():
            pass
        other.kill()
        other.wait()
    with StateDir(tmp_path).lock():
        pass


def test_passwords_are_made_once_and_are_the_owners_alone(tmp_path: Path) -> None:
    """A password is 32 random letters and digits, kept as long as its file, readable by its owner."""
    file = tmp_path / "secrets.env"
    first = keep_passwords(file, ["A", "B"])
    assert all(re.fullmatch(r"[A-Za-z0-9]{32}", value) for value in first.values())
    assert first["A"] != first["B"]
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    more = keep_passwords(file, ["B", "C"])
    assert more["B"] == first["B"]
    assert read_passwords(file) == first | more


def test_redacting_leaves_no_password(tmp_path: Path) -> None:
    """A line that quotes a password names it instead."""
    passwords = keep_passwords(tmp_path / "s", ["A"])
    line = f"connect {passwords['A']}@db {passwords['A']}".encode()
    assert redact(line, passwords) == b"connect [A]@db [A]"
