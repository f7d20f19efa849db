"""x-harness: what it means, and what a mistake in it says."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from harness.errors import SelectorError, StackModelError
from harness.stack.files import stack_files
from harness.stack.hops import path
from harness.stack.model import load_model
from harness.stack.schema import SCHEMA_FILE, schema_text

GOOD = """\
x-harness:
  schema: 1
  groups:
    ledger: {nodes: [ledger-1, ledger-2, ledger-3], role: {patroni: 8008}}
  sites: {a: [ledger-1], b: [ledger-2, ledger-3]}
  links: {"edge->ledger": {port: 5432}}
  load: {locustfile: locustfile.py, service: edge, port: 8080}
  steady_state: {good_within_ms: 500}
  secrets: [LEDGER_PASSWORD]
"""


def load(folder):
    return load_model(stack_files(folder))


def test_a_section_is_read(stack_folder) -> None:
    """Every key comes out as what it means, and a service that no group names is a group by itself."""
    model = load(stack_folder(GOOD))
    assert model.groups["ledger"].nodes == ("ledger-1", "ledger-2", "ledger-3")
    assert model.groups["cache"].nodes == ("cache",)
    assert (model.group_of("ledger-2"), model.site_of("ledger-2"), model.site_of("cache")) == (
        "ledger",
        "b",
        None,
    )
    assert model.vocabulary["ledger"] == ("primary", "sync-standby", "replica", "standby-leader")
    assert model.vocabulary["cache"] == ()
    assert model.steady_state.good_within_ms == 500
    assert model.need_link("edge->ledger").port == 5432
    assert model.locustfile.is_file()
    assert model.need_load().secrets == ()


def test_no_section_at_all(stack_folder) -> None:
    """A Compose file without x-harness is a stack whose services are groups, with the usual steady state."""
    model = load(stack_folder())
    assert set(model.groups) == {"edge", "ledger-1", "ledger-2", "ledger-3", "cache"}
    assert model.steady_state.good_ratio_min == 0.9


@pytest.mark.parametrize("need", ["load", "observer"])
def test_what_is_missing_is_named_when_it_is_needed(stack_folder, need: str) -> None:
    """Asking for what the section does not say names the missing key."""
    model = load(stack_folder())
    with pytest.raises(StackModelError, match=rf"x-harness\.{need}"):
        getattr(model, f"need_{need}")()


def test_a_missing_link_and_variant_name_the_near_miss(stack_folder) -> None:
    """A link or a variant that is not there names the one that was probably meant."""
    model = load(stack_folder(GOOD))
    with pytest.raises(StackModelError, match=r"Did you mean edge->ledger\?"):
        model.need_link("edge->ledgr")
    with pytest.raises(StackModelError, match="there is no variant 'async'"):
        model.need_variant("async")


def test_a_link_of_several_hops_names_them() -> None:
    """What is no single hop is refused, and the hops that lead there are named."""
    model = load_model([Path("compose/payments/compose.yaml")])
    with pytest.raises(
        StackModelError, match="is not one TCP hop but 2: payments->ledger-router, ledger-router->ledger"
    ):
        model.need_link("payments->ledger")
    assert model.need_link("payments-2->ledger-router").port == 5000
    assert model.need_link("ledger->ledger").speaks == "postgres"
    with pytest.raises(SelectorError, match="settlement exists only with the profile full"):
        model.need_link("settlement->acquirer")
    with pytest.raises(SelectorError, match="this is no link"):
        model.need_link("payments")


def test_the_shortest_way_is_found() -> None:
    """Pure: as few links as possible, none when none lead there, and a group's own link too."""
    links = ["a->b", "b->c", "c->d", "a->c", "d->d"]
    assert path("a", "d", links) == ("a->c", "c->d")
    assert path("d", "a", links) == ()
    assert path("d", "d", links) == ("d->d",)


