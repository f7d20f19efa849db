"""The users service on its real, replicated database."""

from __future__ import annotations

import hashlib
import json
import secrets
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import httpx
import pytest
from payments_stack import docker, within
from test_payments_service import UNKNOWN, problem, without_replicas

pytestmark = pytest.mark.stack

PASSWORD = "correct horse battery"
NODES = ("users-1", "users-2")
BURST = 10
NOT_AUTHENTICATED = (401, "/problems/not-authenticated", "no-effect")


def test_without_the_profile_the_edge_says_that_nothing_happened(payments_stack):
    """The users nodes do not exist, which neither stops the edge nor makes it unhealthy."""
    with payments_stack.client() as client:
        for path in ("/users", "/users/me", "/sessions"):
            assert problem(client.post(path, json={})) == (503, "/problems/no-effect", "no-effect")
    assert payments_stack.healthy("edge")


@pytest.fixture(scope="module")
def users_stack(payments_stack):
    """The reference stack with its users nodes."""
    try:
        payments_stack.compose("--profile", "full", "up", "-d", "--wait", *NODES, timeout_s=60)
        with payments_stack.client() as client:
            within(10, "the edge sees a users node", lambda: client.get("/users/docs").status_code == 200)
        yield payments_stack
    finally:
        payments_stack.compose("--profile", "full", "rm", "--stop", "--force", *NODES)


@dataclass
class Person:
    """Somebody with a login name of his own, registered on demand."""

    stack: object
    client: httpx.Client
    login: str = field(default_factory=lambda: f"p{secrets.token_hex(6)}")

    def register(self, key="", *, password=PASSWORD, admin="", **more):
        headers = {"Idempotency-Key": key or f"{self.login}-register"}
        if admin:
            headers["Authorization"] = f"Bearer {admin}"
        body = {"login": self.login, "password": password, **more}
        return self.client.post("/users", json=body, headers=headers)

    def log_in(self, password=PASSWORD, **more):
        return self.client.post("/sessions", json={"login": self.login, "password": password, **more})

    def token(self, **more):
        answer = self.log_in(**more)
        assert answer.status_code == 201, answer.text
        return answer.json()["token"]

    def ask(self, token, method="GET", path="/users/me", **more):
        headers = {"Authorization": f"Bearer {token}"} | more.pop("headers", {})
        return self.client.request(method, path, headers=headers, **more)

    def change(self, token, version, name, key=None):
        headers = {"If-Match": f'"{version}"'} | ({"Idempotency-Key": key} if key else {})
        return self.ask(token, "PATCH", json={"profile": {"name": name}}, headers=headers)


@pytest.fixture
def person(users_stack):
    with users_stack.client() as client:
        yield Person(users_stack, client)


def test_a_registration_is_made_once_and_repeated_only_by_the_same_request(person):
    """Six at once make one user; another body, another password or another key does not pass for it."""
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda _: person.register(profile={"name": "A"}), range(6)))
    assert [answer.status_code for answer in answers] == [201] * 6
    assert len({answer.text for answer in answers}) == 1
    assert sum(answer.headers.get("idempotent-replayed") == "true" for answer in answers) == 5
    assert answers[0].headers["etag"] == '"1"'
    reused = (422, "/problems/key-reused", "no-effect")
    assert problem(person.register(profile={"name": "B"})) == reused
    assert problem(person.register(password="another password", profile={"name": "A"})) == reused
    assert problem(person.register("another-key")) == (409, "/problems/login-taken", "no-effect")


def test_approvers_are_made_by_the_administrator_alone(person, users_stack):
    """Nobody makes himself one, not even with a session."""
    assert problem(person.register(roles=["approver"])) == NOT_AUTHENTICATED
    assert person.register().json()["roles"] == ["payer"]
    other = Person(users_stack, person.client)
    assert problem(other.register(roles=["approver"], admin=person.token())) == NOT_AUTHENTICATED
    answer = other.register(roles=["approver"], admin=users_stack.passwords["USERS_ADMIN_TOKEN"])
    assert answer.json()["roles"] == ["approver"]


