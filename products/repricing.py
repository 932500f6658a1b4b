"""Prices of the catalogue changed many at once; the preview is what is written. Old rows stay."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from billing_site.journal.moves import record_many
from billing_site.kit.errors import Refused
from billing_site.office.models import User
from products import pricing
from products.models import Price, Product


@dataclass(frozen=True)
class Raise:
    """A price of the catalogue and what it becomes."""

    price: Price
    becomes: Decimal

    @property
    def changes(self) -> bool:
        return self.becomes != self.price.amount


@dataclass(frozen=True)
class Rise:
    """Prices of chosen products from a day on, as `raise_prices` writes them."""

    valid_from: date
    rows: tuple[Raise, ...]

    @property
    def fingerprint(self) -> str:
        """What was shown, in short. Another one = look again."""
        shown = repr([(row.price.pk, str(row.becomes)) for row in self.rows]) + self.valid_from.isoformat()
        return hashlib.sha256(shown.encode()).hexdigest()[:16]


def quote_rise(
    products: Iterable[Product],
    cycles: Sequence[str],
    *,
    percent: Decimal,
    step: Decimal,
    valid_from: date,
) -> Rise:
    """Prices in force on `valid_from` of these products and their options, changed by `percent`, half-up to
    whole `step`s. Without cycles: all. Writes nothing.
    """
    chosen = list(products)
    prices = Price.objects.on(valid_from).filter(Q(product__in=chosen) | Q(option__product__in=chosen))
    if cycles:
        prices = prices.filter(cycle__in=cycles)
    rows = [
        Raise(price, pricing.raised(price.amount, percent, step))
        for price in prices.select_related("product", "option__product", "choice")
    ]
    return Rise(valid_from, tuple(sorted(rows, key=_place)))


def product_of(price: Price) -> Product:
    """The product whose price, or whose option's price, it is."""
    product = price.option.product if price.option else price.product
    assert product is not None  # the database: a price is of one thing
    return product


def _place(row: Raise) -> tuple[str, int, int, Decimal]:
    price = row.price
    return product_of(price).name, price.option_id or 0, price.choice_id or 0, price.amount


@transaction.atomic
def raise_prices(rise: Rise, *, by: User, seen: str | None = None) -> list[Price]:
    """Do what `quote_rise` showed: new rows from the day; a row of that very day is corrected.

    Raises Refused when nothing changes, or when what was `seen` is not what would be done now.
    """
    if seen is not None and seen != rise.fingerprint:
        raise Refused(_("Look at what will happen now, then press again."))
    rows = [row for row in rise.rows if row.changes]
    if not rows:
        raise Refused(_("No price changes by this."), "percent")
    fresh = [
        Price(
            product_id=row.price.product_id,
            option_id=row.price.option_id,
            choice_id=row.price.choice_id,
            cycle=row.price.cycle,
            currency=row.price.currency,
            valid_from=rise.valid_from,
            amount=row.becomes,
            setup_fee=row.price.setup_fee,
        )
        for row in rows
        if row.price.valid_from != rise.valid_from
    ]
    same = [row.price for row in rows if row.price.valid_from == rise.valid_from]
    for row in rows:
        if row.price in same:
            row.price.amount = row.becomes
    Price.objects.bulk_update(same, ["amount"])
    Price.objects.bulk_create(fresh)
    record_many("products.price_set", [_told(row, rise.valid_from) for row in rows], by=by)
    return [*same, *fresh]


def _told(row: Raise, valid_from: date) -> tuple[Product, dict[str, str]]:
    price = row.price
    product = product_of(price)
    what = str(price.choice or price.option or product)
    return product, {"what": what, "amount": str(row.becomes), "from": valid_from.isoformat()}
