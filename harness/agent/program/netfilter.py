"""The kernel's packet filter, one namespace at a time."""

from __future__ import annotations

import subprocess
from functools import cache

from . import rules
from .namespaces import run_in
from .refusal import Failed

__all__ = ["change", "clean", "counted", "marks", "saved"]

_TABLES = ("filter", "nat")
_PROGRAM = {4: "iptables", 6: "ip6tables"}


@cache
def variant() -> str:
    """``nft`` where this kernel has it, else ``legacy``. Found by trying. Raises Failed for neither."""
    for name in ("nft", "legacy"):
        argv = [f"iptables-{name}", "-t", "filter", "-S"]
        if subprocess.run(argv, capture_output=True, timeout=10, check=False).returncode == 0:
            return name
    raise Failed("neither iptables-nft nor iptables-legacy works: the kernel lacks nf_tables and ip_tables")


def change(pid: int, script: str, version: int = 4) -> None:
    """Apply a script to the namespace of a process, whole or not at all. Raises Failed."""
    argv = [f"{_PROGRAM[version]}-{variant()}-restore", "--noflush", "--wait", "5"]
    code, _, errors = run_in(pid, argv, script)
    if code:
        raise Failed(f"{argv[0]} refused: {errors.strip() or f'exit code {code}'}")


def saved(pid: int, version: int = 4, table: str | None = None) -> str:
    """A table of the namespace of a process, by default all that rules of ours can be in. Raises Failed."""
    program = f"{_PROGRAM[version]}-{variant()}-save"
    return "".join(_save(pid, [program, "-t", name]) for name in ([table] if table else _TABLES))


def _save(pid: int, argv: list[str]) -> str:
    code, text, errors = run_in(pid, argv)
    if code and argv[-1] == "nat":
        return ""  # a kernel without it has no rules in it
    if code:
        raise Failed(f"{argv[0]} failed: {errors.strip() or f'exit code {code}'}")
    return text


def clean(pid: int, version: int = 4, stem: str = rules.FAULT) -> list[str]:
    """Take faults' rules out of a namespace, by looking. Returns what was there. Raises Failed."""
    text = saved(pid, version)
    script = rules.clean(text, stem)
    if script:
        change(pid, script, version)
    return rules.marks(text) if script else []


def marks(pid: int, version: int = 4) -> list[str]:
    """The faults whose rules are in a namespace now. Raises Failed."""
    return rules.marks(saved(pid, version))


def counted(pid: int, injection: str) -> tuple[int, int]:
    """Bytes that the load sent to the proxy and received through it, by the rules' counters. Raises Failed."""
    program = f"-{variant()}-save"
    texts = (_save(pid, [f"{_PROGRAM[version]}{program}", "-c", "-t", "filter"]) for version in _PROGRAM)
    return rules.counted("".join(texts), injection)
