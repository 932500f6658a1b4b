from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing_site.kit.money import (
    format_money,
    parse_amount,
    rounded,
    split,
    split_by,
    vat_inside,
)

AMOUNTS = st.decimals(min_value=0, max_value=10**9, places=2)


@pytest.mark.parametrize(
    ("x", "expected"), [("0.005", "0.01"), ("0.004", "0.00"), ("-0.005", "-0.01"), ("344.0849", "344.08")]
)
def test_rounding_is_half_up(x, expected):
    assert rounded(Decimal(x)) == Decimal(expected)


def test_a_float_is_never_money():
    with pytest.raises(TypeError):
        rounded(0.1)


@given(AMOUNTS, st.integers(1, 60))
def test_a_split_loses_no_kopeck(total, n):
    parts = split(total, n)
    assert sum(parts) == total
    assert max(parts) - min(parts) <= Decimal("0.01")


@given(AMOUNTS, st.lists(st.integers(0, 31), min_size=1, max_size=40).filter(any))
def test_shares_by_weight_sum_to_the_whole(total, weights):
    parts = split_by(total, weights)
    assert sum(parts) == total
    whole = sum(weights)
    assert all(abs(p - total * w / whole) <= Decimal("0.01") for p, w in zip(parts, weights, strict=True))


@pytest.mark.parametrize(
    ("text", "expected"),
    [("12 500,00", "12500.00"), ("100\u00a0000", "100000.00"), ("12500.5", "12500.50"), (" 860 ₽", "860.00")],
)
def test_people_write_amounts_so(text, expected):
    assert parse_amount(text) == Decimal(expected)


@pytest.mark.parametrize("text", ["", "12,345,00", "1 2 3", "десять", "1e5", "12.345", "NaN", "--5"])
def test_what_is_no_amount_is_refused_with_its_text(text):
    with pytest.raises(ValueError):
        parse_amount(text)


def test_vat_of_2026():
    assert vat_inside(Decimal("1220.00"), Decimal(22)) == Decimal("220.00")
    assert vat_inside(Decimal("860.00"), Decimal(22)) == Decimal("155.08")


def test_money_is_shown_with_no_break_spaces():
    assert format_money(Decimal("48336")) == "48\u00a0336,00\u00a0₽"
    assert format_money(Decimal("-1234567.5")) == "-1\u00a0234\u00a0567,50\u00a0₽"
