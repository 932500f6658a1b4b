"""What things cost: pure functions of values, no database (R3, R4)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from billing_site.kit.money import format_number, rounded
from billing_site.kit.periods import Period
from billing_site.kit.proration import Step, prorate


@dataclass(frozen=True)
class Charge:
    """The price of a quantity for a period.

    `unit_price` is of one unit for this period before the discount, `month_price` beside it (R4.4);
    `steps` and `shares` (months of R6.4) sum to `amount`, each by itself.
    """

    amount: Decimal
    unit_price: Decimal
    month_price: Decimal | None
    steps: tuple[Step, ...]
    shares: tuple[tuple[date, Decimal], ...]


def discounted(quantity: int, price: Decimal, discount: Decimal) -> Decimal:
    """quantity × price less `discount` percent, unrounded."""
    return quantity * price * (100 - discount) / 100


def line_amount(quantity: int, price: Decimal, discount: Decimal = Decimal(0)) -> Decimal:
    """The same, rounded once to the kopeck."""
    return rounded(discounted(quantity, price, discount))


def recurring(parts: Iterable[tuple[int, Decimal, Decimal]]) -> Decimal:
    """Recurring amount of a composition: (quantity, price, discount) of each batch, each rounded once."""
    return sum((line_amount(*part) for part in parts), Decimal(0))


def charge(
    *,
    quantity: int,
    cycle_price: Decimal,
    months: int,
    period: Period,
    full_cycle: Period,
    rule: str,
    discount: Decimal = Decimal(0),
) -> Charge:
    """Price `quantity` units for `period` of the cycle `full_cycle` by the seller's `rule`.

    `cycle_price` is of one unit for the whole cycle of `months`. The sum is rounded once, after
    quantity and discount.
    """
    return _charge(get_language(), quantity, cycle_price, months, period, full_cycle, rule, discount)


@lru_cache(maxsize=4096)  # a renewal run prices the same few things very many times
def _charge(
    language: str | None, quantity: int, cycle_price: Decimal, months: int, period: Period,
    full_cycle: Period, rule: str, discount: Decimal,
) -> Charge:  # fmt: skip
    """The words of the steps are in `language`, the one that is active."""
    everything, reduced = quantity * cycle_price, discounted(quantity, cycle_price, discount)
    # Equal prices are worked out once.
    of = {
        price: prorate(price, months, period, full_cycle, rule)
        for price in {cycle_price, everything, reduced}
    }
    unit, full, sold = of[cycle_price], of[everything], of[reduced]
    steps = [
        Step(_times(quantity, one.text), all_.amount)
        for one, all_ in zip(unit.steps, full.steps, strict=True)
    ]
    steps += _discount(discount, full.amount, sold.amount)
    return Charge(sold.amount, unit.amount, rounded(cycle_price / months), tuple(steps), sold.shares)


def promoted(price: Decimal, discount: Decimal, *, kind: str, value: Decimal) -> tuple[Decimal, Decimal]:
    """Price of one and discount under a promotion: percents add up, a sum comes off, a price replaces."""
    if kind == "percent":
        return price, min(Decimal(100), discount + value)
    if kind == "fixed":
        return max(Decimal(0), price - value), discount
    return value, discount


def raised(price: Decimal, percent: Decimal, step: Decimal) -> Decimal:
    """`price` changed by `percent`, half-up to whole `step`s (0.01, 1, 10 …); never below zero."""
    steps = (price * (100 + percent) / 100 / step).quantize(Decimal(1), ROUND_HALF_UP)
    return max(Decimal(0), rounded(steps * step))


def cashback(amount: Decimal, percent: Decimal) -> Decimal:
    """What goes back to the credit balance of a paid sum, to the kopeck."""
    return rounded(amount * percent / 100)


def one_time(quantity: int, price: Decimal, discount: Decimal = Decimal(0)) -> Charge:
    """Price of something sold once; it belongs to no month."""
    full, sold = rounded(quantity * price), line_amount(quantity, price, discount)
    steps = (Step(_times(quantity, format_number(price)), full), *_discount(discount, full, sold))
    return Charge(sold, rounded(price), None, steps, ())


def _times(quantity: int, text: str) -> str:
    return text if quantity == 1 else f"{quantity} × {text}"


def _discount(percent: Decimal, full: Decimal, sold: Decimal) -> list[Step]:
    """The discount as its own step, what it takes off; so the steps sum to what is paid."""
    if not percent:
        return []
    shown = f"{percent.normalize():f}".replace(".", ",")
    return [Step(_("discount %(percent)s %%") % {"percent": shown}, sold - full)]
