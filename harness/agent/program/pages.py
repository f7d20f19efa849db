"""Pages of PostgreSQL's relations, and whether their checksums are right.

The checksum is an FNV-1a of 32 columns side by side, folded and mixed with the block's number; PostgreSQL's
src/include/storage/checksum_impl.h describes it.
"""

from __future__ import annotations

import os
import struct
from pathlib import Path

from .refusal import Failed

__all__ = ["PAGE_BYTES", "checksum", "flip", "is_right", "read"]

PAGE_BYTES = 8192
_COLUMNS = 32
_PRIME = 16777619
_MASK = 0xFFFFFFFF
_BASES = (
    *(0x5B1F36E9, 0xB8525960, 0x02AB50AA, 0x1DE66D2A, 0x79FF467A, 0x9BB9F8A3, 0x217E7CD2, 0x83E13D2C),
    *(0xF8D4474F, 0xE39EB970, 0x42C6AE16, 0x993216FA, 0x7B093B5D, 0x98DAFF3C, 0xF718902A, 0x0B1C9CDB),
    *(0xE58F764B, 0x187636BC, 0x5D7B3BB1, 0xE73DE7DE, 0x92BEC979, 0xCCA6C0B2, 0x304A0979, 0x85AA43D4),
    *(0x783125BB, 0x6CA8EAA2, 0xE407EAC6, 0x4B5CFC3E, 0x9FBF8C76, 0x15CA20BE, 0xF2CA9FD3, 0x959BD756),
)
_AT = 8
"""Where a page keeps its own checksum: two bytes, which count as zero while it is computed."""
_FLIPPED_AT = PAGE_BYTES - 16
"""Rows are laid from a page's end: this is within the first one."""


def checksum(page: bytes, block: int) -> int:
    """What the checksum of a page should be."""
    words = struct.unpack("<2048I", page[:_AT] + b"\0\0" + page[_AT + 2 :])
    folded = block
    for column, base in enumerate(_BASES):
        mixed = base
        for value in (*words[column::_COLUMNS], 0, 0):
            word = mixed ^ value
            mixed = (word * _PRIME & _MASK) ^ (word >> 17)
        folded ^= mixed
    return folded % 65535 + 1


def is_right(page: bytes, block: int = 0) -> bool:
    """Whether a page is whole and its checksum right. A page that is all zeros has none, and is not."""
    kept = int.from_bytes(page[_AT : _AT + 2], "little") if len(page) == PAGE_BYTES else 0
    return kept != 0 and kept == checksum(page, block)


def read(file: Path) -> bytes:
    """The first page of a relation, from the disk and not from the kernel's cache. Raises OSError."""
    descriptor = os.open(file, os.O_RDONLY)
    try:
        os.posix_fadvise(descriptor, 0, PAGE_BYTES, os.POSIX_FADV_DONTNEED)
        return os.pread(descriptor, PAGE_BYTES, 0)
    finally:
        os.close(descriptor)


def flip(file: Path) -> None:
    """Flip one bit of the first row of a relation's first page, and have it on the disk. Raises Failed."""
    try:
        if not is_right(read(file)):
            raise Failed(f"the first page of {file.name} has no right checksum before the fault")
        descriptor = os.open(file, os.O_RDWR)
        try:
            (byte,) = os.pread(descriptor, 1, _FLIPPED_AT)
            os.pwrite(descriptor, bytes([byte ^ 1]), _FLIPPED_AT)
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
    except OSError as error:
        raise Failed(f"{file.name}: the bit could not be flipped: {error.strerror}") from error
