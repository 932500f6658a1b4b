"""Verbs of the catalogue: what is sold, in what, for how much. What is sold already keeps its price."""

import secrets
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from billing_site.journal.moves import record
from billing_site.kit.errors import Refused
from billing_site.office.models import User
from products.models import (
    Companion,
    ModuleEndpoint,
    Option,
    OptionChoice,
    Price,
    Product,
    ProductGroup,
    Service,
)

LASTING = ("kind", "family", "seller", "own_year")  # what a product with live services keeps


@transaction.atomic
def save_group(group: ProductGroup, *, by: User) -> ProductGroup:
    group.save()
    record("products.group_saved", group, by=by, name=group.name)
    return group


@transaction.atomic
def add_product(product: Product, *, by: User) -> Product:
    """A new product; it can be ordered from the day it has a price."""
    product.save()
    record("products.product_added", product, by=by, name=product.name)
    return product


@transaction.atomic
def change_product(product: Product, *, by: User, **fields: Any) -> Product:
    """Change what the catalogue says of a product; what is sold already keeps its price and family.

    Raises Refused when live services stand on what shall change.
    """
    before = Product.objects.get(pk=product.pk)
    other = [name for name in LASTING if name in fields and getattr(before, name) != fields[name]]
    if other and Service.objects.live().filter(product=product).exists():
        raise Refused(
            _("Live services stand on this: make a new product and stop selling this one."), other[0]
        )
    for name, value in fields.items():
        setattr(product, name, value)
    product.save(update_fields=list(fields))
    record("products.product_changed", product, by=by, name=product.name)
    return product


@transaction.atomic
def save_option(option: Option, *, choices: Sequence[str], by: User) -> Option:
    """Keep an option, new or changed; a choice has at least two answers.

    An answer that is left out goes away; one with prices stays, so nothing that is sold breaks.
    """
    if option.kind == Option.Kind.CHOICE and len(choices) < 2:
        raise Refused(_("A choice needs two answers or more, one a line."), "choices")
    option.save()
    for position, name in enumerate(choices):
        OptionChoice.objects.update_or_create(option=option, name=name, defaults={"position": position})
    gone = option.choices.exclude(name__in=choices)
    kept = gone.filter(prices__isnull=False).values_list("name", flat=True).first()
    if kept:
        raise Refused(_("“%(choice)s” has prices: it stays.") % {"choice": kept}, "choices")
    gone.delete()
    record("products.option_saved", option.product, by=by, name=option.name)
    return option


@transaction.atomic
def save_companion(companion: Companion, *, by: User) -> Companion:
    """What goes together with a product (R3.5)."""
    if companion.rule == Companion.Rule.SAME:
        companion.minimum = None
    companion.save()
    record("products.companion_saved", companion.product, by=by, name=str(companion))
    return companion


@transaction.atomic
def drop_companion(companion: Companion, *, by: User) -> Product:
    record("products.companion_dropped", companion.product, by=by, name=str(companion))
    product = companion.product
    companion.delete()
    return product


@transaction.atomic
def set_price(
    product: Product,
    option: Option | None,
    *,
    cycle: str,
    amount: Decimal,
    valid_from: date,
    by: User,
    setup_fee: Decimal = Decimal(0),
    choice: OptionChoice | None = None,
) -> Price:
    """A price from a date on; the price of the same day is corrected, older rows stay."""
    thing = {"option": option, "choice": choice} if option else {"product": product}
    price, made = Price.objects.update_or_create(
        cycle=cycle,
        currency="RUB",
        valid_from=valid_from,
        defaults={"amount": amount, "setup_fee": setup_fee},
        **thing,
    )
    facts = {"what": str(choice or option or product), "amount": str(amount), "from": valid_from.isoformat()}
    record("products.price_set", product, by=by, cycle=cycle, made=made, **facts)
    return price


@transaction.atomic
def save_endpoint(endpoint: ModuleEndpoint, *, by: User, secret: str = "") -> ModuleEndpoint:
    """Keep a provisioning program; without a typed secret the old one stays, a new program gets one."""
    endpoint.secret = secret or endpoint.secret or secrets.token_urlsafe(32)
    endpoint.save()
    record("products.program_saved", endpoint, by=by, name=endpoint.name, url=endpoint.url)
    return endpoint


@transaction.atomic
def reveal_endpoint(endpoint: ModuleEndpoint, *, by: User) -> str:
    """The secret in plain text; who looked stays in the journal."""
    record("products.program_secret_shown", endpoint, by=by, name=endpoint.name)
    return endpoint.secret
