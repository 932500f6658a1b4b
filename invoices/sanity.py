"""Whether a renewal is like the last one: rates a month and lines that overlap. Pure functions of values."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import pairwise

from billing_site.kit.money import rounded
from billing_site.kit.periods import Period, add_months


@dataclass(frozen=True)
class Rate:
    """What something cost a month the last time, and what it costs now."""

    was: Decimal
    becomes: Decimal

    @property
    def percent(self) -> Decimal | None:
        """By how many percent it grew, to the tenth; None when nothing was billed before."""
        if not self.was:
            return None
        return (100 * (self.becomes - self.was) / self.was).quantize(Decimal("0.1"))

    def differs_by(self, percent: int) -> bool:
        """Whether it is more than `percent` away from the last time, up or down."""
        return abs(self.becomes - self.was) * 100 > self.was * percent


def months_in(start: date, end: date) -> Decimal:
    """Months of [start, end): whole ones, else the first in thirtieths, as the office counts (R4.3)."""
    whole = (end.year - start.year) * 12 + end.month - start.month
    if add_months(start, whole) == end:
        return Decimal(whole)
    following = add_months(start.replace(day=1), 1)
    if end < following:
        return Decimal((end - start).days) / 30
    later = (end.year - following.year) * 12 + end.month - following.month
    return Decimal(max(0, 30 - start.day)) / 30 + later + Decimal(end.day - 1) / 30


def monthly(gross: Decimal, start: date, end: date) -> Decimal | None:
    """What a line comes to in a month; None for a few days that cost nothing by themselves."""
    months = months_in(start, end)
    return rounded(gross / months) if months else None


def overlapping(periods: Iterable[tuple[date, date]]) -> Period | None:
    """The first days that two of these periods share; None when they stand side by side."""
    ordered = sorted(periods)
    for (_start, end), (start, until) in pairwise(ordered):
        if start < end:
            return Period(start, min(end, until))
    return None
