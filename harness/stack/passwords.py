"""Passwords: made when the stack comes up, kept outside the tracked files, and shown nowhere."""

from __future__ import annotations

import os
import secrets
import string
from collections.abc import Iterable, Mapping
from pathlib import Path

__all__ = ["keep_passwords", "read_passwords", "redact"]

_LETTERS = string.ascii_letters + string.digits
"""No character that a shell, a URL or a connection string would read otherwise."""
_LENGTH = 32


def keep_passwords(file: Path, names: Iterable[str]) -> dict[str, str]:
    """The passwords of these names; those that the file lacks are made and added (mode 0600)."""
    known = read_passwords(file)
    wanted = {name: known.get(name) or _fresh() for name in names}
    everything = known | wanted
    if everything != known or not file.exists():
        _write(file, everything)
    file.chmod(0o600)
    return wanted


def read_passwords(file: Path) -> dict[str, str]:
    """Every password of the file; none when there is no file."""
    if not file.exists():
        return {}
    pairs = (line.partition("=") for line in file.read_text(encoding="utf-8").splitlines() if "=" in line)
    return {name: value for name, _, value in pairs}


def redact(text: bytes, passwords: Mapping[str, str]) -> bytes:
    """The text with each password replaced by its name."""
    for name, value in passwords.items():
        text = text.replace(value.encode(), f"[{name}]".encode())
    return text


def _fresh() -> str:
    return "".join(secrets.choice(_LETTERS) for _ in range(_LENGTH))


def _write(file: Path, passwords: Mapping[str, str]) -> None:
    fresh = file.with_name(f"{file.name}.new")
    fresh.unlink(missing_ok=True)
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as out:
        out.writelines(f"{name}={value}\n" for name, value in passwords.items())
    fresh.replace(file)
