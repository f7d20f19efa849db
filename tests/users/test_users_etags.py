import pytest
from hypothesis import given
from hypothesis import strategies as st
from payments.problems import Refused
from users.etags import etag, versions

VERSIONS = st.integers(1, 10**17)


@given(version=VERSIONS)
def test_a_tag_that_was_shown_names_its_version(version):
    """What a client sends back unchanged is understood."""
    assert versions(etag(version)) == [version]


@given(wanted=st.lists(VERSIONS, min_size=1, max_size=5), space=st.sampled_from([",", ", ", " ,\t"]))
def test_a_list_names_each_of_its_versions(wanted, space):
    """RFC 9110 allows a list, with any space around the commas."""
    assert versions(space.join(etag(version) for version in wanted)) == wanted


def test_a_star_is_any_version():
    """Whoever sends it does not care what he overwrites."""
    assert versions("*") is versions(" * ") is None


@pytest.mark.parametrize("header", ['W/"3"', '"abc"', '"03"', '"0"', '"-1"', '""', f'"{10**20}"'])
def test_a_tag_that_was_never_shown_matches_nothing(header):
    """A weak tag, too: a change needs the version to the letter."""
    assert versions(header) == []


@pytest.mark.parametrize("header", ["3", "", ",", '"3', '3"', '"3" "4"', '"3"; x', "**", '*, "3"', "'3'"])
def test_what_is_no_list_of_tags_is_refused(header):
    """It is never taken for any version."""
    with pytest.raises(Refused) as refused:
        versions(header)
    assert refused.value.status == 400


@given(header=st.text(st.characters(max_codepoint=255), max_size=40))
def test_only_a_star_is_any_version(header):
    """No other text overwrites blindly, whatever is sent; and nothing crashes."""
    try:
        found = versions(header)
    except Refused:
        return
    assert (found is None) == (header.strip() == "*")


def test_a_change_without_a_version_is_refused_by_its_own_status():
    """428: the client forgot; 412 would say that somebody was faster."""
    with pytest.raises(Refused) as refused:
        versions(None)
    assert (refused.value.status, refused.value.outcome) == (428, "no-effect")
