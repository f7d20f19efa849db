"""The reference stack for tests: brought up by Compose, asked over its edge, steered by the engine's command line."""

from __future__ import annotations

import json
import secrets
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import yaml

FOLDER = Path(__file__).parents[3] / "compose" / "payments"


def docker(*words: str, timeout_s: float = 60) -> str:
    """A docker command's output; its failure shows what it said."""
    done = subprocess.run(
        ["docker", *words],
        capture_output=True,
        text=True,
        timeout=timeout_s,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    assert done.returncode == 0, f"docker {' '.join(words[:4])}: {done.stderr[-2000:]}"
    return done.stdout


def within(seconds: float, what: str, holds: Callable[[], object]) -> object:
    """Ask again until it holds, and say what did not."""
    until = time.monotonic() + seconds
    while True:
        value = holds()
        if value:
            return value
        assert time.monotonic() < until, f"not within {seconds:g} s: {what}"
        time.sleep(0.1)


@dataclass
class PaymentsStack:
    """One running reference stack."""

    project: str
    folder: Path
    passwords: dict[str, str] = field(default_factory=dict)
    base: str = ""

    @property
    def _compose(self) -> list[str]:
        return [
            "compose",
            "-p",
            self.project,
            "--env-file",
            str(self.folder / "secrets.env"),
            "-f",
            str(FOLDER / "compose.yaml"),
        ]

    def up(self) -> None:
        self.write_secrets()
        self.compose("build", "--quiet", timeout_s=600)
        self.compose("up", "-d", "--wait", timeout_s=180)
        self.base = "http://" + self.compose("port", "edge", "8080").strip()
        # A new cluster is writable some seconds before Patroni first names its standbys.
        within(60, "replication by quorum", self.whole)

    def write_secrets(self, more: str = "") -> None:
        names = yaml.safe_load((FOLDER / "compose.yaml").read_text())["x-harness"]["secrets"]
        self.passwords = {name: secrets.token_hex(16) for name in names}
        lines = [f"{name}={value}\n" for name, value in self.passwords.items()]
        (self.folder / "secrets.env").write_text("".join(lines) + more)

    def down(self) -> None:
        """Whatever profiles were up; what is left would use up the engine's address pools over time."""
        words = ["--profile", "*", "down", "--volumes", "--rmi", "local", "--timeout", "2"]
        self.compose(*words, timeout_s=180)
        own = f"label=com.docker.compose.project={self.project}"
        left = [docker(kind, "ls", "--quiet", "--filter", own) for kind in ("network", "volume")]
        assert left == ["", ""], f"{self.project} left networks or volumes: {left}"

    def compose(self, *words: str, timeout_s: float = 60) -> str:
        return docker(*self._compose, *words, timeout_s=timeout_s)

    def container(self, node: str) -> str:
        return f"{self.project}-{node}-1"

    def run(self, node: str, *words: str, timeout_s: float = 60) -> str:
        return docker("exec", self.container(node), *words, timeout_s=timeout_s)

    def sql(self, node: str, statement: str) -> str:
        """As the database's owner, over the node's own socket."""
        return docker("exec", *self._psql(node), statement).strip()

    def sql_with_notices(self, node: str, statement: str) -> str:
        """The same, with what the server said besides."""
        return docker("exec", *self._psql(node, "bash", "-c", 'exec 2>&1; exec "$@"', "bash"), statement)

    def _psql(self, node: str, *before: str) -> list[str]:
        environment = ["PGHOST=/run/postgresql", "PGOPTIONS=-c synchronous_commit=local"]
        words = ["psql", "-X", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-d", "ledger", "-c"]
        options = [option for value in environment for option in ("-e", value)]
        return [*options, "-u", "postgres", self.container(node), *before, *words]

    def healthy(self, node: str) -> bool:
        return docker("inspect", "-f", "{{.State.Health.Status}}", self.container(node)).strip() == "healthy"

    def roles(self) -> dict[str, list[str]]:
        """The ledger's nodes by role, from the primary's own view of its replicas."""
        found: dict[str, list[str]] = {"primary": [], "replica": []}
        for node in ("ledger-1", "ledger-2", "ledger-3"):
            recovering = self.sql(node, "SELECT pg_is_in_recovery()")
            found["replica" if recovering == "t" else "primary"].append(node)
        return found

    def primary(self) -> str:
        (node,) = self.roles()["primary"]
        return node

    def whole(self) -> bool:
        """One primary, both replicas streaming to it, both of them in the quorum."""
        try:
            (node,) = self.roles()["primary"]
            states = self.sql(node, "SELECT sync_state FROM pg_stat_replication WHERE state = 'streaming'")
        except (AssertionError, ValueError):
            return False
        return sorted(states.split()) == ["quorum", "quorum"]

    @property
    def observer(self) -> dict[str, str]:
        """What the observer shows for the lists by prefix."""
        return {"Authorization": f"Bearer {self.passwords['OBSERVER_API_TOKEN']}"}

    def session(self, role: str) -> dict[str, str]:
        """What a new user with one role shows, as the users service would leave him with a session."""
        token, name = secrets.token_urlsafe(32), f"u{secrets.token_hex(6)}"
        self.sql(
            self.primary(),
            f"""WITH u AS (INSERT INTO identity.users (login, password_hash, roles, profile, key, registration)
                VALUES ('{name}', '$argon2id$none', ARRAY['{role}'], '{{}}', '{name}', '{{}}') RETURNING user_id)
            INSERT INTO identity.sessions (token_sha256, user_id, expires_at)
                SELECT sha256('{token}'), user_id, now() + interval '1 hour' FROM u""",
        )
        return {"Authorization": f"Bearer {token}"}

    def observe(self, run: str, *, on: str = "payments-1", timeout_s: float = 15) -> list[dict[str, object]]:
        words = [
            "exec",
            "-e",
            f"HARNESS_RUN={run}",
            self.container(on),
            "payments-observer",
            "--timeout-s",
            str(timeout_s),
        ]
        return [json.loads(line) for line in docker(*words).splitlines()]

    def client(self) -> httpx.Client:
        return httpx.Client(base_url=self.base, timeout=6)


class Payer:
    """A client with accounts of its own: a world that may owe, and two that may not."""

    def __init__(self, stack: PaymentsStack) -> None:
        self.run = f"t{secrets.token_hex(4)}"
        self.client = stack.client()
        self.world, self.one, self.two = (f"{self.run}-{name}" for name in ("world", "acct-1", "acct-2"))
        for account in (self.world, self.one, self.two):
            self.open(account, may_be_negative=account == self.world)

    def open(self, account: str, *, may_be_negative: bool = False) -> None:
        body = {"account_id": account, "currency": "EUR", "may_be_negative": may_be_negative}
        answer = self.client.post("/accounts", json=body)
        assert answer.status_code == 201, answer.text

    def pay(self, key: str, amount: int = 5, debtor: str = "", creditor: str = "") -> httpx.Response:
        body = {
            "debtor": debtor or self.world,
            "creditor": creditor or self.one,
            "amount": amount,
            "currency": "EUR",
        }
        return self.client.post("/payments", json=body, headers={"Idempotency-Key": f"{self.run}-{key}"})

    def status(self, key: str) -> int | None:
        """The status that a payment gets now; None when the connection broke."""
        try:
            return self.pay(key).status_code
        except httpx.TransportError:
            return None

    def balance(self, account: str) -> int:
        return int(self.client.get(f"/accounts/{account}").json()["balance"])
