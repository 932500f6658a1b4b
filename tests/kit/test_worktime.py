from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing_site.kit.clock import MOSCOW
from billing_site.kit.worktime import NoWorkingDay, add_work, work_between


def office(day: date):
    """Monday to Friday 9–18, the last day of April an hour shorter."""
    if day.weekday() >= 5:
        return None
    return time(9), time(17) if (day.month, day.day) == (4, 30) else time(18)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=MOSCOW)


@pytest.mark.parametrize(
    ("start", "minutes", "end"),
    [
        ("2026-11-24 10:00", 120, "2026-11-24 12:00"),
        ("2026-11-24 17:00", 120, "2026-11-25 10:00"),
        ("2026-11-27 17:30", 120, "2026-11-30 10:30"),  # over a week-end
        ("2026-11-28 12:00", 120, "2026-11-30 11:00"),  # from a Saturday
        ("2026-11-24 07:00", 120, "2026-11-24 11:00"),  # before opening
        ("2026-11-24 16:00", 120, "2026-11-24 18:00"),  # ends with the day
        ("2026-04-30 16:30", 60, "2026-05-01 09:30"),  # short day
        ("2014-10-24 17:00", 120, "2014-10-27 10:00"),  # Moscow moved from +4 to +3 on the 26th
    ],
)
def test_work_is_added_over_nights_and_days_off(start, minutes, end):
    assert add_work(at(start), timedelta(minutes=minutes), office) == at(end)


def test_a_calendar_without_working_days_is_an_error():
    with pytest.raises(NoWorkingDay):
        add_work(at("2026-11-24 10:00"), timedelta(hours=1), lambda day: None)


def test_measuring_reads_the_calendar_no_further_than_its_end():
    def seeded(day: date):
        return office(day) if day <= date(2026, 11, 30) else None

    start, end = at("2026-11-27 17:00"), at("2026-11-30 20:00")
    assert work_between(start, end, seeded) == timedelta(hours=10)
    assert work_between(end, start, seeded) == timedelta(0)


def test_an_hour_that_came_twice_is_worked_twice():
    """Moscow set its clocks from 2:00 back to 1:00 on 26.10.2014."""
    start, end = at("2014-10-26 00:00"), at("2014-10-26 06:00")
    assert work_between(start, end, lambda day: (time(0), time(6))) == timedelta(hours=7)


INSTANTS = st.datetimes(datetime(2014, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC))
WORK = st.integers(1, 3000).map(lambda n: timedelta(minutes=n))


@given(INSTANTS, WORK)
def test_measuring_undoes_adding(start, work):
    assert work_between(start, add_work(start, work, office), office) == work


@given(INSTANTS, WORK, st.integers(0, 5000))
def test_a_later_start_is_never_due_earlier(start, work, minutes):
    later = start + timedelta(minutes=minutes)
    assert add_work(start, work, office) <= add_work(later, work, office)


@given(INSTANTS, WORK)
def test_the_zone_of_the_instant_does_not_matter(start, work):
    there = start.astimezone(ZoneInfo("Asia/Vladivostok"))
    assert add_work(there, work, office) == add_work(start, work, office)
