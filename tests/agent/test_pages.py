"""PostgreSQL's page checksums, on a page that PostgreSQL 17 wrote."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.agent.program import pages
from harness.agent.program.refusal import Failed

PAGE = (Path(__file__).parents[1] / "stack" / "faults" / "node" / "relation.page").read_bytes()


def test_a_real_page_has_its_right_checksum():
    """It is block 0 of its table, and of no other place."""
    assert pages.is_right(PAGE)
    assert not pages.is_right(PAGE, block=1)


@given(st.integers(0, len(PAGE) * 8 - 1))
def test_any_flipped_bit_is_seen(bit):
    """Wherever it is, the checksum itself included."""
    flipped = bytearray(PAGE)
    flipped[bit // 8] ^= 1 << bit % 8
    assert not pages.is_right(bytes(flipped))


def test_what_is_no_whole_page_is_not_right():
    """A page that was never written, and half of one."""
    assert not pages.is_right(bytes(len(PAGE)))
    assert not pages.is_right(PAGE[:100])


def test_a_flip_changes_one_bit_of_a_row_and_only_of_a_right_page(tmp_path):
    """A page that is wrong already would prove nothing."""
    file = tmp_path / "relation"
    file.write_bytes(PAGE * 2)
    pages.flip(file)
    changed = [
        number for number, (a, b) in enumerate(zip(file.read_bytes(), PAGE * 2, strict=True)) if a != b
    ]
    assert changed == [len(PAGE) - 16]
    with pytest.raises(Failed, match="no right checksum before the fault"):
        pages.flip(file)
