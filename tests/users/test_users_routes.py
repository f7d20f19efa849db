"""What each request leads to, with a database of a few dictionaries behind it."""

import asyncio
import json
from datetime import UTC, datetime

import pytest
from payments.http import Request
from payments.principals import token_sha256
from payments.problems import Refused
from users.routes import Api
from users.settings import UsersSettings

ADMIN = "an administrator's token of 32+ chars"
PASSWORD = "correct horse battery"
SETTINGS = UsersSettings(admin_token=ADMIN.replace(" ", "-").replace("'", "-"))


class MadeAccount:
    user_id, login, roles, profile, version = "u1", "anna", ("payer",), {}, 3
    password_hash = f"hash of {PASSWORD}"
    password_key = "p1"

    def shown(self):
        return {"user_id": self.user_id, "version": self.version}


class MadeIdentities:
    """Answers as told, and remembers what it was asked."""

    def __init__(self, **answers):
        self._answers = answers
        self.asked = []

    def __getattr__(self, name):
        async def ask(*values):
            self.asked.append((name, *values))
            return self._answers[name]

        return ask


class PlainPasswords:
    async def hash(self, password, _until):
        return f"hash of {password}"

    async def right(self, password, password_hash, _until):
        return password_hash == f"hash of {password}"


def send(identities, method, path, body=None, **headers):
    async def receive():
        return {"type": "http.request", "body": json.dumps(body).encode() if body is not None else b""}

    listed = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    scope = {"method": method, "path": path, "headers": listed, "query_string": b""}
    request = Request(scope, receive)

    async def scene():
        _, handler = Api(identities, PlainPasswords(), SETTINGS).route(request)
        return await handler(request)

    return asyncio.run(scene())


def refused(*words, **headers):
    with pytest.raises(Refused) as problem:
        send(*words, **headers)
    assert problem.value.outcome == "no-effect"
    return problem.value


def register(identities, roles=("payer",), **headers):
    body = {"login": "anna", "password": PASSWORD, "roles": list(roles)}
    return send(identities, "POST", "/users", body, **{"idempotency_key": "k1"} | headers)


def test_a_payer_registers_himself_and_the_password_is_only_kept_hashed():
    """What reaches the database is a hash."""
    identities = MadeIdentities(register=(MadeAccount(), False))
    answer = register(identities)
    assert (answer.status, answer.headers["etag"]) == (201, '"3"')
    assert "idempotent-replayed" not in answer.headers
    ((_, key, _, password_hash, _),) = identities.asked
    assert (key, password_hash) == ("k1", f"hash of {PASSWORD}")


def test_the_same_registration_again_is_answered_from_what_is_saved():
    """With the same password it is the same request; with another the key is taken."""
    account = MadeAccount()
    assert register(MadeIdentities(register=(account, True))).headers["idempotent-replayed"] == "true"
    account.password_hash = "hash of another password"
    with pytest.raises(Refused) as problem:
        register(MadeIdentities(register=(account, True)))
    assert (problem.value.status, problem.value.kind) == (422, "key-reused")


@pytest.mark.parametrize("roles", [["approver"], ["auditor"], ["payer", "approver"]])
def test_who_would_approve_or_audit_needs_the_administrators_token(roles):
    """Without it, with another or with a part of it, nobody is asked anything."""
    for shown in (
        {},
        {"authorization": "Bearer x"},
        {"authorization": f"Bearer {SETTINGS.admin_token[:-1]}"},
    ):
        identities = MadeIdentities(register=(MadeAccount(), False))
        with pytest.raises(Refused) as problem:
            register(identities, roles, **shown)
        assert (problem.value.status, identities.asked) == (401, [])
    identities = MadeIdentities(register=(MadeAccount(), False))
    assert register(identities, roles, authorization=f"Bearer {SETTINGS.admin_token}").status == 201


def test_a_registration_needs_a_key():
    """Without one a retry could not be told from a second user of that name."""
    body = {"login": "anna", "password": PASSWORD}
    assert refused(MadeIdentities(), "POST", "/users", body).status == 400


def test_a_log_in_gives_a_token_that_the_database_does_not_see():
    """The digest alone goes into the database; two log-ins give two tokens."""
    body = {"login": "anna", "password": PASSWORD, "lifetime_s": 60}
    until = datetime(2030, 1, 1, tzinfo=UTC)
    tokens = set()
    for _ in range(2):
        identities = MadeIdentities(try_log_in=MadeAccount(), begin_session=until)
        answer = send(identities, "POST", "/sessions", body)
        told = json.loads(answer.body)
        assert (answer.status, told["user_id"], told["roles"]) == (201, "u1", ["payer"])
        _, (_, login, password_hash, digest, lifetime_s, _) = identities.asked
        assert (login, password_hash) == ("anna", MadeAccount.password_hash)
        assert (digest, lifetime_s) == (token_sha256(told["token"]), 60)
        assert len(told["token"]) == 43
        tokens.add(told["token"])
    assert len(tokens) == 2


def test_a_wrong_password_and_a_wrong_name_get_one_answer():
    """It does not tell which login names there are; no session begins."""
    told = []
    for account, password in ((MadeAccount(), "not the password"), (None, PASSWORD)):
        identities = MadeIdentities(try_log_in=account)
        problem = refused(identities, "POST", "/sessions", {"login": "anna", "password": password})
        told.append((problem.body(), problem.headers))
        assert [asked[0] for asked in identities.asked] == ["try_log_in"]
    assert told[0] == told[1]
    assert told[0][0]["status"] == 401


