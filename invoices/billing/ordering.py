"""Accepting an order: services, batches, and drafts for their first periods."""

from collections import defaultdict
from datetime import timedelta
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _

from billing_site.journal.moves import move
from billing_site.kit import clock
from billing_site.kit.errors import Refused
from billing_site.office.models import User, VatTable
from clients.actions import lock
from invoices.drafting import ADDON_DAYS, Plan, charge_line, default_payers, fee_line, make_drafts
from invoices.models import Invoice
from products import actions as products
from products import domains, handing, provisioning
from products.models import MONTHS, Batch, Order, Service
from products.promotions import write_uses

STRONGEST = (Invoice.Role.MAIN, Invoice.Role.ADDON, Invoice.Role.ONE_OFF)  # a draft takes the first it holds


@transaction.atomic
def accept_order(order: Order, *, by: User) -> list[Invoice]:
    """Services with their batches, and one draft per seller for their first periods (R4.1).

    Nothing is mailed. Set-up fees stand below as lines of their own; the promo code's ledger is written.
    What is bought for a service that the client has already ends with it (R4.2).
    Raises IllegalMove when the order is not pending; Refused without a payer, or when the client has
    got a service of the family meanwhile, or has used the promo code up.
    """
    client = lock(order.client_id)
    move(order, Order.Status.ACCEPTED, by=by)
    payer = order.payer or default_payers([client.pk]).get(client.pk)
    if payer is None:
        raise Refused(_("The client has no payer: add one first."))
    vat = VatTable()
    due_on = clock.today() + timedelta(days=ADDON_DAYS)
    plans: dict[int, Plan] = {}
    roles: dict[int, set[str]] = defaultdict(set)
    taken: list[tuple[Batch, Decimal]] = []
    given: list[Batch] = []
    for service, batches in products.make_services(order, by=by):
        if domains.is_own(service.order_line):
            given += batches  # nothing is paid for it, so no paper brings it to support
            continue
        seller = service.product.seller
        plan = plans.setdefault(seller.pk, Plan(client, payer, seller, due_on, order=order))
        roles[seller.pk].add(_role(service, order))
        period = products.first_billed(service.product, service.cycle, order.starts_on, service)
        for batch in batches:
            batch.service = service
            line = charge_line(batch, period, seller=seller, vat=vat)
            plan.lines.append(line)
            if batch.promotion_id:
                taken.append((batch, line.off))
    for ordered in order.lines.filter(setup_fee__gt=0).select_related("product", "option").order_by("id"):
        plans[ordered.product.seller_id].lines.append(fee_line(ordered, order.starts_on, vat=vat))
    write_uses(order, taken)
    provisioning.hand_over(handing.handovers_for(given))
    for seller_id, plan in plans.items():
        plan.role = next(role for role in STRONGEST if role in roles[seller_id])
    return make_drafts(list(plans.values()), by=by)


def _role(service: Service, order: Order) -> str:
    """What a service makes of its invoice: main when it starts here, additional when it stands already."""
    if not MONTHS[service.cycle]:
        return Invoice.Role.ONE_OFF
    line = service.order_line
    return Invoice.Role.MAIN if line and line.order_id == order.pk else Invoice.Role.ADDON