def test_a_session_begins_with_the_password_and_ends_with_the_log_out(person):
    """The token opens its owner's page until he logs out; that may be said twice."""
    user_id = person.register().json()["user_id"]
    token = person.token()
    assert person.ask(token).json()["user_id"] == user_id
    assert problem(person.ask(token + "x")) == NOT_AUTHENTICATED
    other = person.token()
    for _ in range(2):
        assert person.ask(token, "DELETE", "/sessions/current").status_code == 200
        assert problem(person.ask(token)) == NOT_AUTHENTICATED
    assert person.ask(other).status_code == 200
    assert problem(person.ask("unknown", "DELETE", "/sessions/current")) == NOT_AUTHENTICATED


def test_a_session_expires_by_itself(person):
    """After the time that the log-in asked for."""
    person.register()
    began = time.monotonic()
    token = person.token(lifetime_s=1)
    assert person.ask(token).status_code == 200
    within(3, "the session expires", lambda: person.ask(token).status_code == 401)
    assert time.monotonic() - began > 0.9


def test_the_database_keeps_neither_passwords_nor_tokens(person, users_stack):
    """It has argon2id's hash of the one, SHA-256 of the other; the logs of the nodes have nothing."""
    person.register()
    token = person.token()
    assert person.log_in("not the password").status_code == 401
    primary = users_stack.primary()
    saved = users_stack.sql(
        primary, f"SELECT password_hash FROM identity.users WHERE login = '{person.login}'"
    )
    assert saved.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    digest = hashlib.sha256(token.encode()).hexdigest()
    sessions = users_stack.sql(primary, "SELECT encode(token_sha256, 'hex') FROM identity.sessions")
    assert digest in sessions.split()
    whole = users_stack.sql(
        primary, "SELECT s, u FROM identity.sessions s JOIN identity.users u USING (user_id)"
    )
    logs = users_stack.compose("--profile", "full", "logs", "--no-color", *NODES)
    for secret in (token, PASSWORD, "not the password", users_stack.passwords["USERS_ADMIN_TOKEN"]):
        assert secret not in whole + logs


def test_of_many_changes_on_one_version_one_is_made(person):
    """The others are told which version there is; without a version nothing is changed."""
    person.register()
    token = person.token()
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda n: person.change(token, 1, f"name {n}"), range(8)))
    made = [answer for answer in answers if answer.status_code == 200]
    assert len(made) == 1
    lost = [answer for answer in answers if answer is not made[0]]
    assert {problem(answer) for answer in lost} == {(412, "/problems/changed-meanwhile", "no-effect")}
    assert {answer.headers["etag"] for answer in answers} == {'"2"'}
    shown = person.ask(token)
    assert (shown.json(), shown.headers["etag"]) == (made[0].json(), '"2"')
    blind = person.ask(token, "PATCH", json={"profile": {"name": "x"}})
    assert problem(blind) == (428, "/problems/version-missing", "no-effect")


def test_a_change_is_repeated_by_its_key_and_made_once(person):
    """The answer is lost, the client sends it again: it is told what happened the first time."""
    person.register(profile={"name": "A", "email": "a@example.org"})
    token = person.token()
    first, again = (person.change(token, 1, "B", key="c1") for _ in range(2))
    assert (first.status_code, again.status_code) == (200, 200)
    assert first.json() == again.json()
    assert (first.json()["version"], first.json()["profile"]) == (2, {"name": "B", "email": "a@example.org"})
    assert again.headers["idempotent-replayed"] == "true"
    assert problem(person.change(token, 1, "C", key="c1")) == (422, "/problems/key-reused", "no-effect")
    gone = person.ask(token, "PATCH", json={"profile": {"email": None}}, headers={"If-Match": '"2"'})
    assert gone.json()["profile"] == {"name": "B"}


def new_password(person, token, new, old=PASSWORD, key=None):
    headers = {"Idempotency-Key": key} if key else {}
    body = {"old_password": old, "new_password": new}
    return person.ask(token, "PUT", "/users/me/password", json=body, headers=headers)


NEW = "staple of another colour"


def test_a_new_password_ends_every_other_session(person):
    """The one that asked goes on; the old password opens nothing any more, and a lost answer is given again."""
    person.register()
    token, other = person.token(), person.token()
    assert problem(new_password(person, token, NEW, "not the password")) == (
        403,
        "/problems/wrong-password",
        "no-effect",
    )
    assert person.ask(other).status_code == 200
    first, again = (new_password(person, token, NEW, key="p1") for _ in range(2))
    assert (first.status_code, again.status_code) == (200, 200)
    assert again.headers["idempotent-replayed"] == "true"
    assert problem(person.ask(other)) == NOT_AUTHENTICATED
    assert person.ask(token).status_code == 200
    assert person.log_in().status_code == 401
    assert person.log_in(NEW).status_code == 201
    assert problem(new_password(person, other, PASSWORD, NEW)) == NOT_AUTHENTICATED