def test_a_password_that_was_changed_while_it_was_looked_at_opens_nothing():
    """The database knows that it is the old one by now."""
    identities = MadeIdentities(try_log_in=MadeAccount(), begin_session=None)
    body = {"login": "anna", "password": PASSWORD}
    assert refused(identities, "POST", "/sessions", body).status == 401


NEW = "staple of another colour"


def change_password(identities, old=PASSWORD, new=NEW, **headers):
    body = {"old_password": old, "new_password": new}
    headers = {"authorization": "Bearer t"} | headers
    return send(identities, "PUT", "/users/me/password", body, **headers)


def test_a_new_password_takes_the_place_of_the_one_that_was_shown():
    """The database changes it only if that one still stands; the attempt was counted before."""
    identities = MadeIdentities(try_password=MadeAccount(), change_password=(True, True))
    assert change_password(identities, idempotency_key="p2").status == 200
    (tried, *_), (_, digest, old_hash, new_hash, key, _) = identities.asked
    assert (tried, digest, key) == ("try_password", token_sha256("t"), "p2")
    assert (old_hash, new_hash) == (f"hash of {PASSWORD}", f"hash of {NEW}")


@pytest.mark.parametrize(
    ("answers", "old", "status"),
    [
        ({"try_password": None}, PASSWORD, 401),
        ({"try_password": MadeAccount()}, "not the password", 403),
        ({"try_password": MadeAccount(), "change_password": (False, False)}, PASSWORD, 401),
        ({"try_password": MadeAccount(), "change_password": (True, False)}, PASSWORD, 409),
    ],
)
def test_a_password_that_may_not_be_changed_stays(answers, old, status):
    """No session, a wrong password, a session that ended meanwhile, another change that came first."""
    with pytest.raises(Refused) as problem:
        change_password(MadeIdentities(**answers), old)
    assert (problem.value.status, problem.value.outcome) == (status, "no-effect")


def test_a_change_of_password_whose_answer_was_lost_is_answered_again():
    """By its key, when the new password is the one that stands; the old one is not asked for any more."""
    identities = MadeIdentities(try_password=MadeAccount())
    answer = change_password(identities, "the one before", PASSWORD, idempotency_key="p1")
    assert (answer.status, answer.headers["idempotent-replayed"]) == (200, "true")
    with pytest.raises(Refused) as problem:
        change_password(identities, PASSWORD, NEW, idempotency_key="p1")
    assert (problem.value.status, problem.value.kind) == (422, "key-reused")
    assert {asked[0] for asked in identities.asked} == {"try_password"}


def test_a_change_asks_for_the_version_that_the_client_read():
    """The tag's version and the key go to the database, which decides."""
    identities = MadeIdentities(change=(True, False, MadeAccount()))
    headers = {"authorization": "Bearer t", "if_match": '"2"', "idempotency_key": "c1"}
    answer = send(identities, "PATCH", "/users/me", {"profile": {"name": "A"}}, **headers)
    assert (answer.status, answer.headers["etag"]) == (200, '"3"')
    ((_, digest, versions, change, key),) = identities.asked
    assert (digest, versions, change.patch, key) == (token_sha256("t"), [2], {"name": "A"}, "c1")


@pytest.mark.parametrize(
    ("headers", "answer", "status"),
    [
        ({"if_match": '"2"'}, None, 401),
        ({"authorization": "Bearer t"}, None, 428),
        ({"authorization": "Bearer t", "if_match": "2"}, None, 400),
        ({"authorization": "Bearer t", "if_match": '"2"'}, (False, False, MadeAccount()), 412),
        ({"authorization": "Bearer t", "if_match": '"2"'}, (False, False, None), 401),
    ],
)
def test_a_change_that_may_not_be_is_refused(headers, answer, status):
    """No token, no version, an unreadable one, one that is gone, a session that ended."""
    body = {"profile": {"name": "A"}}
    problem = refused(MadeIdentities(change=answer), "PATCH", "/users/me", body, **headers)
    assert problem.status == status
    if status == 412:
        assert problem.headers["etag"] == '"3"'


def test_a_session_that_nobody_knows_is_not_authenticated():
    """For a look as for a log-out."""
    shown = {"authorization": "Bearer t"}
    assert refused(MadeIdentities(me=None), "GET", "/users/me", **shown).status == 401
    assert refused(MadeIdentities(end_session=False), "DELETE", "/sessions/current", **shown).status == 401
    assert send(MadeIdentities(end_session=True), "DELETE", "/sessions/current", **shown).status == 200


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/", 404), ("GET", "/users", 405), ("GET", "/users/u1", 404), ("PUT", "/users/me", 405)],
)
def test_what_is_not_there_is_refused(method, path, status):
    """Nobody reads another's profile: there is no such path. 405 says what is allowed."""
    problem = refused(MadeIdentities(), method, path)
    assert problem.status == status
    assert ("allow" in problem.headers) == (status == 405)


@pytest.mark.parametrize(
    "wrong", [{"admin_token": "short"}, {"burst": 0}, {"refill_s": -1}, {"deadline_s": 0}]
)
def test_settings_that_would_let_anybody_in_are_refused_at_the_start(wrong):
    """A short token could be guessed, and a limit of none is no limit."""
    with pytest.raises(ValueError, match=r"fewer|above 0"):
        UsersSettings(**{"admin_token": SETTINGS.admin_token} | wrong)
    assert SETTINGS.admin_token not in repr(SETTINGS)
