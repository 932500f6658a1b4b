"""Periods of time: half-open, grown from an anchor (R4)."""

import calendar
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

CYCLE_MONTHS = {
    "free": 0,
    "one_time": 0,
    "month": 1,
    "quarter": 3,
    "half_year": 6,
    "year": 12,
    "two_years": 24,
    "three_years": 36,
}
SHORTEST = 28  # days that every month has


def add_months(anchor: date, n: int) -> date:
    """`anchor` + n months; a day that the month lacks becomes its last: 31.01 + 1 = 28.02 or 29.02.

    Always count from the anchor, never from the previous result: 31.01 → 28.02 → 31.03.
    """
    year, month = divmod(anchor.year * 12 + anchor.month - 1 + n, 12)
    day = anchor.day
    if day > SHORTEST:
        day = min(day, calendar.monthrange(year, month + 1)[1])
    return date(year, month + 1, day)


@dataclass(frozen=True, order=True)
class Period:
    """Days from `start` to `end`, `end` not included; shown closed. Raises ValueError when empty."""

    start: date
    end: date

    def __post_init__(self) -> None:
        if self.end <= self.start:
            raise ValueError(f"a period ends after it starts: {self.start} – {self.end}")

    @property
    def last_day(self) -> date:
        return self.end - timedelta(days=1)

    @property
    def days(self) -> int:
        return (self.end - self.start).days

    def __contains__(self, day: date) -> bool:
        return self.start <= day < self.end

    def overlaps(self, other: "Period") -> bool:
        return self.start < other.end and other.start < self.end

    def months(self) -> Iterator["Period"]:
        """The parts of the period in each calendar month, in order."""
        start = self.start
        while start < self.end:
            end = min(add_months(start.replace(day=1), 1), self.end)
            yield Period(start, end)
            start = end

    def shown(self) -> str:
        """Closed, for people: «01.02.2019 – 31.07.2019»."""
        return f"{self.start:%d.%m.%Y} – {self.last_day:%d.%m.%Y}"


def nth_period(anchor: date, months: int, n: int) -> Period:
    """The n-th period (from 0) of a cycle of `months`, counted from the anchor."""
    return Period(add_months(anchor, n * months), add_months(anchor, (n + 1) * months))


def period_containing(anchor: date, months: int, day: date) -> Period:
    """The period of a cycle that holds `day`. Raises ValueError before the anchor."""
    if day < anchor:
        raise ValueError("the day lies before the anchor")
    n = ((day.year - anchor.year) * 12 + day.month - anchor.month) // months
    period = nth_period(anchor, months, n)
    if day < period.start:
        return nth_period(anchor, months, n - 1)
    if day >= period.end:
        return nth_period(anchor, months, n + 1)
    return period


def first_period(start: date, cycle: str, *, own_year: bool = False) -> Period:
    """First period of a new service (R4.1): the cycle counted with the starting month, to a month's end.

    A half-year started 12.02.2018 runs to 31.07.2018. Own-year products run from their own day.
    Raises KeyError for an unknown cycle, ValueError for one without months.
    """
    months = CYCLE_MONTHS[cycle]
    if not months:
        raise ValueError("the cycle has no period")
    anchor = start if own_year else start.replace(day=1)
    return Period(start, add_months(anchor, months))
