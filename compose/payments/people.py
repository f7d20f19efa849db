"""The people behind the payments: they log in, look at themselves and change their profiles.

Registered once, before the first arrival; their sessions are used again and again, because a log-in costs some 30 ms
of a core by design.
"""

from __future__ import annotations

from collections import deque

from harness.load.child import Answer, Call, OpenUser, WrongAnswer, operation

PEOPLE = 60
# Each costs a core for a while: more at once would only wait for each other.
HASHES_AT_ONCE = 4
KINDS = frozenset({"log_in", "read_profile", "change_profile"})


class People(OpenUser):
    """Operations of the users service, for a locustfile's user to inherit; none of them is in its usual mix."""

    abstract = True

    def set_up_people(self) -> None:
        """Register the run's people and log them in, when the load has anything for them to do."""
        if not self.kinds & KINDS:
            return
        self._sessions: dict[str, str] = {}
        self._versions: dict[str, int] = {}
        logins = [self.key(f"user-{number}") for number in range(PEOPLE)]
        registered = {f"{login}-register": self._register(login) for login in logins}
        self.prepare("register", registered, at_once=HASHES_AT_ONCE)
        self.prepare(
            "log_in", {f"{login}-log-in": self._log_in(login) for login in logins}, at_once=HASHES_AT_ONCE
        )
        self._people = logins
        # Who is changing himself is not here: two changes of one version at a time are a conflict, not a failure.
        self._unchanging = deque(logins)

    @operation(weight=0, write=True)
    def log_in(self, key: str) -> Call:  # noqa: ARG002  # each log-in is a session of its own, whatever key it has
        """Somebody's password for a new token; the old one stays good."""
        return self._log_in(self.random.choice(self._people))

    @operation(weight=0, write=False)
    def read_profile(self, key: str) -> Call:  # noqa: ARG002  # a read sends no key
        """Somebody looks at himself, and must not see less than he was told before."""
        login = self.random.choice(self._people)
        known = self._versions[login]

        def verify(answer: Answer) -> None:
            shown = answer.json()
            if shown["login"] != login or shown["version"] < known:
                raise WrongAnswer(
                    f"{login} at version {known} is shown {shown['login']} at {shown['version']}"
                )

        return Call("GET", "/users/me", headers=self._bearer(login), verify=verify)

    @operation(weight=0, write=True)
    def change_profile(self, key: str) -> Call:
        """Somebody changes his name, on the version that he knows."""
        if not self._unchanging:
            # Everybody has a change that nobody confirmed, so nobody knows his version: it is changed as it is.
            return self._change(self.random.choice(self._people), key, None)
        login = self._unchanging.popleft()
        return self._change(login, key, self._versions[login])

    def _register(self, login: str) -> Call:
        body = {"login": login, "password": _password(login), "profile": {"name": login}}

        def verify(answer: Answer) -> None:
            self._versions[login] = answer.json()["version"]

        return Call("POST", "/users", body, {"Idempotency-Key": f"{login}-register"}, verify=verify)

    def _log_in(self, login: str) -> Call:
        def verify(answer: Answer) -> None:
            self._sessions[login] = answer.json()["token"]

        return Call("POST", "/sessions", {"login": login, "password": _password(login)}, verify=verify)

    def _change(self, login: str, key: str, version: int | None) -> Call:
        headers = {"Idempotency-Key": key, "If-Match": "*" if version is None else f'"{version}"'}

        def verify(answer: Answer) -> None:
            shown = answer.json()
            if shown["profile"]["name"] != key or (version is not None and shown["version"] != version + 1):
                raise WrongAnswer(f"{login} at version {version} was changed into {shown}")
            self._versions[login] = shown["version"]
            if version is not None:
                self._unchanging.append(login)

        return Call(
            "PATCH", "/users/me", {"profile": {"name": key}}, headers | self._bearer(login), verify=verify
        )

    def _bearer(self, login: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {self._sessions[login]}"}


def _password(login: str) -> str:
    return f"the password of {login}"
