"""An addon of a running service: a service of its own that ends and renews with its host (MISSION row 20)."""

from datetime import date
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _

from billing_site.journal.moves import record
from billing_site.kit.errors import Refused
from billing_site.kit.periods import Period
from billing_site.office.models import User
from invoices import totals
from invoices.billing.changing import (
    Change,
    Way,
    homes_of,
    lines_of,
    place,
    refuse_change,
    warnings_of,
    with_code,
)
from invoices.billing.following import main_invoice, next_billed, open_addition
from invoices.drafting import default_payers, payer_of
from invoices.models import Invoice
from products import actions as products
from products import promotions
from products.models import LIVE, Batch, Product, Service
from products.running import locked


def quote_addon(
    host: Service,
    product: Product,
    quantity: int,
    *,
    on: date,
    price: Decimal | None = None,
    because: str = "",
    discount: Decimal | None = None,
    way: str = Way.ADDITION,
    promo: str = "",
) -> Change:
    """Price an addon of `host` from the day `on` until where the host is paid, as `quote_change` does.

    `service` of the answer is the addon, unsaved. Writes nothing. Raises Refused for what can't be so.
    """
    asked = {
        "product": product, "price": price, "because": because, "discount": discount, "way": way,
        "promo": promo,
    }  # fmt: skip
    refuse_change(host, None, on, price, because)
    _refuse_addon(host, product)
    main, end = main_invoice(host, on)
    addon = Service(
        client=host.client, payer=host.payer, product=product, family=product.family, host=host,
        cycle=host.cycle, anchor=host.anchor, starts_on=on,
    )  # fmt: skip
    batch = _units(addon, quantity, price, because, discount or Decimal(0), promo)
    payer = payer_of(addon, default_payers([host.client_id]))
    same_seller = product.seller_id == host.product.seller_id
    after, following = next_billed(host, end) if same_seller else (None, None)
    period = Period(on, end)
    lines = lines_of(batch, period, after)
    homes = homes_of(lines, open_addition(addon, payer), following, way)
    return Change(
        service=addon, option=None, was=0, becomes=quantity, batch=batch, payer=payer, main=main,
        period=period, lines=lines, homes=homes, following=following, total=totals.total(lines).gross,
        recurring=products.recurring_of([batch]),
        warnings=tuple(warnings_of(lines, period, following, homes, payer)), asked=asked,
    )  # fmt: skip


def _refuse_addon(host: Service, product: Product) -> None:
    if host.host_id:
        raise Refused(_("An addon has no addons of its own: add it to its service."))
    if product.kind != Product.Kind.ADDON or not product.active:
        raise Refused(_("“%(product)s” is not sold as an addon.") % {"product": product}, "product")
    there = host.addons.filter(family=product.family, status__in=LIVE).select_related("product").first()
    if there:
        raise Refused(
            _("The service has “%(addon)s” already: change that one instead.") % {"addon": there.product},
            "product",
        )


def _units(
    addon: Service, quantity: int, price: Decimal | None, because: str, discount: Decimal, promo: str
) -> Batch:
    product, on = addon.product, addon.starts_on
    if price is None:
        price = products.price_of(product, None, addon.cycle, on, addon.client.currency)
    batch = Batch(
        service=addon, quantity=quantity, price=price, own_price_because=because, discount=discount, since=on
    )
    with_code(batch, promo)
    return batch


@transaction.atomic
def attach_addon(change: Change, *, by: User, seen: str | None = None) -> Invoice:
    """Do what `quote_addon` showed: the addon waits for its invoice or hand-over, its lines stand in drafts.

    Nothing is mailed. Raises Refused when that is not what would be done now.
    """
    if seen is not None and seen != change.fingerprint:
        raise Refused(_("Look at what will happen now, then press again."))
    assert change.service.host is not None
    host = locked(change.service.host)
    promotions.locked(change.asked["promo"])
    asked = {name: value for name, value in change.asked.items() if name != "product"}
    now = quote_addon(host, change.asked["product"], change.becomes, on=change.period.start, **asked)
    if now.fingerprint != change.fingerprint:
        raise Refused(_("The service has been changed meanwhile: look at the new sum."))
    now.service.save()
    now.batch.service = now.service
    now.batch.save()
    if now.batch.promotion:
        promotions.write_use(now.batch, sum((line.off for line in now.lines), Decimal(0)))
    touched = [place(now, home, by) for home in dict.fromkeys(now.homes)]
    record("products.addon_added", host, by=by, addon=str(now.service), units=now.becomes)
    return touched[0]
