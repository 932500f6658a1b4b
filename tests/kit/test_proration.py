import itertools
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from math import floor

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from billing_site.kit.periods import Period, add_months, nth_period
from billing_site.kit.proration import EXACT, EXACT_ROUBLES, OFFICE, office_months, prorate

HALF_YEAR = nth_period(date(2019, 2, 1), 6, 0)
PRICES = st.decimals(min_value="0.01", max_value=1_000_000, places=2)
RULES = st.sampled_from([OFFICE, EXACT, EXACT_ROUBLES])


def disk(start: date, rule: str) -> Decimal:
    """60.00 a month, 360.00 a half-year, to 31.07.2019."""
    return prorate(Decimal(360), 6, Period(start, HALF_YEAR.end), HALF_YEAR, rule).amount


@pytest.mark.parametrize(
    ("start", "amount"),
    [
        (date(2019, 2, 1), "360.00"),
        (date(2019, 2, 8), "344.00"),  # 60 / 30 × 22 + 5 × 60
        (date(2019, 2, 28), "304.00"),  # 60 / 30 × 2 + 5 × 60
        (date(2019, 3, 31), "240.00"),  # 0 + 4 × 60
        (date(2019, 7, 1), "60.00"),
        (date(2019, 7, 30), "0.00"),
    ],
)
def test_the_offices_rule(start, amount):
    """R4.3's table."""
    assert disk(start, OFFICE) == Decimal(amount)


def test_figure_4_by_all_three_rules():
    assert disk(date(2019, 2, 8), OFFICE) == Decimal("344.00")
    assert disk(date(2019, 2, 8), EXACT) == Decimal("346.08")  # 174 / 181 × 360
    assert disk(date(2019, 2, 8), EXACT_ROUBLES) == Decimal("344.00")  # 173 / 181 × 360 = 344.09


def test_the_arithmetic_is_told_in_words():
    told = prorate(Decimal(360), 6, Period(date(2019, 2, 8), HALF_YEAR.end), HALF_YEAR, OFFICE)
    assert [(step.text, step.amount) for step in told.steps] == [
        ("60,00 / 30 × 22 дня", Decimal("44.00")),
        ("60,00 × 5 месяцев", Decimal("300.00")),
    ]


def test_month_shares_are_fixed_and_sum_to_the_line():
    """R6.4: 344.00 → 44.00 + 5 × 60.00; 22,800.00 → 6 × 3,800.00."""
    part = prorate(Decimal(360), 6, Period(date(2019, 2, 8), HALF_YEAR.end), HALF_YEAR, OFFICE)
    assert [share for _month, share in part.shares] == [Decimal("44.00")] + [Decimal("60.00")] * 5
    whole = prorate(Decimal(22800), 6, HALF_YEAR, HALF_YEAR, OFFICE)
    assert [share for _month, share in whole.shares] == [Decimal("3800.00")] * 6


def test_an_own_year_is_counted_in_its_own_months():
    """12,000 a year from 12.02: a unit more from 20.07 costs 21 days of 30 and six months."""
    year = nth_period(date(2019, 2, 12), 12, 0)
    late = prorate(Decimal(12000), 12, Period(date(2019, 7, 20), year.end), year, OFFICE)
    assert office_months(Period(date(2019, 7, 12), year.end)) == (0, 7)
    assert [(step.text, step.amount) for step in late.steps] == [
        ("1\u00a0000,00 / 30 × 21 день", Decimal("700.00")),
        ("1\u00a0000,00 × 6 месяцев", Decimal("6000.00")),
    ]
    whole = prorate(Decimal(12000), 12, year, year, OFFICE)
    assert [share for _month, share in whole.shares][1:-1] == [Decimal("1000.00")] * 11
    assert whole.shares[0][1] + whole.shares[-1][1] == 1000


def test_a_monthly_add_on_to_a_half_years_end_costs_all_its_months():
    month = nth_period(date(2019, 2, 1), 1, 0)
    assert prorate(Decimal(60), 1, Period(date(2019, 2, 8), HALF_YEAR.end), month, OFFICE).amount == 344


@given(PRICES, st.sampled_from([12, 24, 36]), st.integers(1, 11))
@example(Decimal("0.13"), 12, 6)
def test_half_a_kopeck_is_not_lost_on_the_way(price, months, whole):
    """0.13 a year, half a year left: 0.065 → 0.07. A month price of 28 digits would make it 0.0649…"""
    full = nth_period(date(2019, 2, 1), months, 0)
    part = Period(add_months(full.start, months - whole), full.end)
    true = floor(Fraction(price) * whole / months * 100 + Fraction(1, 2))
    assert prorate(price, months, part, full, OFFICE).amount * 100 == true


@st.composite
def cycles(draw):
    months = draw(st.sampled_from([1, 3, 6, 12, 24, 36]))
    anchor = draw(st.dates(date(2018, 1, 1), date(2032, 12, 31)))
    return months, nth_period(anchor if draw(st.booleans()) else anchor.replace(day=1), months, 0)


@given(PRICES, cycles(), st.data())
def test_exact_parts_sum_to_the_whole(price, cycle, data):
    """R4.4."""
    months, full = cycle
    cuts = (
        data.draw(st.lists(st.integers(1, full.days - 1), max_size=6, unique=True)) if full.days > 1 else []
    )
    days = [full.start, *(full.start + timedelta(days=n) for n in sorted(cuts)), full.end]
    parts = [Period(a, b) for a, b in itertools.pairwise(days)]
    assert sum(prorate(price, months, part, full, EXACT).amount for part in parts) == price


@given(PRICES, cycles(), st.data())
def test_the_offices_rule_never_rises_nor_exceeds_the_whole(price, cycle, data):
    """R4.4."""
    months, full = cycle
    early, late = sorted(data.draw(st.lists(st.integers(0, full.days - 1), min_size=2, max_size=2)))
    cost = [
        prorate(price, months, Period(full.start + timedelta(days=n), full.end), full, OFFICE).amount
        for n in (early, late)
    ]
    assert price >= cost[0] >= cost[1] >= 0


@given(PRICES, cycles(), st.data())
def test_the_first_of_a_month_is_whole_months(price, cycle, data):
    """R4.4."""
    months, full = cycle
    full = nth_period(full.start.replace(day=1), months, 0)
    n = data.draw(st.integers(0, months - 1))
    got = prorate(price, months, Period(add_months(full.start, n), full.end), full, OFFICE).amount
    assert abs(got - price * (months - n) / months) <= Decimal("0.005")


@given(PRICES, cycles(), RULES, st.data())
def test_shares_and_steps_sum_to_the_amount(price, cycle, rule, data):
    months, full = cycle
    start = full.start + timedelta(days=data.draw(st.integers(0, full.days - 1)))
    told = prorate(price, months, Period(start, full.end), full, rule)
    assert sum(share for _month, share in told.shares) == told.amount
    assert sum(step.amount for step in told.steps) == told.amount
    assert all(share >= 0 for _month, share in told.shares)


def test_an_unknown_rule_is_an_error():
    with pytest.raises(ValueError):
        prorate(
            Decimal(1), 1, Period(date(2019, 2, 2), date(2019, 3, 1)), nth_period(date(2019, 2, 1), 1, 0), "x"
        )
