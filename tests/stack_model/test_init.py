"""`harness init`: a first section that the harness accepts as it is."""

from __future__ import annotations

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import StackModelError
from harness.stack.files import stack_files
from harness.stack.init import init_directory, init_text
from harness.stack.model import load_model
from harness.stack.sections import XHarness

COMPOSE = """\
services:
  edge: {image: x, ports: ["127.0.0.1::8080"], depends_on: [api-1]}
  api-1: {image: x, depends_on: {db-1: {condition: service_healthy}}}
  api-2: {image: x}
  db-1: {image: x, environment: {P: "${DB_PASSWORD:?}"}}
  db-2: {image: x}
"""


def test_what_can_be_guessed_is_there() -> None:
    """Groups by name and number, the published port, the links and the passwords are found."""
    text = init_text(yaml.safe_load(COMPOSE))
    section = XHarness.model_validate(yaml.safe_load(text)["x-harness"])
    assert {name: group.nodes for name, group in section.groups.items()} == {
        "api": ("api-1", "api-2"), "db": ("db-1", "db-2"),
    }  # fmt: skip
    assert section.secrets == ("DB_PASSWORD",)
    assert "service: edge, port: 8080" in text
    assert '"edge->api"' in text
    assert '"api->db"' in text


def test_the_comments_are_right_once_uncommented(stack_folder) -> None:
    """The suggestions are valid keys: with their hashes taken away the model accepts them."""
    folder = stack_folder(services=COMPOSE)
    lines = init_text(yaml.safe_load(COMPOSE)).splitlines()
    opened = [line.replace("# ", "", 1) if line.strip().startswith("# ") else line for line in lines[1:]]
    (folder / "x-harness.yaml").write_text("\n".join(opened) + "\n")
    model = load_model(stack_files(folder))
    assert model.need_load().port == 8080
    assert model.vocabulary["db"]
    assert set(model.links) == {"edge->api", "api->db"}


def test_written_it_is_read_with_the_compose_file(stack_folder) -> None:
    """--write makes x-harness.yaml, which counts at once; a second time is refused."""
    folder = stack_folder(services=COMPOSE)
    assert "x-harness:" in init_directory(folder, write=False)
    assert not (folder / "x-harness.yaml").exists()
    assert init_directory(folder, write=True) == str(folder / "x-harness.yaml")
    assert load_model(stack_files(folder)).groups["api"].nodes == ("api-1", "api-2")
    with pytest.raises(StackModelError, match="has an x-harness section already"):
        init_directory(folder, write=True)


SERVICE = st.none() | st.fixed_dictionaries(
    {},
    optional={
        "ports": st.lists(st.sampled_from(["80", "127.0.0.1::81", "1:82/tcp", "90-99:90-99", {"target": 9}]))
    },
)


@given(st.dictionaries(st.from_regex(r"[a-z][a-z0-9_.-]{0,6}", fullmatch=True), SERVICE, max_size=8))
def test_any_services_give_a_section_that_holds(services: dict) -> None:
    """Whatever the services are called, the section is one that the model accepts."""
    section = XHarness.model_validate(yaml.safe_load(init_text({"services": services}))["x-harness"])
    nodes = [node for group in section.groups.values() for node in group.nodes]
    assert len(nodes) == len(set(nodes))
    assert set(nodes) <= set(services)
    assert not [
        name for name, group in section.groups.items() if name in services and name not in group.nodes
    ]
