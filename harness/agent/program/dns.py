"""Messages of the domain name system, as far as a liar and a probe need them (RFC 1035). Pure."""

from __future__ import annotations

import struct
from dataclasses import dataclass

__all__ = ["A", "Question", "addresses", "answer", "ask", "code", "question"]

A = 1
_IN = 1
_HEADER = struct.Struct("!HHHHHH")
_TAIL = struct.Struct("!HH")
_RECORD = struct.Struct("!HHIH")
"""Type, class, time to live in seconds, and the length of what follows."""
_ASKED = 0x0100
_ANSWERED = 0x8180
_CODE = 0x000F
_POINTER = 0xC0
_TTL_S = 1
_ADDRESS_BYTES = 4


@dataclass(frozen=True, slots=True)
class Question:
    """What a message asks: a name in small letters, without its last dot, and a type; ``end`` is where it ends."""

    name: str
    kind: int
    end: int


def ask(number: int, name: str, kind: int = A) -> bytes:
    """A message that asks for a name."""
    labels = b"".join(bytes([len(label)]) + label.encode() for label in name.split(".")) + b"\0"
    return _HEADER.pack(number, _ASKED, 1, 0, 0, 0) + labels + _TAIL.pack(kind, _IN)


def question(message: bytes) -> Question | None:
    """The first question of a message; None when it cannot be read."""
    labels, at = [], _HEADER.size
    try:
        while size := message[at]:
            if size >= _POINTER:
                return None
            labels.append(message[at + 1 : at + 1 + size].decode("ascii", "replace").lower())
            at += 1 + size
        kind, _ = _TAIL.unpack_from(message, at + 1)
    except (IndexError, struct.error):
        return None
    return Question(".".join(labels), kind, at + 1 + _TAIL.size)


def answer(message: bytes, asked: Question, error: int = 0, address: bytes | None = None) -> bytes:
    """The answer to a message: an error (3: there is no such name), an address, or nothing of that type."""
    number = int.from_bytes(message[:2], "big")
    found = asked.kind == A and address is not None and not error
    header = _HEADER.pack(number, _ANSWERED | error, 1, int(found), 0, 0)
    body = header + message[_HEADER.size : asked.end]
    if found and address is not None:
        name = struct.pack("!H", _POINTER << 8 | _HEADER.size)
        body += name + _RECORD.pack(A, _IN, _TTL_S, _ADDRESS_BYTES) + address
    return body


def code(message: bytes) -> int:
    """The error of an answer; 0 is none."""
    return int.from_bytes(message[2:4], "big") & _CODE


def addresses(message: bytes) -> list[bytes]:
    """The addresses (version 4) that an answer gives."""
    asked = question(message)
    if asked is None:
        return []
    found, at = [], asked.end
    try:
        for _ in range(int.from_bytes(message[6:8], "big")):
            at = _after_name(message, at)
            kind, _, _, size = _RECORD.unpack_from(message, at)
            at += _RECORD.size
            if kind == A and size == _ADDRESS_BYTES:
                found.append(message[at : at + size])
            at += size
    except (IndexError, struct.error):
        return found
    return found


def _after_name(message: bytes, at: int) -> int:
    while size := message[at]:
        if size >= _POINTER:
            return at + 2
        at += 1 + size
    return at + 1
