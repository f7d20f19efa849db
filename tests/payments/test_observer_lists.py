"""The observer's lists of the API: it shows its own secret, follows every page, and says what it could not read."""

import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import parse_qs, urlsplit

import pytest
from observer.api import print_lists
from observer.errors import Incomplete
from observer.settings import Settings

SECRET = "the-observers-own-secret"
KEYS = ("r1-a", "r1-b", "r1-c")


class Edge(BaseHTTPRequestHandler):
    """Two rows a page, for the bearer of the secret."""

    def do_GET(self):
        url = urlsplit(self.path)
        query = {name: values[-1] for name, values in parse_qs(url.query, keep_blank_values=True).items()}
        self.server.asked.append((url.path, query.get("key_prefix", query.get("prefix"))))
        known = self.headers.get("Authorization") == f"Bearer {SECRET}"
        name = "key" if url.path == "/payments" else "account_id"
        rows = [{name: key} for key in KEYS if key > query["after"]][:2]
        page = {"items": rows, "next_after": rows[-1][name] if len(rows) == 2 else None}
        self.send_response(200 if known else 401)
        self.end_headers()
        self.wfile.write(json.dumps(page if known else {}).encode())

    def log_message(self, *_words):
        pass


@pytest.fixture
def edge():
    with HTTPServer(("127.0.0.1", 0), Edge) as server:
        server.asked = []
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def settings(edge, token):
    nodes = [f"OBSERVER_{kind}_NODES" for kind in ("LEDGER", "SERVICE", "SETTLEMENT")]
    environ = {**dict.fromkeys(nodes, "x"), "LEDGER_OBSERVER_PASSWORD": "x", "HARNESS_RUN": "r1"}
    environ |= {"OBSERVER_API": f"http://127.0.0.1:{edge.server_port}", "OBSERVER_API_TOKEN": token}
    return Settings.read(environ, [])


def test_the_observer_reads_every_page_with_its_secret(edge, capsys):
    """Both lists, of its own run, to the end."""
    print_lists(settings(edge, SECRET))
    told = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["key"] for line in told if line["t"] == "payment"] == list(KEYS)
    assert [line["account"] for line in told if line["t"] == "account"] == list(KEYS)
    assert edge.asked == [("/payments", "r1-")] * 2 + [("/accounts", "r1-")] * 2


def test_without_it_the_lists_are_incomplete_and_not_empty(edge, capsys):
    """A list that was refused proves nothing; the reason says so and does not show the secret."""
    with pytest.raises(Incomplete, match=r"the API's list cannot be read: .* answered 401") as why:
        print_lists(settings(edge, "another-secret"))
    assert capsys.readouterr().out == ""
    assert "another-secret" not in str(why.value) + repr(settings(edge, "another-secret"))
