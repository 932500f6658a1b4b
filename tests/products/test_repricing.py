"""Prices of the catalogue by percent: rounding, preview = what is written, old rows stay."""

from datetime import date
from decimal import Decimal

import pytest
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from billing_site.kit.errors import Refused
from products import pricing
from products.models import Price, Product
from products.repricing import quote_rise, raise_prices
from tests import make

pytestmark = pytest.mark.django_db
FROM = date(2027, 1, 1)


@pytest.fixture
def head():
    return make.user("head", language="en")


@pytest.fixture
def access():
    made = make.product("Доступ", {"half_year": "4800.00", "month": "800.00"})
    make.option(made, {"half_year": "360.00"})
    return made


@pytest.mark.parametrize(
    ("price", "percent", "step", "becomes"),
    [
        ("800", "7", "0.01", "856.00"), ("333.33", "10", "0.01", "366.66"), ("333.33", "10", "1", "367.00"),
        ("4800", "7.5", "50", "5150.00"), ("4800", "7.5", "100", "5200.00"), ("60", "-10", "5", "55.00"),
        ("100", "-99", "10", "0.00"), ("0", "50", "1", "0.00"), ("2.5", "0.01", "5", "5.00"),
    ],
)  # fmt: skip
def test_prices_are_rounded_half_up_to_the_step(price, percent, step, becomes):
    """333.33 × 1.1 = 366.663; 4800 × 1.075 = 5160 → 103.2 × 50; 60 × 0.9 = 54 → 10.8 × 5."""
    assert pricing.raised(Decimal(price), Decimal(percent), Decimal(step)) == Decimal(becomes)


@given(
    st.decimals(0, 1_000_000, places=2), st.decimals(-99, 1000, places=2),
    st.sampled_from(["0.01", "1", "5", "10", "50", "100"]),
)  # fmt: skip
def test_a_rounded_price_is_within_half_a_step(price, percent, step):
    exact = price * (100 + percent) / 100
    assert abs(pricing.raised(price, percent, Decimal(step)) - exact) <= Decimal(step) / 2


def test_new_rows_from_the_day_and_old_ones_stay(access, head):
    rise = quote_rise([access], ["half_year"], percent=Decimal(10), step=Decimal(1), valid_from=FROM)
    assert [row.becomes for row in rise.rows] == [Decimal("5280.00"), Decimal("396.00")]
    assert Price.objects.count() == 3
    raise_prices(rise, by=head, seen=rise.fingerprint)
    assert Price.objects.count() == 5
    assert Price.objects.on(date(2026, 12, 31)).get(product=access, cycle="half_year").amount == 4800
    again = quote_rise([access], ["half_year"], percent=Decimal(-50), step=Decimal(1), valid_from=FROM)
    raise_prices(again, by=head)
    assert Price.objects.count() == 5
    assert Price.objects.on(FROM).get(product=access, cycle="half_year").amount == 2640


def test_what_was_not_seen_is_not_done(access, head):
    rise = quote_rise([access], [], percent=Decimal(10), step=Decimal(1), valid_from=FROM)
    with pytest.raises(Refused, match="Посмотрите"):
        raise_prices(rise, by=head, seen="another")


def test_the_page_shows_and_writes_the_same(browse, access, head):
    values = {"products": [access.pk], "cycles": ["month"], "percent": "12.5", "step": "10",
              "valid_from": "2027-01-01"}  # fmt: skip
    browser, address = browse(head), reverse("prices-raise")
    shown = browser.get(address, values, headers={"HX-Request": "true"}).content.decode()
    assert "900,00" in shown
    seen = shown.split('id="id_seen"')[1].split('value="')[1].split('"')[0]
    assert browser.post(address, {**values, "seen": seen}).status_code == 302
    assert Price.objects.on(FROM).get(product=access, cycle="month").amount == 900
    assert "Zero changes nothing." in browser.post(address, {**values, "percent": "0"}).content.decode()
    assert browser.get(address).status_code == 200
    assert browse(make.user("account_manager")).get(address).status_code == 403


@pytest.mark.parametrize("n", [3, 30])
def test_queries_of_a_rise_do_not_grow(n, django_assert_num_queries):
    for _n in range(n):
        make.option(make.product())
    with django_assert_num_queries(2):
        quote_rise(Product.objects.all(), [], percent=Decimal(1), step=Decimal(1), valid_from=FROM)
