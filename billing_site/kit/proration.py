"""How a part of a period is priced (R4.3), and how its price spreads over months (R6.4).

Every rule answers with the amount, rounded once, and with the steps in words, so that a person can
follow the arithmetic with a pencil.
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import lru_cache

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from billing_site.kit.money import format_number, rounded, rounded_roubles, split_by
from billing_site.kit.periods import Period, add_months

OFFICE, EXACT, EXACT_ROUBLES = "office", "exact", "exact_roubles"
OFFICE_DAYS = 30  # every month has thirty days in the office's arithmetic


@dataclass(frozen=True)
class Step:
    """One line of arithmetic in words, with what it comes to."""

    text: str
    amount: Decimal


@dataclass(frozen=True)
class Proration:
    """What a part of a period costs. `weights` are what its months weigh in the amount."""

    amount: Decimal
    steps: tuple[Step, ...]
    period: Period
    weights: tuple[int, ...]

    @property
    def shares(self) -> tuple[tuple[date, Decimal], ...]:
        """First day of each month → its part; they sum to `amount`."""
        parts = months_of(self.period)
        weights = self.weights if any(self.weights) else (1,) * len(parts)
        shares = split_by(self.amount, weights)
        return tuple((part.start.replace(day=1), share) for part, share in zip(parts, shares, strict=True))


def prorate(price: Decimal, months: int, period: Period, full: Period, rule: str) -> Proration:
    """Price `period`, a part of the cycle `full` that costs `price` and has `months` months.

    `price` is for everything bought (quantity and discount applied, unrounded); the sum is rounded once.
    `period` may outlast `full` (a monthly add-on to a half-year's end): then it costs more than `price`.
    Steps sum to the amount. Raises ValueError for an unknown rule.
    """
    if period == full:
        return _whole(price, months, period)
    if rule == OFFICE:
        return _office(price, months, period)
    if rule == EXACT:
        return _exact(price, period, full)
    if rule == EXACT_ROUBLES:
        return _exact_roubles(price, period, full)
    raise ValueError(f"unknown proration rule {rule}")


@lru_cache
def months_of(period: Period) -> tuple[Period, ...]:
    """Its parts in each calendar month; a renewal run asks for the same few periods all day."""
    return tuple(period.months())


def _months(n: int) -> str:
    return ngettext("%(n)s month", "%(n)s months", n) % {"n": n}


def _days(n: int) -> str:
    return ngettext("%(n)s day", "%(n)s days", n) % {"n": n}


def _month_price(price: Decimal, months: int) -> str:
    """The price of a month in words; where kopecks don't divide, the division itself: «100,00 / 6»."""
    month = price / months
    if months == 1 or month == rounded(month):
        return format_number(month)
    return f"{format_number(price)} / {months}"


def _whole(price: Decimal, months: int, period: Period) -> Proration:
    amount = rounded(price)
    text = _("%(price)s × %(months)s") % {"price": _month_price(price, months), "months": _months(months)}
    return Proration(amount, (Step(text, amount),), period, _even(period))


@lru_cache
def _even(period: Period) -> tuple[int, ...]:
    """Weights of the months of a whole cycle: all equal; in an own year both ends make one month."""
    parts = months_of(period)
    ends = sum(part.days for part in parts if _is_cut(part)) or OFFICE_DAYS
    return tuple(part.days if _is_cut(part) else ends for part in parts)


def _is_cut(part: Period) -> bool:
    """Whether a month's part lacks days of its month."""
    return part.start.day != 1 or part.end.day != 1


def office_months(period: Period) -> tuple[int, int]:
    """A period as the office counts it: days of the starting month out of 30, and whole months after it.

    Months end where the period ends: on a month's last day, in an own year on its own day. A start on
    a month's first day opens a whole month; else 30 − day of start, so the 30th and the 31st give 0.
    """
    months = (period.end.year - period.start.year) * 12 + period.end.month - period.start.month
    if add_months(period.end, -months) < period.start:
        months -= 1
    if add_months(period.end, -months) == period.start:
        return 0, months
    day_of_start = (period.start - add_months(period.end, -months - 1)).days + 1
    return max(0, OFFICE_DAYS - day_of_start), months


def _office(price: Decimal, months: int, period: Period) -> Proration:
    """Month price / 30 × (30 − day of start) + whole months × month price."""
    days, whole = office_months(period)
    # One division, the last: an unrounded month price would lose half kopecks.
    amount = rounded(price * (days + OFFICE_DAYS * whole) / (OFFICE_DAYS * months))
    started = rounded(price * days / (OFFICE_DAYS * months)) if whole else amount
    month = _month_price(price, months)
    steps = []
    if days or not whole:
        text = _("%(price)s / 30 × %(days)s") % {"price": month, "days": _days(days)}
        steps.append(Step(text, started))
    if whole:
        text = _("%(price)s × %(months)s") % {"price": month, "months": _months(whole)}
        steps.append(Step(text, amount - started))
    weights = [part.days if _is_cut(part) else OFFICE_DAYS for part in months_of(period)]
    if period.end.day == 1 and period.start.day != 1:
        weights[0] = days
    return Proration(amount, tuple(steps), period, tuple(weights))


def _exact(price: Decimal, period: Period, full: Period) -> Proration:
    """Actual days to the next due date / days of the cycle, to the kopeck.

    Rounded cumulatively from the cycle's end, so the parts of a cycle sum to the whole to the kopeck.
    """
    amount = _until(price, full, period.start) - _until(price, full, period.end)
    text = _("%(price)s × %(days)s / %(all)s days") % {
        "price": format_number(price), "days": period.days, "all": full.days,
    }  # fmt: skip
    return Proration(amount, (Step(text, amount),), period, _by_days(period))


def _until(price: Decimal, full: Period, day: date) -> Decimal:
    """Price of the rest of the cycle from `day`, to the kopeck."""
    return rounded(price * (full.end - day).days / full.days)


def _by_days(period: Period) -> tuple[int, ...]:
    return tuple(part.days for part in months_of(period))


def _exact_roubles(price: Decimal, period: Period, full: Period) -> Proration:
    """Days to the end date (the last day itself not counted) / days of the cycle, in whole roubles."""
    days = period.days - 1
    amount = rounded_roubles(price * days / full.days)
    text = _("%(price)s × %(days)s / %(all)s days, whole roubles") % {
        "price": format_number(price), "days": days, "all": full.days,
    }  # fmt: skip
    return Proration(amount, (Step(text, amount),), period, _by_days(period))