def test_no_session_of_the_old_password_outlives_its_change(person):
    """Log-ins race with the change, and two changes with each other: one is made, and its own session lasts."""
    person.register()
    token = person.token()
    with ThreadPoolExecutor(6) as pool:
        log_ins = [pool.submit(person.log_in) for _ in range(4)]
        changes = list(pool.map(lambda n: new_password(person, token, f"{NEW} {n}"), range(2)))
        opened = [
            answer.json()["token"]
            for answer in (one.result() for one in log_ins)
            if answer.status_code == 201
        ]
    assert sum(answer.status_code == 200 for answer in changes) == 1
    assert {answer.status_code for answer in changes} <= {200, 403, 409, 503}
    assert {person.ask(each).status_code for each in opened} <= {401}
    assert person.ask(token).status_code == 200


def test_a_stolen_token_gives_no_more_guesses_than_a_log_in(person):
    """The change of password counts on the same allowance."""
    person.register()
    token = person.token()
    codes = [new_password(person, token, NEW, f"wrong password {n}").status_code for n in range(BURST + 2)]
    assert codes == [403] * BURST + [429] * 2
    assert person.log_in().status_code == 429


def test_an_account_is_tried_so_often_and_no_more_whichever_node_is_asked(person, users_stack):
    """Ten wrong passwords, over both nodes at once; then not even the right one, and other accounts go on."""
    person.register()
    assert person.log_in().status_code == 201
    with ThreadPoolExecutor(5) as pool:
        answers = list(pool.map(lambda n: person.log_in(f"wrong password {n}"), range(BURST + 4)))
    statuses = [answer.status_code for answer in answers]
    assert sorted(statuses) == [401] * BURST + [429] * 4
    assert {answer.headers["x-served-by"] for answer in answers} == set(NODES)
    refused = person.log_in()
    assert problem(refused) == (429, "/problems/too-many-attempts", "no-effect")
    assert 1 <= int(refused.headers["retry-after"]) <= 30
    other = Person(users_stack, person.client)
    other.register()
    assert other.log_in().status_code == 201


def test_the_limit_is_kept_when_the_node_that_counted_is_gone(person, users_stack):
    """The count is in the database: a session and a limit of before are there after a node's death."""
    person.register()
    token = person.token()
    for n in range(BURST):
        assert person.log_in(f"wrong password {n}").status_code == 401
    docker("kill", users_stack.container("users-1"))
    try:

        def served_by():
            answer = person.ask(token)
            return answer.status_code == 200 and answer.headers["x-served-by"]

        within(5, "the other node serves", lambda: served_by() == "users-2")
        assert person.ask(token).status_code == 200
        assert person.log_in().status_code == 429
    finally:
        docker("start", users_stack.container("users-1"))
    within(20, "the node is back", lambda: served_by() == "users-1")


def test_a_name_that_nobody_has_is_limited_like_any_other(person):
    """The limit does not tell which login names there are; a node too busy to look at a password says 503."""
    codes = [person.log_in().status_code]
    while codes[-1] != 429 and len(codes) <= 2 * BURST:
        codes.append(person.log_in().status_code)
    assert codes[-1] == 429
    assert set(codes[:-1]) <= {401, 503}
    assert codes[0] == 401
    assert codes.count(401) <= BURST


def test_a_right_password_gives_the_attempts_back(person):
    """Who mistypes now and then is never locked out."""
    person.register()
    for _ in range(2):
        for n in range(BURST - 1):
            assert person.log_in(f"wrong password {n}").status_code == 401
        assert person.log_in().status_code == 201


