"""A service's own description: its OpenAPI document, and the same as a page for people."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from html import escape
from pathlib import Path
from typing import Any

from .http import Response

__all__ = ["Documents", "page"]

_STYLE = """body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#222}
code,pre{font-family:ui-monospace,monospace;background:#f3f3f3;padding:.1em .3em}
pre{padding:.6em;overflow:auto}table{border-collapse:collapse}td,th{text-align:left;padding:.2em 1em .2em 0}
h2{border-top:1px solid #ccc;padding-top:.8em}"""


class Documents:
    """What is answered at ``/openapi.json`` and ``/docs``.

    Args:
        file: the OpenAPI document.
        below: a first part of the path, under which the edge leads here; empty when it leads everything here.
    """

    def __init__(self, file: Path, below: str = "") -> None:
        text = file.read_text(encoding="utf-8")
        answers = {
            "openapi.json": Response(200, text.encode()),
            "docs": Response(200, page(json.loads(text)).encode(), "text/html; charset=utf-8"),
        }
        self._answers: dict[tuple[str, ...], Response] = {(name,): answers[name] for name in answers}
        if below:
            self._answers |= {(below, name): answer for name, answer in answers.items()}

    def get(self, method: str, path: tuple[str, ...]) -> Response | None:
        """The answer, when a document is asked for."""
        return self._answers.get(path) if method == "GET" else None


def page(document: Mapping[str, Any]) -> str:
    """An OpenAPI document as a page that loads nothing from anywhere."""
    info = document["info"]
    parts = [
        "<!doctype html><html lang=en><head><meta charset=utf-8>",
        f"<title>{escape(info['title'])}</title><style>{_STYLE}</style></head><body>",
        f"<h1>{escape(info['title'])}</h1><p>{escape(info['description'])}</p>",
    ]
    for path, item in document["paths"].items():
        for method, operation in item.items():
            parts += _operation(f"{method.upper()} {path}", operation, document)
    return "\n".join([*parts, "</body></html>\n"])


def _operation(name: str, operation: Mapping[str, Any], document: Mapping[str, Any]) -> Iterator[str]:
    yield f"<h2><code>{escape(name)}</code></h2><p>{escape(operation['summary'])}</p>"
    if operation.get("description"):
        yield f"<p>{escape(operation['description'])}</p>"
    rows = [_resolved(parameter, document) for parameter in operation.get("parameters", [])]
    if rows:
        shown = ((f"{row['name']} ({row['in']})", row["description"]) for row in rows)
        yield from _table("parameter", shown)
    body = operation.get("requestBody")
    if body:
        example = next(iter(body["content"].values()))["example"]
        yield f"<pre>{escape(json.dumps(example, indent=2))}</pre>"
    answers = operation["responses"].items()
    yield from _table("answer", ((code, _resolved(said, document)["description"]) for code, said in answers))


def _table(what: str, rows: Iterator[tuple[str, str]]) -> Iterator[str]:
    yield f"<table><tr><th>{what}</th><th></th></tr>"
    for name, text in rows:
        yield f"<tr><td><code>{escape(name)}</code></td><td>{escape(text)}</td></tr>"
    yield "</table>"


def _resolved(item: Mapping[str, Any], document: Mapping[str, Any]) -> Mapping[str, Any]:
    """The item itself, or what its ``$ref`` within the document leads to."""
    found: Any = item
    if "$ref" in item:
        found = document
        for part in item["$ref"].removeprefix("#/").split("/"):
            found = found[part]
    return found  # type: ignore[no-any-return]
