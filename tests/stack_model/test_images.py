"""The stamp that decides whether images are built again."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.errors import StackModelError
from harness.stack.images import build_stamp, images_of


def config(context: Path) -> dict:
    return {"services": {"a": {"build": {"context": str(context)}}, "b": {"image": "given:1"}}}


@pytest.fixture
def context(tmp_path: Path) -> Path:
    (tmp_path / "Dockerfile").write_text("FROM x")
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "app.py").write_text("1")
    return tmp_path


def stamp(context: Path, ids=lambda _name: "sha256:1"):
    return build_stamp(config(context), "p", ids)


def test_only_what_is_built_counts(context: Path) -> None:
    """An image that is merely used is not built; a built one without a name has Compose's."""
    assert list(images_of(config(context), "p")) == ["p-a"]


def test_an_unchanged_context_has_the_same_stamp(context: Path) -> None:
    """Nothing changed: the same stamp, also after the state of the harness in the folder did."""
    before = stamp(context)
    (context / ".harness").mkdir()
    (context / ".harness" / "journal.jsonl").write_text("{}")
    assert stamp(context) == before


@pytest.mark.parametrize("change", ["content", "mode", "new", "gone", "link", "image"])
def test_a_change_changes_the_stamp(context: Path, change: str) -> None:
    """Whatever could change an image changes the stamp."""
    before = stamp(context)
    app = context / "sub" / "app.py"
    if change == "content":
        app.write_text("2")
    elif change == "mode":
        app.chmod(0o755)
    elif change == "new":
        (context / "new").touch()
    elif change == "gone":
        app.unlink()
    elif change == "link":
        (context / "link").symlink_to("nowhere")
    after = stamp(context, lambda _name: "sha256:2") if change == "image" else stamp(context)
    assert after != before


def test_a_missing_image_has_no_stamp(context: Path) -> None:
    """An image that does not exist must be built, whatever was noted."""
    assert stamp(context, lambda _name: None) is None


def test_a_missing_context_is_named(tmp_path: Path) -> None:
    """A build context that is not there is one clear error."""
    with pytest.raises(StackModelError, match="the build context is not a folder"):
        stamp(tmp_path / "nowhere")
