import pytest
from hypothesis import given
from hypothesis import strategies as st
from payments.pages import LIMIT_MAX, Page
from payments.problems import Refused

KEYS = st.text(alphabet="ab-01", max_size=6)


def page_of(keys, page):
    """What the database does with a page: the same two conditions, order and limit."""
    rest = sorted(key for key in keys if key.startswith(page.prefix) and key > page.after)
    return [{"key": key} for key in rest[: page.limit]]


@given(keys=st.sets(KEYS, max_size=40), prefix=KEYS, limit=st.integers(1, 7))
def test_walking_the_pages_visits_every_key_once_in_order(keys, prefix, limit):
    """Following next_after from the start gives exactly the keys with the prefix."""
    seen, after = [], ""
    while after is not None:
        page = Page.parse({"key_prefix": prefix, "after": after, "limit": str(limit)}, "key_prefix")
        answer = page.envelope(page_of(keys, page), "key")
        seen += [item["key"] for item in answer["items"]]
        after = answer["next_after"]
    # The first page begins after "", so the empty key, which no payment can have, is not seen.
    assert seen == sorted(key for key in keys if key.startswith(prefix) and key)


@given(limit=st.text(max_size=8))
def test_a_limit_is_a_plain_number_in_range(limit):
    """Signs, spaces, other scripts' digits and numbers out of range are refused, and nothing crashes."""
    plain = limit.isascii() and limit.isdecimal() and not limit.startswith("0") and int(limit) <= LIMIT_MAX
    if plain:
        assert Page.parse({"limit": limit}, "prefix").limit == int(limit)
    else:
        with pytest.raises(Refused, match="limit"):
            Page.parse({"limit": limit}, "prefix")


@pytest.mark.parametrize("query", [{"offset": "3"}, {"prefix": "a\x00"}, {"after": "\x00"}])
def test_what_a_page_does_not_know_is_refused(query):
    """An unknown parameter and a zero byte, which PostgreSQL's text cannot hold, are refused."""
    with pytest.raises(Refused):
        Page.parse(query, "prefix")