def test_attempts_come_back_one_by_one(users_stack):
    """As many as the time that passed allows, and never more than the burst; a full count leaves no row."""
    name = f"n{secrets.token_hex(6)}"
    count = f"SELECT identity.count_attempt('{name}', 3, 3600)"

    def later(hours):
        return f"UPDATE identity.attempts SET full_at = full_at - interval '{hours} hours' WHERE login = '{name}'"

    script = [*[count] * 4, later(1), *[count] * 2, later(2), *[count] * 3, later(90), *[count] * 4]
    primary = users_stack.primary()
    said = users_stack.sql(primary, "; ".join(script)).split("\n")
    waits = [float(line) for line in said if not line.startswith("UPDATE")]
    assert [wait > 0 for wait in waits] == [
        *(False, False, False, True),
        *(False, True),
        *(False, False, True),
        *(False, False, False, True),
    ]
    assert all(3590 < wait <= 3600 for wait in waits if wait)
    users_stack.sql(primary, f"{later(90)}; SELECT identity.count_attempt('{name}-other', 3, 3600)")
    assert users_stack.sql(primary, f"SELECT count(*) FROM identity.attempts WHERE login = '{name}'") == "0"


def test_a_wave_of_passwords_leaves_the_nodes_quick(person, users_stack):
    """Forty registrations at once: health is answered meanwhile, and each is told what became of it."""
    people = [Person(users_stack, person.client) for _ in range(40)]
    with ThreadPoolExecutor(40) as pool:
        wave = [pool.submit(one.register) for one in people]
        asked = [_ready_within_s(users_stack, node) for node in NODES]
        answers = [future.result() for future in wave]
    assert max(asked) < 0.5
    said = {(answer.status_code, answer.headers.get("payment-outcome")) for answer in answers}
    assert said <= {(201, None), (503, "no-effect"), (504, "unknown")}
    assert sum(answer.status_code == 201 for answer in answers) > 10


_READY = """import time, urllib.request
worst = 0
for _ in range(8):
    began = time.monotonic()
    urllib.request.urlopen("http://127.0.0.1:8000/health/ready", timeout=2).read()
    worst = max(worst, time.monotonic() - began)
    time.sleep(0.02)
print(worst)
"""


def _ready_within_s(stack, node):
    return float(stack.run(node, "python3", "-c", _READY))


def test_without_a_replica_nothing_is_acknowledged(person, users_stack):
    """A registration and a log-in that no standby has are unknown; sent again, they are what they were."""
    assert person.register().status_code == 201
    new = Person(users_stack, person.client)
    with without_replicas(users_stack), ThreadPoolExecutor(2) as pool:
        asked = [pool.submit(new.register), pool.submit(person.log_in)]
        assert [problem(answer.result()) for answer in asked] == [UNKNOWN] * 2
    settled = new.register()
    assert (settled.status_code, settled.headers["idempotent-replayed"]) == (201, "true")
    assert person.log_in().status_code == 201


@pytest.mark.parametrize(
    "statement",
    [
        "SET ROLE users; SELECT * FROM identity.users",
        "SET ROLE users; DELETE FROM identity.attempts",
        "SET ROLE users; SELECT identity.count_attempt('x', 1, 1)",
        "SET ROLE users; SELECT * FROM books.accounts",
        "SET ROLE payments; SELECT * FROM identity.sessions",
        "SET ROLE payments; SELECT * FROM identity.me('x')",
    ],
)
def test_each_service_has_its_functions_and_nothing_else(users_stack, statement):
    """Neither reads a table of users, and neither is the other."""
    with pytest.raises(AssertionError, match="permission denied"):
        users_stack.sql(users_stack.primary(), statement)


def test_the_payments_service_may_ask_whose_token_it_is(person, users_stack):
    """The one function that both have."""
    user_id = person.register().json()["user_id"]
    token = person.token()
    asked = f"SELECT user_id, roles FROM identity.principal(sha256('{token}'))"
    primary = users_stack.primary()
    assert users_stack.sql(primary, f"SET ROLE payments; {asked}").split("\n")[-1] == f"{user_id}|{{payer}}"
    person.ask(token, "DELETE", "/sessions/current")
    assert users_stack.sql(primary, f"SET ROLE payments; {asked}") == "SET"


def test_each_service_describes_itself(person):
    """As OpenAPI for programs, as a page for people."""
    for below, path in (("", "/payments/{id}"), ("/users", "/users/me")):
        assert path in json.loads(person.client.get(f"{below}/openapi.json").text)["paths"]
        shown = person.client.get(f"{below}/docs")
        assert shown.headers["content-type"].startswith("text/html")
        assert path in shown.text
