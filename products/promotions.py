"""Promotions: whom a code serves, what it makes of a price, and the ledger of its uses."""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from billing_site.journal.moves import record
from billing_site.kit.errors import Refused
from billing_site.kit.periods import add_months
from billing_site.office.models import User
from clients.models import Client
from products import pricing
from products.models import MONTHS, Batch, Option, Order, Product, Promotion, PromotionUse

TERMS = ("kind", "value", "scope", "cycles", "shown")  # what a used promotion keeps
Terms = tuple[Decimal, Decimal]  # price of one for a cycle, discount in percent


def base_terms(batch: Batch, day: date) -> Terms:
    """What a batch costs in a period that starts on `day`, before any promotion."""
    if batch.next_price is not None and batch.next_price_from and day >= batch.next_price_from:
        return batch.next_price, batch.discount
    return batch.price, batch.discount


def holds(batch: Batch, day: date) -> bool:
    """Whether the batch's promotion serves a period that starts on `day`."""
    return batch.promotion_id is not None and (batch.promo_until is None or day < batch.promo_until)


def terms(batch: Batch, day: date) -> Terms:
    """What a batch truly costs in a period that starts on `day`: (price of one for a cycle, discount)."""
    price, discount = base_terms(batch, day)
    if not holds(batch, day):
        return price, discount
    assert batch.promotion is not None
    return pricing.promoted(price, discount, kind=batch.promotion.kind, value=batch.promotion.value)


def next_day(batch: Batch) -> date:
    """The first day of the next period, where what a batch costs depends on it; `service` loaded."""
    if batch.next_price_from or batch.promo_until:
        return batch.service.paid_until or batch.service.starts_on
    return batch.since


def whole_cycle(batch: Batch) -> Decimal:
    """What a batch costs in its service's next period, a full cycle; `service` and `promotion` loaded."""
    return pricing.line_amount(batch.quantity, *terms(batch, next_day(batch)))


def promotion_for(code: str, client: Client, on: date, *, order: Order | None = None) -> Promotion:
    """The promotion of a typed code that this client may use on a day.

    Raises Refused at "promo" with the reason. `order` is the one that uses it: it doesn't count against
    its own limits.
    """
    found = (
        Promotion.objects.prefetch_related("products", "options").filter(code=code.strip().upper()).first()
    )
    if found is None or not found.active:
        raise Refused(_("There is no promo code “%(code)s”.") % {"code": code.strip()}, "promo")
    if on < found.valid_from:
        day = f"{found.valid_from:%d.%m.%Y}"
        raise Refused(_("The promo code is valid from %(day)s only.") % {"day": day}, "promo")
    if found.valid_until and on > found.valid_until:
        day = f"{found.valid_until:%d.%m.%Y}"
        raise Refused(_("The promo code was valid until %(day)s.") % {"day": day}, "promo")
    refuse_used_up(found, client, order=order)
    return found


def refuse_used_up(promotion: Promotion, client: Client, *, order: Order | None = None) -> None:
    """Raise Refused when the promotion's limits are reached; orders that wait count as well.

    A use is an order, or units that a running service has got by *Change*.
    """
    if promotion.limit_total is None and promotion.limit_per_client is None:
        return
    counted = Q(status=Order.Status.PENDING) | Q(
        pk__in=standing_uses(promotion).filter(order__isnull=False).values("order")
    )
    orders = Order.objects.filter(counted, promotion=promotion)
    if order and order.pk:
        orders = orders.exclude(pk=order.pk)
    own, all_ = promotion.limit_per_client, promotion.limit_total
    grown = standing_uses(promotion).filter(order__isnull=True)
    if own is not None and orders.filter(client=client).count() + grown.filter(client=client).count() >= own:
        raise Refused(_("The client has used this promo code already."), "promo")
    if all_ is not None and orders.count() + grown.count() >= all_:
        raise Refused(_("The promo code is used up."), "promo")


def standing_uses(promotion: Promotion):
    """Rows of the ledger that no later row takes back."""
    return PromotionUse.objects.filter(promotion=promotion, reverses__isnull=True, reversed_by__isnull=True)


