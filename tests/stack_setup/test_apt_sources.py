"""Both forms of apt's sources are read, and Debian's own archive is told from others."""

from __future__ import annotations

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from harness.stack.setup.apt import read_policy
from harness.stack.setup.apt_sources import Source, debian_archives, parse_one_line, parse_stanzas, rank

WORD = st.from_regex(r"[a-z][a-z0-9.]{0,8}", fullmatch=True)
URI = st.builds("http://{}/{}".format, WORD, WORD)
KEY = st.one_of(st.just(""), st.builds("/usr/share/keyrings/{}.gpg".format, WORD))
SOURCES = st.lists(
    st.builds(Source, URI, WORD, st.lists(WORD, min_size=1, max_size=3).map(tuple), KEY), max_size=4
)

DEBIAN = Source(
    "http://mirror.test/debian", "bookworm", ("main",), "/usr/share/keyrings/debian-archive-keyring.gpg"
)
VENDOR = Source("http://vendor.test/apt", "bookworm", ("main",), "/usr/share/keyrings/vendor.gpg")


def as_line(source: Source) -> str:
    options = f"[arch=amd64 signed-by={source.signed_by}] " if source.signed_by else ""
    return f"deb {options}{source.uri}/ {source.suite} {' '.join(source.components)} # a comment"


def as_stanza(source: Source) -> str:
    signed = f"\nSigned-By: {source.signed_by}" if source.signed_by else ""
    components = "\n ".join(source.components)
    place = f"# a comment\nURIs: {source.uri}\nSuites: {source.suite}"
    return f"Types: deb deb-src\n{place}\nComponents: {components}{signed}"


@given(SOURCES)
def test_one_line_a_source(sources: list[Source]) -> None:
    """What is written in lines is read back, between comments and sources of source code."""
    text = "\n".join(
        ["# deb http://off.test/debian off main", *map(as_line, sources), "deb-src http://a.test b main"]
    )
    assert parse_one_line(text) == sources


@given(SOURCES)
def test_stanzas(sources: list[Source]) -> None:
    """What is written in stanzas is read back, continued lines and comments included."""
    assert parse_stanzas("\n\n".join(map(as_stanza, sources))) == sources


@given(st.text())
def test_any_text_is_read_without_an_error(text: str) -> None:
    """A broken file of somebody else stops nothing."""
    parse_one_line(text)
    parse_stanzas(text)


def test_a_stanza_of_many_suites_and_one_that_is_off() -> None:
    """Each suite of each address is a source; a disabled stanza and one of source code only are none."""
    text = "Types: deb\nURIs: http://a.test/x http://b.test/x/\nSuites: s s-updates\nComponents: main\n"
    assert [(each.uri, each.suite) for each in parse_stanzas(text)] == [
        ("http://a.test/x", "s"),
        ("http://a.test/x", "s-updates"),
        ("http://b.test/x", "s"),
        ("http://b.test/x", "s-updates"),
    ]
    assert parse_stanzas(text + "Enabled: no\n") == []
    assert parse_stanzas(text.replace("deb", "deb-src")) == []


@given(st.permutations([DEBIAN, VENDOR, Source("http://third.test/debian", "bookworm", ("main",))]))
def test_debian_comes_before_who_calls_itself_so(sources: list[Source]) -> None:
    """The keyring tells more than the folder, and a vendor's archive with Debian's suite name is left out."""
    assert [each.uri for each in rank(sources)] == ["http://mirror.test/debian", "http://third.test/debian"]


def test_security_updates_and_other_components_are_not_the_archive() -> None:
    """They lack most packages."""
    partial = [
        Source("http://mirror.test/debian", "bookworm-updates", ("main",), DEBIAN.signed_by),
        Source("http://mirror.test/debian", "bookworm", ("contrib",), DEBIAN.signed_by),
    ]
    assert rank(partial) == []


def test_a_list_of_mirrors_is_followed(tmp_path: Path) -> None:
    """A cloud's image names a file of addresses, which an image made here could not read."""
    mirrors = tmp_path / "debian.list"
    mirrors.write_text(
        "# mirrors\nhttp://near.test/debian/ priority:1\nhttp://far.test/debian\n", encoding="utf-8"
    )
    (tmp_path / "sources.list.d").mkdir()
    (tmp_path / "sources.list.d" / "debian.sources").write_text(
        f"Types: deb\nURIs: mirror+file://{mirrors}\nSuites: trixie\nComponents: main\n", encoding="utf-8"
    )
    assert [each.uri for each in debian_archives(tmp_path)] == ["http://near.test/debian"]


def test_a_machine_without_debians_archive(tmp_path: Path) -> None:
    """An Ubuntu has none, and a folder without any file is no error."""
    (tmp_path / "sources.list").write_text(
        "deb http://mirror.test/ubuntu noble main universe\n", encoding="utf-8"
    )
    assert debian_archives(tmp_path) == []
    assert debian_archives(tmp_path / "absent") == []


@given(st.dictionaries(WORD, st.one_of(st.none(), WORD)))
def test_candidates_of_packages(versions: dict[str, str | None]) -> None:
    """Packages without a candidate are left out."""
    printed = "".join(
        f"{name}:\n  Installed: (none)\n  Candidate: {version or '(none)'}\n  Version table:\n     1 500\n"
        for name, version in versions.items()
    )
    assert read_policy(printed) == {name: version for name, version in versions.items() if version}
