"""Where this machine gets its packages from, so that no address has to stand in this project.

Reads both forms of apt's sources: one line a source, and stanzas (deb822).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Source", "debian_archives", "parse_one_line", "parse_stanzas", "rank", "read_sources"]

_ONE_LINE = re.compile(
    r"^deb\s+(?:\[(?P<options>[^\]]*)\]\s*)?(?P<uri>\S+)\s+(?P<suite>\S+)\s*(?P<components>[^#]*)"
)
_SIGNED_BY = re.compile(r"signed-by=(\S+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Source:
    """One archive and suite that binary packages come from.

    Attributes:
        uri: the archive's address, without a slash at the end.
        suite: the release or part of it (``bookworm``, ``bookworm-security``).
        components: ``main`` and others.
        signed_by: the keyring that is named for it, or "".
    """

    uri: str
    suite: str
    components: tuple[str, ...]
    signed_by: str = ""


def parse_one_line(text: str) -> list[Source]:
    """The sources of a ``.list`` file."""
    matches = (_ONE_LINE.match(line.strip()) for line in text.splitlines())
    return [_from_line(match) for match in matches if match]


def parse_stanzas(text: str) -> list[Source]:
    """The sources of a ``.sources`` file (deb822)."""
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    stanzas = re.split(r"\n[ \t]*\n", "\n".join(lines))
    return [source for stanza in stanzas for source in _from_fields(_fields(stanza))]


def read_sources(apt: Path = Path("/etc/apt")) -> list[Source]:
    """Every source that this machine's apt uses, in apt's order."""
    found = _read(apt / "sources.list", parse_one_line)
    for path in sorted((apt / "sources.list.d").glob("*")):
        if path.suffix == ".list":
            found += _read(path, parse_one_line)
        elif path.suffix == ".sources":
            found += _read(path, parse_stanzas)
    return found


def rank(sources: Iterable[Source]) -> list[Source]:
    """Those that may be Debian's main archive, the likeliest first, each address once.

    Any vendor may call its suite ``bookworm`` and its component ``main``. What tells Debian's own archive
    is its keyring and its folder; that a guess is right is proved by the signature when it is used.
    """
    likely = [source for source in sources if _score(source) > 0]
    likely.sort(key=_score, reverse=True)
    return list({source.uri: source for source in reversed(likely)}.values())[::-1]


def debian_archives(apt: Path = Path("/etc/apt")) -> list[Source]:
    """Debian's archive as this machine reaches it, the likeliest first; empty where there is none."""
    resolved = [_through_mirror_list(source) for source in rank(read_sources(apt))]
    return [source for source in resolved if source.uri.startswith(("http:", "https:", "file:"))]


def _score(source: Source) -> int:
    # security and updates hold only a part of the packages
    if "main" not in source.components or "-" in source.suite:
        return 0
    by_key = 2 if "debian-archive-keyring" in source.signed_by else 0
    by_folder = 1 if re.search(r"/(debian|debian\.list)$", source.uri) else 0
    return by_key + by_folder


def _through_mirror_list(source: Source) -> Source:
    """The first address of a local list of mirrors; an image cannot read this host's list."""
    if not source.uri.startswith("mirror+file:"):
        return source
    path = Path("/" + source.uri.removeprefix("mirror+file:").lstrip("/"))
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    first = next((line.split()[0] for line in lines if line.strip() and not line.startswith("#")), "")
    return Source(first.rstrip("/"), source.suite, source.components, source.signed_by)


def _from_line(match: re.Match[str]) -> Source:
    signed = _SIGNED_BY.search(match["options"] or "")
    components = tuple(match["components"].split())
    return Source(match["uri"].rstrip("/"), match["suite"], components, signed[1] if signed else "")


def _from_fields(fields: dict[str, str]) -> list[Source]:
    if "deb" not in fields.get("types", "").split() or fields.get("enabled", "yes").lower() in (
        "no",
        "false",
    ):
        return []
    components = tuple(fields.get("components", "").split())
    signed_by = fields.get("signed-by", "").strip()
    return [
        Source(uri.rstrip("/"), suite, components, signed_by)
        for uri in fields.get("uris", "").split()
        for suite in fields.get("suites", "").split()
    ]


def _fields(stanza: str) -> dict[str, str]:
    """Field names in lower case with their values; a line that begins with a blank goes on."""
    fields: dict[str, str] = {}
    name = ""
    for line in stanza.splitlines():
        if line[:1] in (" ", "\t"):
            fields[name] = f"{fields.get(name, '')} {line.strip()}"
        elif ":" in line:
            name, _, value = line.partition(":")
            name = name.strip().lower()
            fields[name] = value.strip()
    return fields


def _read(path: Path, parse: Callable[[str], list[Source]]) -> list[Source]:
    return parse(path.read_text(encoding="utf-8", errors="replace")) if path.is_file() else []
