"""The working calendar: long ages are summed by days, and come out as if they were walked through."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from billing_site.kit.worktime import work_between
from billing_site.office.models import WorkDay
from tickets.clocks import Calendar

pytestmark = pytest.mark.django_db
INSTANTS = st.datetimes(datetime(2025, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC))


@pytest.fixture
def calendar() -> Calendar:
    return Calendar()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60)
@given(start=INSTANTS, hours=st.integers(-100, 12_000))
def test_working_time_between_two_instants(calendar, start, hours):
    end = start + timedelta(hours=hours)
    assert calendar.between(start, end) == work_between(start, end, calendar)


@pytest.mark.parametrize("year", [2018, 2022, 2026, 2028])  # not in the calendar, in it, a leap year
def test_working_time_of_whole_years(calendar, year):
    WorkDay.objects.filter(day__year=2025, day__month__lt=6).delete()  # half of a year is known
    start, end = datetime(year - 3, 12, 30, 9, tzinfo=UTC), datetime(year, 1, 2, 15, tzinfo=UTC)
    assert calendar.between(start, end) == work_between(start, end, calendar)


def test_an_age_of_years_asks_no_more_than_a_query_a_year(calendar, django_assert_num_queries):
    with django_assert_num_queries(3):
        for day in range(1, 28):
            calendar.between(datetime(2024, 3, day, 9, tzinfo=UTC), datetime(2026, 11, day, 15, tzinfo=UTC))
