import itertools
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing_site.kit.periods import Period, add_months, first_period, nth_period, period_containing

DAYS = st.dates(date(2015, 1, 1), date(2040, 12, 31))


def test_months_are_counted_from_the_anchor():
    assert add_months(date(2019, 1, 31), 1) == date(2019, 2, 28)
    assert add_months(date(2019, 1, 31), 2) == date(2019, 3, 31)
    assert add_months(date(2024, 1, 31), 1) == date(2024, 2, 29)
    assert add_months(date(2019, 11, 30), 3) == date(2020, 2, 29)


@pytest.mark.parametrize(
    ("start", "cycle", "shown"),
    [
        (date(2018, 2, 12), "half_year", "12.02.2018 – 31.07.2018"),
        (date(2026, 11, 23), "half_year", "23.11.2026 – 30.04.2027"),
        (date(2019, 2, 1), "half_year", "01.02.2019 – 31.07.2019"),
        (date(2019, 3, 1), "month", "01.03.2019 – 31.03.2019"),
        (date(2024, 2, 29), "year", "29.02.2024 – 31.01.2025"),
    ],
)
def test_the_first_period_counts_the_starting_month(start, cycle, shown):
    """R4.1."""
    assert first_period(start, cycle).shown() == shown


def test_an_own_year_runs_from_its_own_day():
    assert first_period(date(2026, 5, 17), "year", own_year=True).shown() == "17.05.2026 – 16.05.2027"


def test_figure_1_half_year_of_181_days():
    period = nth_period(date(2019, 2, 1), 6, 0)
    assert (period.end, period.days) == (date(2019, 8, 1), 181)
    assert Period(date(2019, 3, 4), period.end).days == 150


def test_an_empty_period_is_no_period():
    with pytest.raises(ValueError):
        Period(date(2019, 1, 1), date(2019, 1, 1))


@given(DAYS, st.sampled_from([1, 3, 6, 12, 24, 36]), st.integers(0, 40))
def test_periods_follow_each_other_without_gap(anchor, months, n):
    assert nth_period(anchor, months, n).end == nth_period(anchor, months, n + 1).start


@given(DAYS, st.sampled_from([1, 3, 6, 12]), st.integers(0, 4000))
def test_the_period_of_a_day_holds_the_day(anchor, months, days):
    day = date.fromordinal(anchor.toordinal() + days)
    assert day in period_containing(anchor, months, day)


@given(DAYS, st.integers(1, 1200))
def test_the_months_of_a_period_cover_it(start, days):
    period = Period(start, date.fromordinal(start.toordinal() + days))
    parts = list(period.months())
    assert parts[0].start == period.start
    assert parts[-1].end == period.end
    assert sum(part.days for part in parts) == period.days
    assert all(a.end == b.start for a, b in itertools.pairwise(parts))
