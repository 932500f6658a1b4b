"""Time as the office works it: adding and measuring over a calendar of days (R9.1)."""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, time, timedelta

from billing_site.kit.clock import MOSCOW

# day → (opens, closes) in Moscow time, or None for a day off
Hours = Callable[[date], tuple[time, time] | None]
HORIZON = 400  # days without a working one after which the calendar must be wrong


class NoWorkingDay(LookupError):
    """The calendar has no working day within HORIZON."""


def _span(day: date, hours: Hours) -> tuple[datetime, datetime] | None:
    """When the office opens and closes on `day`, in UTC."""
    worked = hours(day)
    if worked is None:
        return None
    opens, closes = (datetime.combine(day, at, MOSCOW).astimezone(UTC) for at in worked)
    return opens, closes


def _spans(start: datetime, hours: Hours) -> Iterator[tuple[datetime, datetime]]:
    """Working spans from `start` on, in UTC, in order."""
    day, idle = start.astimezone(MOSCOW).date(), 0
    while idle < HORIZON:
        span = _span(day, hours)
        idle = 0 if span else idle + 1
        if span and span[1] > start:
            yield max(span[0], start), span[1]
        day += timedelta(days=1)
    raise NoWorkingDay(f"no working day after {start}")


def add_work(start: datetime, work: timedelta, hours: Hours) -> datetime:
    """The instant (UTC) at which `work` of working time since `start` is over.

    Work that ends with a working day ends that day, not with the next opening. Raises NoWorkingDay.
    """
    start, left = start.astimezone(UTC), work
    for opens, closes in _spans(start, hours):
        if closes - opens >= left:
            return opens + left
        left -= closes - opens
    raise AssertionError("spans never end quietly")


def work_between(start: datetime, end: datetime, hours: Hours) -> timedelta:
    """Working time from `start` to `end`; nothing when they stand the other way round.

    Reads the calendar no further than the day of `end`, so it may end there.
    """
    start, end = start.astimezone(UTC), end.astimezone(UTC)
    worked = timedelta(0)
    if end <= start:
        return worked
    day, last = start.astimezone(MOSCOW).date(), end.astimezone(MOSCOW).date()
    while day <= last:
        if span := _span(day, hours):
            worked += max(min(span[1], end) - max(span[0], start), timedelta(0))
        day += timedelta(days=1)
    return worked
