"""Control APIs as the agent uses them: over real sockets, in this test's own namespace."""

from __future__ import annotations

import base64
import json
import os
import socket
import subprocess
import sys
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from harness.agent.program import asking
from harness.agent.program.containers import Container
from harness.agent.program.controls import LABEL, Controls
from harness.agent.program.evidence.control import ControlProbe
from harness.agent.program.evidence.primary import PrimaryProbe
from harness.agent.program.refusal import Failed, Refused

NORMAL, HARM = {"mode": "normal"}, {"mode": "refuse"}


@pytest.fixture(autouse=True)
def own_namespace(monkeypatch):
    """To enter another one takes root; here the node's is this process's own."""
    monkeypatch.setattr(asking, "sockets_in", lambda _pid, kinds: [socket.socket(*kind) for kind in kinds])


class Api(BaseHTTPRequestHandler):
    """GET and PUT of one state, as an acquirer's control; a GET of anything else fails."""

    state = NORMAL
    seen: tuple[str, ...] = ()

    def log_message(self, *words):
        pass

    def _say(self, status, body):
        self.send_response(status)
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        type(self).seen = (*self.seen, self.headers.get("Authorization", ""))
        self._say(200 if self.path == "/mode" else 404, json.dumps(self.state).encode())

    def do_PUT(self):
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if "mode" in asked:
            type(self).state = asked
        self._say(200 if "mode" in asked else 422, b"{}")


@contextmanager
def serving(handler):
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()


class MadeContainers:
    """One container, whose process is this one while it runs."""

    def __init__(self, label, pid=None):
        labels = {} if label is None else {LABEL: label}
        self.container = Container("c1", "bank", os.getpid() if pid is None else pid, labels=labels)

    def get(self, _):
        return self.container

    refresh = get


def label(port):
    return json.dumps({"port": port, "path": "/mode", "normal": NORMAL})


@pytest.fixture
def api():
    handler = type("Fresh", (Api,), {})
    with serving(handler) as port:
        yield handler, port


def test_a_state_is_set_read_back_and_reset(api):
    """By the place and the normal state that the label names."""
    handler, port = api
    controls = Controls(MadeContainers(label(port)))
    assert controls.read("c1") == controls.normal("c1") == NORMAL
    controls.set("c1", HARM)
    assert (handler.state, controls.read("c1")) == (HARM, HARM)
    controls.reset("c1")
    assert handler.state == NORMAL


def test_what_the_api_refuses_is_an_error_with_its_words(api):
    """It must not pass for done."""
    _, port = api
    with pytest.raises(Failed, match=f"bank answered PUT {port}/mode with 422"):
        Controls(MadeContainers(label(port))).set("c1", {"speed": 3})


@pytest.mark.parametrize("text", ["9000", "{", '{"port": 9000}', '{"port": "x", "path": "/", "normal": {}}'])
def test_a_label_that_makes_no_sense_is_refused_with_one_that_does(text):
    """Before anything is asked."""
    with pytest.raises(Refused, match=r"the label harness.control must be like"):
        Controls(MadeContainers(text)).normal("c1")


def test_a_node_without_the_label_is_refused():
    """It has no control API."""
    with pytest.raises(Refused, match="bank has no control API"):
        Controls(MadeContainers(None)).set("c1", HARM)


def test_a_node_that_is_down_can_be_reset_and_not_set(api):
    """It begins anew as normal, so there is nothing to undo, and nothing to harm."""
    _, port = api
    controls = Controls(MadeContainers(label(port), pid=0))
    controls.reset("c1")
    with pytest.raises(Failed, match="bank does not run"):
        controls.set("c1", HARM)


def test_one_that_is_coming_up_is_told_as_soon_as_it_answers():
    """A heal that comes right after a restart finds nobody listening yet."""
    handler = type("Fresh", (Api,), {})
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        port = held.getsockname()[1]
    controls = Controls(MadeContainers(label(port)))
    waiting = threading.Thread(target=controls.set, args=("c1", HARM), daemon=True)
    waiting.start()
    server = ThreadingHTTPServer(("127.0.0.1", port), handler)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    waiting.join(5)
    server.shutdown()
    server.server_close()
    assert handler.state == HARM


