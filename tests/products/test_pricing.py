from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing_site.kit.periods import Period, nth_period
from billing_site.kit.proration import EXACT, EXACT_ROUBLES, OFFICE
from products import pricing

HALF_YEAR = nth_period(date(2019, 2, 1), 6, 0)
MONTH = nth_period(date(2019, 3, 1), 1, 0)


def half_year(quantity: int, month_price: int, discount: int = 0, start: date = HALF_YEAR.start, rule=OFFICE):
    return pricing.charge(
        quantity=quantity,
        cycle_price=Decimal(month_price) * 6,
        months=6,
        period=Period(start, HALF_YEAR.end),
        full_cycle=HALF_YEAR,
        rule=rule,
        discount=Decimal(discount),
    )


def told(charge: pricing.Charge) -> list[tuple[str, str]]:
    return [(step.text.replace("\u00a0", " "), str(step.amount)) for step in charge.steps]


def test_figure_1_the_exact_rule_counts_150_of_181_days():
    charge = half_year(1, 800, start=date(2019, 3, 4), rule=EXACT)
    assert told(charge) == [("4 800,00 × 150 / 181 дн.", "3977.90")]


def test_figure_2_a_whole_invoice_with_the_reference_discount():
    access, licences = half_year(5, 800, 5), half_year(5, 450, 5)
    module = pricing.charge(
        quantity=1, cycle_price=Decimal(13380), months=6, period=HALF_YEAR, full_cycle=HALF_YEAR, rule=OFFICE
    )
    off = pricing.line_amount(1, Decimal(-13380)) - pricing.line_amount(1, Decimal(-13380), Decimal(5))
    assert access.amount == Decimal("22800.00")
    assert licences.amount == Decimal("12825.00")
    assert (module.amount, off) == (Decimal("13380.00"), Decimal("-669.00"))
    assert access.amount + licences.amount + module.amount + off == Decimal("48336.00")
    assert told(access) == [("5 × 800,00 × 6 месяцев", "24000.00"), ("скидка 5 %", "-1200.00")]
    assert [share for _month, share in access.shares] == [Decimal("3800.00")] * 6  # R6.4
    assert (access.unit_price, access.month_price) == (Decimal("4800.00"), Decimal("800.00"))


def test_figure_3_the_stored_batches_sum_to_what_the_service_list_shows():
    none = Decimal(0)
    assert pricing.recurring([(5, Decimal(4800), none), (1, Decimal(4560), none)]) == Decimal("28560.00")
    assert pricing.recurring([(5, Decimal(2700), none), (1, Decimal(2565), none)]) == Decimal("16065.00")


def test_figure_4_one_disk_pack_by_all_three_rules():
    bought = date(2019, 2, 8)
    office = half_year(1, 60, start=bought)
    assert office.amount == office.unit_price == Decimal("344.00")
    assert told(office) == [("60,00 / 30 × 22 дня", "44.00"), ("60,00 × 5 месяцев", "300.00")]
    assert office.shares == (
        (date(2019, 2, 1), Decimal("44.00")),
        *((date(2019, month, 1), Decimal("60.00")) for month in range(3, 8)),
    )
    assert half_year(1, 60, start=bought, rule=EXACT).amount == Decimal("346.08")
    assert half_year(1, 60, start=bought, rule=EXACT_ROUBLES).amount == Decimal("344.00")
    assert half_year(3, 60, 5).amount == Decimal("1026.00")
    assert half_year(1, 800, 5).amount == Decimal("4560.00")


def test_figure_5_one_user_and_one_pack_for_a_month():
    user, pack = (
        pricing.charge(
            quantity=1, cycle_price=Decimal(price), months=1, period=MONTH, full_cycle=MONTH, rule=OFFICE
        )
        for price in (800, 60)
    )
    assert user.amount + pack.amount == Decimal("860.00")
    assert told(user) == [("800,00 × 1 месяц", "800.00")]


def test_quantity_and_discount_are_told_and_rounded_once():
    charge = half_year(3, 60, 5, start=date(2019, 2, 8))
    assert charge.amount == Decimal("980.40")  # 3 × 344 − 5 %
    assert told(charge) == [
        ("3 × 60,00 / 30 × 22 дня", "132.00"),
        ("3 × 60,00 × 5 месяцев", "900.00"),
        ("скидка 5 %", "-51.60"),
    ]


def test_a_cycle_price_that_months_dont_divide_is_told_as_a_division():
    charge = pricing.charge(
        quantity=1, cycle_price=Decimal(100), months=6, period=HALF_YEAR, full_cycle=HALF_YEAR, rule=OFFICE
    )
    assert told(charge) == [("100,00 / 6 × 6 месяцев", "100.00")]
    assert charge.month_price == Decimal("16.67")
    assert sum(share for _month, share in charge.shares) == 100


@pytest.mark.parametrize(
    ("discount", "amount", "steps"),
    [
        ("0", "5000.00", [("2 × 2 500,00", "5000.00")]),
        ("2.50", "4875.00", [("2 × 2 500,00", "5000.00"), ("скидка 2,5 %", "-125.00")]),
        ("100", "0.00", [("2 × 2 500,00", "5000.00"), ("скидка 100 %", "-5000.00")]),
    ],
)
def test_what_is_sold_once_belongs_to_no_month(discount, amount, steps):
    charge = pricing.one_time(2, Decimal(2500), Decimal(discount))
    assert charge.amount == Decimal(amount)
    assert told(charge) == steps
    assert (charge.month_price, charge.shares) == (None, ())


@given(
    st.integers(1, 500),
    st.decimals("0.01", 100_000, places=2),
    st.decimals(0, 100, places=2),
    st.integers(0, 180),
    st.sampled_from([OFFICE, EXACT, EXACT_ROUBLES]),
)
def test_steps_and_shares_sum_to_what_is_paid(quantity, price, discount, days, rule):
    charge = pricing.charge(
        quantity=quantity,
        cycle_price=price,
        months=6,
        period=Period(HALF_YEAR.start + timedelta(days=days), HALF_YEAR.end),
        full_cycle=HALF_YEAR,
        rule=rule,
        discount=discount,
    )
    assert sum(step.amount for step in charge.steps) == charge.amount
    assert sum(share for _month, share in charge.shares) == charge.amount


@given(st.integers(1, 500), st.decimals("0.01", 100_000, places=2), st.decimals(0, 100, places=2))
def test_a_whole_cycle_costs_what_the_recurring_amount_says(quantity, price, discount):
    charge = pricing.charge(
        quantity=quantity,
        cycle_price=price,
        months=6,
        period=HALF_YEAR,
        full_cycle=HALF_YEAR,
        rule=EXACT_ROUBLES,
        discount=discount,
    )
    assert charge.amount == pricing.recurring([(quantity, price, discount)])
