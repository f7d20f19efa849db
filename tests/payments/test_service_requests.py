import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from payments.problems import Refused
from payments.requests import AMOUNT_MAX, AccountOrder, PaymentOrder, idempotency_key

NAMES = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,127}", fullmatch=True)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


def order(**changes):
    fields = {"debtor": "a", "creditor": "b", "amount": 1, "currency": "EUR"} | changes
    return json.dumps(fields).encode()


@given(debtor=NAMES, creditor=NAMES, amount=st.integers(1, AMOUNT_MAX))
def test_a_right_order_is_read_as_it_was_written(debtor, creditor, amount):
    """Every well-formed order keeps its parties and its amount."""
    if debtor == creditor:
        creditor = ("x" if creditor[0] != "x" else "y") + creditor[1:]
    body = order(debtor=debtor, creditor=creditor, amount=amount)
    assert PaymentOrder.parse(body) == PaymentOrder(debtor, creditor, amount, "EUR")


@given(body=JSON.map(lambda value: json.dumps(value).encode()) | st.binary(max_size=200))
def test_any_other_body_is_refused_and_never_a_crash(body):
    """Whatever is sent, the answer is a refusal of 400 or 422 with the word no-effect."""
    for parse in (PaymentOrder.parse, AccountOrder.parse):
        with pytest.raises(Refused) as refused:
            parse(body)
        assert refused.value.status in (400, 422)
        assert refused.value.body()["outcome"] == "no-effect"


@pytest.mark.parametrize("amount", [0, -1, AMOUNT_MAX + 1, 1.0, "1", True, None, [1]])
def test_an_amount_is_a_positive_integer_of_minor_units(amount):
    """Nothing that is not one becomes money, not even 1.0 or true."""
    with pytest.raises(Refused, match="amount must be"):
        PaymentOrder.parse(order(amount=amount))


@pytest.mark.parametrize("currency", ["eur", "EURO", "XXX", "", None, 978])
def test_a_currency_is_one_of_iso_4217(currency):
    """A made-up currency is refused by name."""
    with pytest.raises(Refused, match="currency must be"):
        PaymentOrder.parse(order(currency=currency))


def test_nobody_pays_himself():
    """A payment has two parties."""
    with pytest.raises(Refused, match="another account"):
        PaymentOrder.parse(order(creditor="a"))


def test_a_misspelt_field_is_named():
    """An unknown field is not silently ignored: it may have been meant."""
    with pytest.raises(Refused, match="amuont"):
        PaymentOrder.parse(order(amuont=1))


def test_an_account_without_a_name_gets_a_new_one_each_time():
    """The id is the client's to choose, and made when he does not."""
    first, second = (AccountOrder.parse(b'{"currency": "EUR"}') for _ in range(2))
    assert first.account_id != second.account_id
    assert not first.may_be_negative


@given(value=st.text())
def test_a_key_is_taken_as_it_is_or_refused(value):
    """A key is never changed on its way in."""
    plain = 1 <= len(value) <= 255 and all("!" <= letter <= "~" for letter in value)
    if plain:
        assert idempotency_key(value) == value
    else:
        with pytest.raises(Refused):
            idempotency_key(value)


def test_a_missing_key_is_refused():
    """Without a key a retry could pay twice."""
    with pytest.raises(Refused, match="Idempotency-Key"):
        idempotency_key(None)