def probe(containers):
    made = ControlProbe("c1", HARM, containers, Controls(containers))
    made.open()
    return made, made.items[0]


def test_the_probe_knows_normal_effect_and_neither(api):
    """A third state is somebody else's: it is not the effect, and not the normal."""
    handler, port = api
    made, item = probe(MadeContainers(label(port)))
    handler.state = {"mode": "slow"}
    made.tick(0.5)
    assert item.normal_at is None
    handler.state = NORMAL
    made.tick(1.0)
    assert item.normal_at == 1.0
    item.begin(2.0)
    handler.state = {"mode": "slow"}
    made.tick(2.1)
    assert not item.settled
    handler.state = HARM
    made.tick(2.2)
    assert (item.settled, item.effect_at) == (True, 2.2)
    handler.state = NORMAL
    made.tick(2.3)
    assert [why for _, why in item.gaps] == [f"{item.name}: the effect was not there"]


def test_a_node_that_is_down_interrupts_no_fault_and_begins_none(api):
    """It answers nothing as usual; but before the effect was seen, being down is no effect."""
    handler, port = api
    containers = MadeContainers(label(port))
    made, item = probe(containers)
    running = containers.container
    made.tick(1.0)
    item.begin(2.0)
    containers.container = MadeContainers(label(port), pid=0).container
    made.tick(2.1)
    assert not item.settled
    containers.container, handler.state = running, HARM
    made.tick(2.2)
    containers.container = MadeContainers(label(port), pid=0).container
    for tenth in range(23, 60):
        made.tick(tenth / 10)
    assert item.gaps == []
    assert made.excused(item) == "it does not run"


def test_one_that_runs_and_stops_answering_is_a_gap(api):
    """Nobody knows what it does meanwhile."""
    handler, port = api
    made, item = probe(MadeContainers(label(port)))
    made.tick(1.0)
    item.begin(2.0)
    handler.state = HARM
    made.tick(2.1)
    handler.do_GET = lambda self: self._say(500, b"")
    for tenth in range(22, 40):
        made.tick(tenth / 10)
    item.heal(4.0)
    assert len(item.gaps) == 1


def test_a_login_comes_from_the_nodes_own_environment(api):
    """Whoever asks names the variables, and never sees what they hold."""
    handler, port = api
    child = subprocess.Popen(
        [sys.executable, "-c", "print(flush=True); input()"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={"U": "patroni", "P": "s3:cret"},
    )
    try:
        child.stdout.readline()  # a process has its environment only some time after exec began
        node = Container("c1", "ledger-1", child.pid)
        asking.http(node, "GET", port, "/mode", timeout_s=2, login=("U", "P"))
        with pytest.raises(Failed, match="ledger-1 has no Q in its environment"):
            asking.http(node, "GET", port, "/mode", timeout_s=2, login=("U", "Q"))
    finally:
        child.communicate(b"\n")
    (said,) = handler.seen
    assert base64.b64decode(said.removeprefix("Basic ")) == b"patroni:s3:cret"


class Patroni(BaseHTTPRequestHandler):
    """GET /patroni of every node of a ledger: here they share one namespace, so one answers for all."""

    said: dict[str, str]

    def log_message(self, *words):
        pass

    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(json.dumps(self.said).encode())


def test_the_primarys_probe_follows_a_hand_over():
    """It begins when the primary is stopping, whatever role it had, and ends when another one is primary."""
    primary, replica = {"state": "running", "role": "primary"}, {"state": "running", "role": "replica"}
    with serving(Patroni) as port:
        made = PrimaryProbe("c1", ["c2"], port, MadeContainers(None))
        item = made.items[0]
        Patroni.said = primary
        made.tick(1.0)
        assert item.normal_at == 1.0
        item.begin(2.0)
        Patroni.said = {"state": "stopping", "role": "primary"}
        made.tick(2.1)
        Patroni.said = replica
        made.tick(2.2)
        assert (item.settled, item.effect_at, item.gone_at) == (True, 2.1, None)
        Patroni.said = primary
        made.tick(2.3)
        assert (item.gone_at, item.gaps) == (2.3, [])
    item.begin(3.0)
    made.tick(3.1)
    assert made.items[0].seen_at == 3.0, "no answer is no look"
