"""A sheet of prices worked out by hand (prices.txt), and the laws of R4.4 over whole lines."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing_site.kit.money import vat_inside
from billing_site.kit.periods import Period, nth_period, period_containing
from billing_site.kit.proration import EXACT, EXACT_ROUBLES, OFFICE
from products import pricing

SHEET = Path(__file__).with_name("prices.txt")
RULES = {"office": OFFICE, "exact": EXACT, "roubles": EXACT_ROUBLES}


def sheet() -> Iterator[list[str]]:
    _head, *rows = (
        line for line in SHEET.read_text().splitlines() if line.strip() and not line.startswith("#")
    )
    for row in rows:
        yield [cell.strip() for cell in row.split("|")]


def day(printed: str) -> date:
    return datetime.strptime(printed, "%d.%m.%Y").date()


def test_the_sheet_is_long_enough():
    assert len(list(sheet())) >= 60


@pytest.mark.parametrize("row", sheet(), ids=lambda row: f"{row[4]} {row[6]} {row[8]}")
def test_a_line_costs_what_the_sheet_says(row):
    months, price, units, off, rule, anchor, start, end, _arithmetic, amount, rate, vat = row
    period = Period(day(start), day(end) + timedelta(days=1))
    charge = pricing.charge(
        quantity=int(units),
        cycle_price=Decimal(price),
        months=int(months),
        period=period,
        full_cycle=period_containing(day(anchor), int(months), period.start),
        rule=RULES[rule],
        discount=Decimal(off),
    )
    assert charge.amount == Decimal(amount)
    assert sum(step.amount for step in charge.steps) == charge.amount
    assert sum(share for _month, share in charge.shares) == charge.amount
    if rate != "—":
        assert vat_inside(charge.amount, Decimal(rate)) == Decimal(vat)


PRICES = st.decimals("0.01", 100_000, places=2)
DISCOUNTS = st.decimals(0, 100, places=2)
UNITS = st.integers(1, 300)


@st.composite
def cycles(draw) -> tuple[int, Period]:
    months = draw(st.sampled_from([1, 3, 6, 12, 24, 36]))
    anchor = draw(st.dates(date(2018, 1, 1), date(2036, 12, 31)))
    return months, nth_period(anchor if draw(st.booleans()) else anchor.replace(day=1), months, 0)


def cost(cycle: tuple[int, Period], start: date, end: date, rule: str, *sold) -> Decimal:
    units, price, discount = sold
    months, full = cycle
    return pricing.charge(
        quantity=units, cycle_price=price, months=months, period=Period(start, end), full_cycle=full,
        rule=rule, discount=discount,
    ).amount  # fmt: skip


@given(cycles(), UNITS, PRICES, DISCOUNTS, st.data())
def test_parts_of_a_line_by_the_exact_rule_sum_to_the_whole(cycle, units, price, discount, data):
    """R4.4, with quantity and discount in it: no kopeck is lost however a period is cut."""
    full, sold = cycle[1], (units, price, discount)
    cuts = data.draw(st.sets(st.integers(1, full.days - 1), max_size=5)) if full.days > 1 else set()
    days = [full.start, *(full.start + timedelta(days=n) for n in sorted(cuts)), full.end]
    parts = [cost(cycle, a, b, EXACT, *sold) for a, b in pairwise(days)]
    assert sum(parts) == cost(cycle, full.start, full.end, EXACT, *sold)
    assert min(parts) >= 0


@given(cycles(), UNITS, PRICES, DISCOUNTS, st.data())
def test_a_later_start_is_never_dearer_by_the_office_rule(cycle, units, price, discount, data):
    """R4.4: never above the whole, never rises."""
    full, sold = cycle[1], (units, price, discount)
    starts = sorted(data.draw(st.lists(st.integers(0, full.days - 1), min_size=3, max_size=3)))
    asked = [cost(cycle, full.start + timedelta(days=n), full.end, OFFICE, *sold) for n in starts]
    whole = cost(cycle, full.start, full.end, OFFICE, *sold)
    assert whole >= asked[0] >= asked[1] >= asked[2] >= 0


@given(st.lists(st.tuples(UNITS, PRICES, DISCOUNTS), max_size=12).flatmap(
    lambda parts: st.tuples(st.just(parts), st.permutations(parts))
))  # fmt: skip
def test_the_order_of_purchases_says_nothing_about_the_recurring_sum(both):
    bought, otherwise = both
    assert pricing.recurring(bought) == pricing.recurring(otherwise)
    assert pricing.recurring(bought) == sum((pricing.line_amount(*part) for part in bought), Decimal(0))


@given(cycles(), UNITS, UNITS, PRICES, st.sampled_from([OFFICE, EXACT, EXACT_ROUBLES]), st.data())
def test_two_purchases_of_a_day_differ_from_one_by_rounding_only(cycle, some, more, price, rule, data):
    """5 and then 2 users on one day cost what 7 cost, up to the rounding of each line."""
    full = cycle[1]
    start = full.start + timedelta(days=data.draw(st.integers(0, full.days - 1)))
    apart = [cost(cycle, start, full.end, rule, n, price, Decimal(0)) for n in (some, more)]
    together = cost(cycle, start, full.end, rule, some + more, price, Decimal(0))
    grain = Decimal(1) if rule == EXACT_ROUBLES else Decimal("0.02")
    assert abs(sum(apart) - together) <= grain
    assert sum(apart) == sum(reversed(apart))