def fits(promotion: Promotion | None, product: Product, option: Option | None) -> bool:
    """Whether a promotion serves this product or option. Load its products and options before."""
    if promotion is None:
        return False
    products, options = list(promotion.products.all()), list(promotion.options.all())
    if not products and not options:
        return True
    return option in options if option else product in products


def refuse_unfit(promotion: Promotion, product: Product, option: Option | None) -> None:
    """Raise Refused when a typed code doesn't serve what is bought with it."""
    if not fits(promotion, product, option):
        raise Refused(
            _("The promo code “%(code)s” doesn't serve “%(what)s”.")
            % {"code": promotion.code, "what": option or product},
            "promo",
        )


def until(promotion: Promotion, cycle: str, anchor: date, start: date) -> date | None:
    """The first day whose period the promotion serves no more, when the first period starts on `start`.

    Counted from the anchor, the first period as the first of the cycles; None = for life.
    """
    months = MONTHS[cycle]
    if promotion.cycles is None or not months:
        return None
    n = 1
    while add_months(anchor, n * months) <= start:
        n += 1
    return add_months(anchor, (n + promotion.cycles - 1) * months)


def write_uses(order: Order, taken: Iterable[tuple[Batch, Decimal]]) -> None:
    """The ledger of an accepted order: what its code took off each batch. Older rows of it are answered."""
    if order.promotion is None:
        return
    former = list(standing_uses(order.promotion).filter(order=order))
    uses = [_answer(use) for use in former]
    uses += [
        PromotionUse(promotion=order.promotion, client=order.client, order=order, batch=batch, amount=amount)
        for batch, amount in taken
    ]
    PromotionUse.objects.bulk_create(uses)


def take_back_uses(order: Order) -> None:
    """The order fell away: its uses are answered, so the limits are free again."""
    if order.promotion is not None:
        PromotionUse.objects.bulk_create(
            _answer(use) for use in standing_uses(order.promotion).filter(order=order)
        )


def write_use(batch: Batch, amount: Decimal) -> None:
    """The ledger of units that a running service has got with a code; `service` loaded."""
    assert batch.promotion is not None
    PromotionUse.objects.create(
        promotion=batch.promotion, client_id=batch.service.client_id, batch=batch, amount=amount
    )


def take_back_uses_of(batches: Iterable[Batch]) -> None:
    """These units leave: codes that *Change* used for them are free again."""
    uses = PromotionUse.objects.filter(
        batch__in=[batch.pk for batch in batches], order__isnull=True, reverses__isnull=True,
        reversed_by__isnull=True,
    )  # fmt: skip
    PromotionUse.objects.bulk_create(_answer(use) for use in uses)


def locked(code: str) -> None:
    """Lock a code's row, so that two uses at once count each other."""
    list(Promotion.objects.select_for_update(no_key=True, of=("self",)).filter(code=code.strip().upper()))


def _answer(use: PromotionUse) -> PromotionUse:
    return PromotionUse(
        promotion_id=use.promotion_id, client_id=use.client_id, order_id=use.order_id,
        batch_id=use.batch_id, amount=-use.amount, reverses=use,
    )  # fmt: skip


@transaction.atomic
def save_promotion(
    promotion: Promotion, *, products: Iterable[Product], options: Iterable[Option], by: User
) -> Promotion:
    """Keep a promotion, new or changed. Raises Refused when a used one shall change its terms."""
    new = promotion.pk is None
    promotion.code = promotion.code.strip().upper()
    if Promotion.objects.filter(code=promotion.code).exclude(pk=promotion.pk).exists():
        raise Refused(_("There is a promotion with this code already."), "code")
    if not new:
        _refuse_other_terms(promotion)
    promotion.save()
    promotion.products.set(products)
    promotion.options.set(options)
    verb = "products.promotion_made" if new else "products.promotion_changed"
    record(verb, promotion, by=by, code=promotion.code)
    return promotion


def _refuse_other_terms(promotion: Promotion) -> None:
    before = Promotion.objects.select_for_update(no_key=True).get(pk=promotion.pk)
    other = [name for name in TERMS if getattr(before, name) != getattr(promotion, name)]
    if other and Batch.objects.filter(promotion=promotion).exists():
        raise Refused(
            _("Units are sold with this code already: its terms stay. Close it and make a new code."),
            other[0],
        )