WRONG = [
    ("groups:", "groupes:", 9, r"there is no key 'groupes' in x-harness\. Did you mean groups\?"),
    ("role: {patroni: 8008}", "rolle: {patroni: 8008}", 10, r"no key 'rolle' in x-harness\.groups\.ledger"),
    ("role: {patroni: 8008}", "role: {patrony: 8008}", 10, r"Did you mean patroni\?"),
    ("role: {patroni: 8008}", "role: {patroni: 80080}", 10, "less than or equal to 65535, not 80080"),
    ("role: {patroni: 8008}", "role: {}", 10, "exactly one way: patroni, http or command"),
    ("role: {patroni: 8008}", "roles: [primary]", 10, "names roles but not how to ask"),
    ("role: {patroni: 8008}", "role: {command: [x]}, roles: [one]", 10, "cannot be called 'one'"),
    ("ledger-3], role", "ledger-4], role", 10, r"there is no service 'ledger-4'\. Did you mean"),
    ("ledger-3], role", "ledger-2], role", 10, "names ledger-2 twice"),
    ("    ledger: {", "    cache: {", 10, "has the name of a service that is not in it"),
    ("    ledger: {", "    site: {", 10, "cannot be called 'site'"),
    ("b: [ledger-2", "b: [ledger-1", 11, "ledger-1 is in the sites a and b"),
    ('"edge->ledger"', '"edge-ledger"', 12, "edge-ledger"),
    ('"edge->ledger"', '"edge->ledgr"', 12, r"there is no group 'ledgr'\. Did you mean ledger"),
    ("service: edge", "service: egde", 13, r"Did you mean edge\?"),
    ("port: 8080}", "port: 8080, secrets: [LEDGER_PASWORD]}", 13, r"Did you mean LEDGER_PASSWORD\?"),
    (", service: edge", "", 13, "lacks the key 'service'"),
    (
        "locustfile: locustfile.py",
        "locustfile: locustfil.py",
        13,
        r"there is no file .*Did you mean locustfile\.py\?",
    ),
    ("good_within_ms: 500", "good_within_ms: -5", 14, "greater than 0, not -5"),
    ("[LEDGER_PASSWORD]", "[not-a-name]", 15, "not-a-name"),
    ("  schema: 1", "  schema: 2", 8, "not 2"),
    ("  sites:", "  groups: {}\n  sites:", 11, "'groups' stands twice, first in line 9"),
]


@pytest.mark.parametrize(
    ("right", "wrong", "line", "said"), WRONG, ids=[str(item[1]).strip() for item in WRONG]
)
def test_a_mistake_is_one_error_with_its_place(
    stack_folder, right: str, wrong: str, line: int, said: str
) -> None:
    """Each mistake is one error that names file, line, what is wrong, and the near miss."""
    assert right in GOOD
    folder = stack_folder(GOOD.replace(right, wrong, 1))
    with pytest.raises(StackModelError, match=said) as caught:
        load(folder)
    assert caught.value.where == f"{folder / 'compose.yaml'}:{line}"
    assert caught.value.exit_code == 2


def test_several_mistakes_name_the_first_by_line(stack_folder) -> None:
    """Of several mistakes the first in the file is shown, and how many more there are."""
    section = GOOD.replace("patroni: 8008", "patroni: 0").replace("good_within_ms: 500", "good_within_ms: -5")
    with pytest.raises(StackModelError, match=r"and 1 more") as caught:
        load(stack_folder(section))
    assert str(caught.value.where).endswith(":10")


def test_yaml_that_is_none(stack_folder) -> None:
    """A file that is not YAML is named with its line."""
    with pytest.raises(StackModelError, match="this is not YAML") as caught:
        load(stack_folder("x-harness: {groups: [\n"))
    assert ":" in str(caught.value.where)


def test_no_compose_file(tmp_path: Path) -> None:
    """A folder without a Compose file says so."""
    with pytest.raises(StackModelError, match="there is no Compose file here"):
        stack_files(tmp_path)


def test_a_variant_with_a_section_of_its_own_is_refused(stack_folder) -> None:
    """Two x-harness sections: one of them would be ignored in silence, so the second is an error."""
    folder = stack_folder(GOOD)
    (folder / "compose.async.yaml").write_text("x-harness: {schema: 1}\n")
    with pytest.raises(StackModelError, match="only one of them can count") as caught:
        load_model([folder / "compose.yaml", folder / "compose.async.yaml"])
    assert "compose.async.yaml:1" in str(caught.value.where)


