import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from payments.problems import Refused
from users.orders import LogIn, PasswordChange, ProfileChange, Registration

LOGINS = st.from_regex(r"[a-z0-9][a-z0-9._:@-]{0,127}", fullmatch=True)
PASSWORDS = st.text(st.characters(exclude_categories=("Cs",)), min_size=12, max_size=256)
ROLES = st.lists(st.sampled_from(["payer", "approver", "auditor"]), min_size=1, unique=True)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)
PASSWORD = "correct horse battery"
LIFETIME_MAX_S = 3600


def registration(**changes):
    return json.dumps({"login": "anna", "password": PASSWORD} | changes).encode()


def log_in(**changes):
    return LogIn.parse(registration(**changes), LIFETIME_MAX_S)


@given(login=LOGINS, password=PASSWORDS, roles=ROLES)
def test_a_right_registration_is_read_as_it_was_written(login, password, roles):
    """Name and password are never changed on their way in; roles are a set."""
    order = Registration.parse(registration(login=login, password=password, roles=roles))
    assert (order.login, order.password, set(order.roles)) == (login, password, set(roles))
    assert log_in(login=login, password=password).password == password


@given(roles=ROLES)
def test_only_a_mere_payer_registers_freely(roles):
    """Whoever would approve or audit needs the administrator; being a payer as well changes nothing."""
    assert Registration.parse(registration(roles=roles)).free == (set(roles) == {"payer"})


def test_without_roles_he_is_a_payer():
    """The least that a user can be."""
    assert Registration.parse(registration()).roles == ("payer",)


@given(roles=ROLES)
def test_the_order_of_roles_says_nothing(roles):
    """The same registration again, with its roles in another order, is the same."""
    one, two = (Registration.parse(registration(roles=said)) for said in (roles, roles[::-1]))
    assert one == two


@given(body=JSON.map(lambda value: json.dumps(value).encode()) | st.binary(max_size=200))
def test_any_other_body_is_refused_and_never_a_crash(body):
    """Whatever is sent, the answer is a refusal of 400 or 422 with the word no-effect."""
    parses = (Registration.parse, ProfileChange.parse, PasswordChange.parse)
    for parse in (*parses, lambda body: LogIn.parse(body, LIFETIME_MAX_S)):
        with pytest.raises(Refused) as refused:
            parse(body)
        assert refused.value.status in (400, 422)
        assert refused.value.outcome == "no-effect"


@pytest.mark.parametrize("login", ["Anna", "", "a b", "ä", "-a", "a" * 129, None, 7, "a\n"])
def test_a_login_name_is_of_small_letters(login):
    """Two names that differ in case alone would be taken for each other."""
    with pytest.raises(Refused, match="login must be"):
        Registration.parse(registration(login=login))


@pytest.mark.parametrize(
    "password", ["short", "x" * 11, "x" * 257, None, 123456789012, "\ud800" * 12, ["x"] * 12]
)
def test_a_password_that_cannot_be_is_refused_and_not_repeated(password):
    """It may be nearly the right one, so no answer and no log shows it."""
    for parse in (Registration.parse, lambda body: LogIn.parse(body, LIFETIME_MAX_S)):
        with pytest.raises(Refused, match="12 to 256 characters") as refused:
            parse(registration(password=password))
        assert str(password) not in str(refused.value.body())


@given(old=PASSWORDS, new=PASSWORDS)
def test_a_change_of_password_has_two_that_differ(old, new):
    """Both are taken as they are; the same one again would end the other sessions and change nothing."""
    body = json.dumps({"old_password": old, "new_password": new}).encode()
    if old == new:
        with pytest.raises(Refused, match="another than the old one"):
            PasswordChange.parse(body)
    else:
        order = PasswordChange.parse(body)
        assert (order.old, order.new) == (old, new)
        assert not (len(old) > 20 and old in repr(order))


@pytest.mark.parametrize("field", ["old_password", "new_password"])
def test_a_change_of_password_names_the_wrong_field_and_not_what_stood_there(field):
    """What was sent may be nearly a password."""
    body = {"old_password": PASSWORD, "new_password": "staple of another colour", field: "short one"}
    with pytest.raises(Refused, match=field) as refused:
        PasswordChange.parse(json.dumps(body).encode())
    assert "short one" not in str(refused.value.body())


def test_a_password_is_in_no_representation():
    """What is logged of an order does not have it."""
    assert PASSWORD not in repr(Registration.parse(registration())) + repr(log_in())


@pytest.mark.parametrize(
    "roles", [[], ["admin"], ["payer", "payer"], "payer", None, [["payer"]], {"payer": 1}, [None]]
)
def test_roles_are_those_that_there_are(roles):
    """An unknown one is not dropped in silence."""
    with pytest.raises(Refused, match="roles must be"):
        Registration.parse(registration(roles=roles))


@pytest.mark.parametrize("lifetime_s", [0, -1, LIFETIME_MAX_S + 1, 1.5, "60", True, None])
def test_a_session_lives_no_longer_than_the_longest(lifetime_s):
    """A client may ask for less, never for more."""
    with pytest.raises(Refused, match="lifetime_s must be"):
        log_in(lifetime_s=lifetime_s)
    assert log_in().lifetime_s == LIFETIME_MAX_S
    assert log_in(lifetime_s=1).lifetime_s == 1


@pytest.mark.parametrize(
    "profile",
    [
        [],
        "x",
        None,
        {"nick": "x"},
        {"name": ""},
        {"name": "a\x00b"},
        {"name": 7},
        {"email": "x"},
        {"email": "a@b@c"},
    ],
)
def test_a_profile_has_the_fields_that_are_known(profile):
    """In a registration and in a change alike."""
    for parse, body in (
        (Registration.parse, registration(profile=profile)),
        (ProfileChange.parse, json.dumps({"profile": profile}).encode()),
    ):
        with pytest.raises(Refused, match="profile"):
            parse(body)


def test_a_change_may_take_a_field_away_and_a_registration_may_not():
    """RFC 7396's null; there is nothing to take away before there is a user."""
    assert ProfileChange.parse(b'{"profile": {"email": null}}').patch == {"email": None}
    with pytest.raises(Refused):
        Registration.parse(registration(profile={"email": None}))
    with pytest.raises(Refused):
        ProfileChange.parse(b'{"profile": {}}')
