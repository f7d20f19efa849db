"""A session, its stack and its agent, made for tests of the runner: they answer as told and note what was asked."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace

from harness.clock import now
from harness.load.process import Tick
from harness.needs import Needs
from harness.stack.node import Node
from harness.steady import SteadyState

NODE = Node("ledger-1", "ledger", "id-ledger-1")


def one_second(start, share, judged=20):
    """One second of a load of which this share was good."""
    good = round(judged * share)
    return Tick(
        at=now(), arrivals=judged, ok=good, fail=judged - good, info=0, dropped=0, in_flight=0,
        lag_p99_ms=1.0, window_start=start, judged=judged, good=good,
    )  # fmt: skip


class MadeAgent:
    """Answers each operation as told; an exception is raised."""

    def __init__(self, **answers):
        self.ops = []
        self._answers = answers

    def call(self, op, *, within_s=30.0, **_arguments):
        assert within_s > 0
        self.ops.append(op)
        usual = {
            "heal": {"heal_at": now(), "healed_at": now(), "remaining": []},
            "effect": {"effect_at": now(), "why": ""},
            "gone": {"gone_at": now(), "why": "", "excused": []},
            "evidence": {"looks": 7, "gaps": [], "broken": None, "items": [], "reapplied": []},
        }
        answer = self._answers.get(op, usual.get(op))
        if isinstance(answer, Exception):
            raise answer
        return answer

    def notices(self):
        return []

    def leftovers(self):
        return []


class MadeInterposition:
    """Interposed links that are as whole as they are told to be."""

    def __init__(self, broken=None):
        self.broken, self.done, self.proxied = broken, [], False

    def begin(self, links, lease_s):
        assert lease_s > 0
        self.done.append(("begin", *links))
        self.proxied = True
        return {"links": list(links), "hops": [], "proxy": "made"}

    def overhead(self):
        return []

    def check(self):
        self.done.append(("check",))
        if self.broken:
            raise self.broken
        return {"reapplied": []}

    def end(self):
        self.done += [("end",)] if self.proxied else []
        self.proxied = False
        return []


class MadeSession:
    """What the runner asks of a session, without an engine.

    Args:
        folder: a test's folder.
        agent: the agent.
        resolves, observes, logs: an exception that the scene, the observer or the logs raise.
        missing: why the stack is not whole.
        links: what interposes them; by default one without a flaw.
        addresses: what the stack is published at, asked one after another; the last one stays.
    """

    def __init__(
        self,
        folder: Path,
        agent,
        *,
        resolves=None,
        observes=None,
        logs=None,
        missing=(),
        addresses=("http://127.0.0.1:9",),
        links=None,
    ):
        self.links = links or MadeInterposition()
        self.agent = agent
        self.journal = folder / "journal.jsonl"
        self.on_event = None
        self.needs = Needs()
        self.observed = []
        self._resolves, self._observes, self._logs, self._missing = resolves, observes, logs, list(missing)
        self._addresses = list(addresses)
        locustfile = folder / "locustfile.py"
        locustfile.touch()
        self.stack = SimpleNamespace(
            model=SimpleNamespace(
                locustfile=locustfile,
                steady_state=SteadyState(),
                need_observer=lambda: None,
                need_link=lambda _link: None,
                alerts=None,
            ),
            check=lambda _selector: None,
            directory=folder,
            project="made",
            variant=None,
            profiles=(),
            engine=SimpleNamespace(version=lambda: "made"),
            nodes=lambda: (NODE,),
            published=lambda: self._addresses.pop(0) if self._addresses[1:] else self._addresses[0],
            load_secrets=dict,
            logs=self._write_logs,
            observe=self._observe,
        )

    def interposition(self, _run, _seed):
        return self.links

    def scene(self, _seed):
        return SimpleNamespace(nodes=(NODE,), resolve=self._resolve)

    def _resolve(self, _selector):
        # The runner plans once for validation, and once at the moment of the injection.
        if self._resolves and self.agent.ops == [] and self.on_event is not None:
            raise self._resolves
        return (NODE,)

    def make_whole(self):
        pass

    def roles(self):
        return {"ledger-1": "primary"}

    def node_name(self, container):
        return container

    def why_not_whole(self):
        return self._missing

    def _observe(self, run, into):
        if self._observes:
            raise self._observes
        self.observed.append(run)
        lines = [{"t": "complete", "source": source} for source in ("database", "api", "replicas")]
        into.write_text("".join(json.dumps(line) + "\n" for line in lines))

    def _write_logs(self, _into, since):
        assert since.tzinfo
        if self._logs:
            raise self._logs