PROFILES = """\
services:
  edge: {image: x}
  ledger-1: {image: x}
  ledger-2: {image: x}
  ledger-3: {image: x}
  users-1: {image: x, profiles: [full]}
  users-2: {image: x, profiles: [full, users]}
  backup: {image: x, profiles: [full]}
x-harness:
  groups: {users: {nodes: [users-1, users-2]}, ledger: {nodes: [ledger-1, ledger-2, ledger-3]}}
  sites: {a: [ledger-1, users-1]}
  links: {"edge->users": {port: 1}, "edge->ledger": {port: 2}}
"""


def test_without_its_profile_a_service_does_not_exist(stack_folder) -> None:
    """Its group, its place in a site and its links are not there; naming it says which profile it needs."""
    model = load(stack_folder("", PROFILES))
    assert set(model.groups) == {"edge", "ledger"}
    assert (model.sites["a"], set(model.links)) == (("ledger-1",), {"edge->ledger"})
    assert model.profiles == ("full", "users")
    for name in ("users", "users-1", "backup"):
        with pytest.raises(SelectorError, match=f"{name} exists only with the profile full") as caught:
            model.need_awake(name)
        assert "--profile full" in str(caught.value)


@pytest.mark.parametrize(
    ("profiles", "users"), [(["full"], ("users-1", "users-2")), (["users"], ("users-2",))]
)
def test_with_a_profile_its_services_are_there(stack_folder, profiles, users) -> None:
    """A service of several profiles comes with any of them."""
    model = load_model(stack_files(stack_folder("", PROFILES)), profiles)
    assert model.groups["users"].nodes == users
    assert ("backup" in model.services) == (profiles == ["full"])
    model.need_awake("users")


def test_an_unknown_profile_names_the_near_ones(stack_folder) -> None:
    """Compose would start what has none, in silence."""
    with pytest.raises(StackModelError, match="no service has the profile 'ful'") as caught:
        load_model(stack_files(stack_folder("", PROFILES)), ["ful"])
    assert "full" in str(caught.value.mend)


def test_a_section_in_a_file_of_its_own_counts(stack_folder) -> None:
    """x-harness.yaml beside an untouched Compose file is the section."""
    folder = stack_folder()
    (folder / "x-harness.yaml").write_text(GOOD)
    assert load(folder).groups["ledger"].role is not None


def test_compose_tags_anchors_and_includes_are_understood(stack_folder) -> None:
    """Compose's own YAML (!reset, merge keys, include) does not stop the reading; included services count."""
    folder = stack_folder(
        "x-harness: {groups: {extra: {nodes: [more]}}}\ninclude: [more.yaml]\n",
        "x-base: &base {image: x}\nservices:\n  a: {<<: *base, ports: !reset []}\n",
    )
    (folder / "more.yaml").write_text("services: {more: {image: x}}\n")
    assert set(load(folder).groups) == {"a", "extra"}


def test_the_schema_in_docs_is_the_models() -> None:
    """docs/x-harness.schema.json is what the models say; `python -m harness.stack.schema` makes it."""
    assert SCHEMA_FILE.read_text(encoding="utf-8") == schema_text()
    assert json.loads(schema_text())["additionalProperties"] is False


def test_the_example_in_the_docs_is_right(stack_folder) -> None:
    """The section that docs/bring-your-own-stack.md shows is one that the model accepts, with every key."""
    page = (SCHEMA_FILE.parent / "bring-your-own-stack.md").read_text(encoding="utf-8")
    section = page.split("```yaml\n")[1].split("```")[0]
    names = [
        "ledger-1",
        "ledger-2",
        "ledger-3",
        "queue-1",
        "queue-2",
        "queue-3",
        "payments",
        "edge",
        "sandbox",
    ]
    folder = stack_folder(section, "services:\n" + "".join(f"  {name}: {{image: x}}\n" for name in names))
    (folder / "compose.async-replication.yaml").write_text("services: {}\n")
    assert load(folder).need_variant("async-replication").is_file()
    shown = yaml.safe_load(section)["x-harness"]
    assert set(shown) == set(json.loads(schema_text())["properties"])
