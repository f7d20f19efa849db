"""Each service's OpenAPI document says what its routes are, and its page for people loads nothing from elsewhere."""

import json
import re
from html.parser import HTMLParser
from pathlib import Path

import payments
import pytest
import users
from payments.documents import Documents, page
from payments.routes import Api as PaymentsApi
from users.routes import Api as UsersApi

FILES = {module.__name__: Path(module.__file__).with_name("openapi.json") for module in (payments, users)}
DOCUMENTS = {name: json.loads(file.read_text()) for name, file in FILES.items()}


def documented(name):
    paths = DOCUMENTS[name]["paths"]
    return {(method.upper(), path) for path, item in paths.items() for method in item}


def routed(name):
    if name == "users":
        paths = UsersApi(None, None, None).paths
        return {(method, path) for path, methods in paths.items() for method in methods}
    return set(PaymentsApi(None, "")._routes)


def every(value, key):
    """Each value under this key, anywhere in the document."""
    if isinstance(value, dict):
        yield from (inner for name, inner in value.items() if name == key)
        yield from (found for inner in value.values() for found in every(inner, key))
    elif isinstance(value, list):
        yield from (found for inner in value for found in every(inner, key))


@pytest.mark.parametrize("name", FILES)
def test_the_document_names_every_route_and_no_other(name):
    """A route that is added, or taken away, is written down."""
    assert documented(name) == routed(name)


@pytest.mark.parametrize("name", FILES)
def test_every_reference_leads_somewhere(name):
    """And nothing is described that nobody refers to."""
    document = DOCUMENTS[name]
    wanted = set(every(document, "$ref"))
    kinds = ("schemas", "responses", "parameters")
    there = {f"#/components/{kind}/{key}" for kind in kinds for key in document["components"].get(kind, {})}
    assert wanted == there


@pytest.mark.parametrize("name", FILES)
def test_every_operation_says_how_it_fails(name):
    """Each has an answer that is a problem document, a 503 for the ledger's failover and a 500."""
    for item in DOCUMENTS[name]["paths"].values():
        for method, operation in item.items():
            assert operation["summary"]
            assert {"500", "503"} <= operation["responses"].keys()
            assert ("504" in operation["responses"]) == (method != "get")


class Assets(HTMLParser):
    """The addresses that a page would load, and its tags."""

    def __init__(self):
        super().__init__()
        self.loaded, self.open = [], []

    def handle_starttag(self, tag, attrs):
        self.loaded += [value for name, value in attrs if name in ("src", "href")]
        if tag != "meta":
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


@pytest.mark.parametrize("name", FILES)
def test_the_page_for_people_shows_every_operation_and_loads_nothing(name):
    """It is read where nothing else can be reached."""
    text = page(DOCUMENTS[name])
    assets = Assets()
    assets.feed(text)
    assert (assets.loaded, assets.open) == ([], [])
    assert "url(" not in text
    assert not re.search(r"@import|<script", text)
    for method, path in documented(name):
        assert f"{method} {path}" in text


def test_what_a_document_says_cannot_become_markup():
    """The page shows the words, whatever they are."""
    paths = {"/<b>": {"get": {"summary": "<i>&", "responses": {"200": {"description": '"<u>'}}}}}
    text = page({"info": {"title": "<x>", "description": "y"}, "paths": paths})
    assert "<b>" not in text
    assert "<i>" not in text
    assert "&lt;u&gt;" in text


def test_the_edge_finds_the_users_documents_below_their_own_path():
    """At the node's root for operators, and below /users where the edge leads there."""
    documents = Documents(FILES["users"], below="users")
    for path in (("docs",), ("users", "docs")):
        assert documents.get("GET", path).content_type.startswith("text/html")
    for path in (("openapi.json",), ("users", "openapi.json")):
        assert json.loads(documents.get("GET", path).body)["openapi"] == "3.1.0"
    assert documents.get("POST", ("docs",)) is None
    assert documents.get("GET", ("users", "me")) is None
