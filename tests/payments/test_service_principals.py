import asyncio
import base64
import hashlib
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st
from payments.http import Request, Response
from payments.principals import Principal, bearer, need, principal, token_sha256
from payments.problems import NoEffect, Refused

TOKENS = st.binary(min_size=32, max_size=32).map(lambda raw: base64.urlsafe_b64encode(raw).decode())


class KnownSessions:
    """Sessions as the database keeps them: by the token's digest."""

    def __init__(self, tokens):
        self._known = {hashlib.sha256(token.encode()).digest(): user for token, user in tokens.items()}

    async def principal(self, token_sha256):
        return self._known.get(token_sha256)


class DeafSessions:
    """A ledger that cannot be asked."""

    async def principal(self, _token_sha256):
        raise NoEffect("no connection")


def request(*authorization):
    headers = [(b"authorization", value.encode("latin-1")) for value in authorization]
    scope = {"method": "GET", "path": "/users/me", "headers": headers, "query_string": b""}
    return Request(scope, None)


def asked(sessions, *authorization):
    return asyncio.run(principal(sessions, request(*authorization)))


@given(token=TOKENS, other=TOKENS)
def test_the_bearer_of_a_known_token_is_let_in_and_no_other(token, other):
    """The token itself opens; another one of the same shape does not."""
    sessions = KnownSessions({token: ("u1", ["payer", "auditor"])})
    assert asked(sessions, f"Bearer {token}") == Principal("u1", frozenset({"payer", "auditor"}))
    if other != token:
        with pytest.raises(Refused) as refused:
            asked(sessions, f"Bearer {other}")
        assert (refused.value.status, refused.value.kind) == (401, "not-authenticated")


@pytest.mark.parametrize(
    "shown", ["", "Bearer", "Bearer ", "Basic dTpw", "Token x", "Bearer a b", "Bearer a,b", "x"]
)
def test_a_request_without_a_token_is_not_authenticated(shown):
    """Whatever stands in the header, without a bearer's token nobody is asked and nobody is let in."""
    with pytest.raises(Refused) as refused:
        bearer(request(shown))
    assert (refused.value.status, refused.value.kind) == (401, "not-authenticated")
    with pytest.raises(Refused):
        asked(KnownSessions({}))


@given(header=st.text(st.characters(max_codepoint=255), max_size=80))
def test_any_header_is_a_token_or_a_refusal(header):
    """Nothing crashes on it, and a token that is taken out of it stands in it."""
    with suppress(Refused):
        assert bearer(request(header)) in header


def test_the_scheme_is_read_in_any_case():
    """RFC 9110: the scheme's letters may be large or small."""
    assert bearer(request("bearer abc")) == bearer(request("BEARER  abc")) == "abc"


def test_when_the_ledger_cannot_be_asked_nobody_is_let_in():
    """It fails closed, and says that there was no effect."""
    with pytest.raises(NoEffect):
        asked(DeafSessions(), "Bearer abc")


@given(roles=st.frozensets(st.sampled_from(["payer", "approver", "auditor"])))
def test_a_role_is_needed_by_name(roles):
    """One role stands for no other."""
    for role in ("payer", "approver", "auditor"):
        if role in roles:
            need(Principal("u1", roles), role)
        else:
            with pytest.raises(Refused) as refused:
                need(Principal("u1", roles), role)
            assert (refused.value.status, refused.value.kind) == (403, "not-allowed")


def test_an_answer_401_says_how_to_authenticate():
    """RFC 9110 asks for a challenge; the word on the effect is there as everywhere."""
    with pytest.raises(Refused) as refused:
        bearer(request())
    response = Response.problem(refused.value)
    assert response.headers["www-authenticate"].startswith("Bearer")
    assert response.headers["payment-outcome"] == "no-effect"


def test_the_database_knows_a_digest_and_not_the_token():
    """SHA-256 of the token's characters: what the users service stores and every service looks up."""
    assert token_sha256("abc").hex() == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
