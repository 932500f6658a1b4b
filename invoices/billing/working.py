"""One-off work on invoices: with the next renewal of the client, or at once in a draft of its own."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from itertools import groupby

from django.db import transaction
from django.utils.translation import gettext as _

from billing_site.kit import clock
from billing_site.kit.errors import Refused
from billing_site.kit.money import format_number
from billing_site.office.models import User, VatTable
from clients.actions import lock
from clients.models import Client
from invoices.drafting import ADDON_DAYS, Plan, add_lines, default_payers, make_drafts, taxed
from invoices.models import Invoice, Line
from products.models import BillableItem
from products.working import Work, add_work, amount_of


def work_line(item: BillableItem, vat: VatTable) -> Line:
    """An unsaved line that charges work done; `item.product` is loaded. It remembers whose it is."""
    amount = amount_of(item)
    counted = f"{item.quantity.normalize():f}".replace(".", ",")
    return Line(
        kind=Line.Kind.CHARGE,
        recurring=False,
        text=f"{item.text[:280]}, {item.on:%d.%m.%Y}",
        quantity=item.quantity,
        unit=item.product.unit,
        price=item.price,
        why=[
            {"text": f"{counted} × {format_number(item.price)}", "amount": f"{amount:.2f}", "work": item.pk}
        ],
        **taxed(amount, item.product, item.on, vat),
    )


def _waiting(clients: Sequence[int]) -> list[BillableItem]:
    rows = BillableItem.objects.filter(status=BillableItem.Status.OPEN, client__in=clients)
    return list(rows.select_related("client", "product__seller").order_by("client_id", "pk"))


def with_works(plans: list[Plan]) -> list[Plan]:
    """Renewals that are to be drafted, with the works that wait for them: one query for any number.

    A work goes into the client's draft of its seller; a seller without one gets a draft of its own, due on
    the same day.
    """
    own: dict[int, list[Plan]] = defaultdict(list)
    for plan in plans:
        own[plan.client.pk].append(plan)
    waiting = [item for item in _waiting(list(own)) if item.when == BillableItem.When.NEXT_RUN]
    vat = VatTable() if waiting else None
    for item in waiting:
        assert vat is not None
        _home(item, own[item.client_id], plans).lines.append(work_line(item, vat))
    return plans


def _home(item: BillableItem, own: list[Plan], plans: list[Plan]) -> Plan:
    """The client's draft that takes a work; a new one joins both lists."""
    seller, first = item.product.seller, own[0]
    for plan in own:
        if plan.seller.pk == seller.pk:
            return plan
    key = f"{first.client.pk}-{first.payer.pk}-{seller.pk}-{first.due_on:%Y%m%d}-works"
    made = Plan(first.client, first.payer, seller, first.due_on, Invoice.Role.ONE_OFF, renewal_key=key)
    own.append(made)
    plans.append(made)
    return made


@transaction.atomic
def collect(client: Client, work: Work, *, by: User) -> tuple[BillableItem, list[Invoice]]:
    """Work for the client, and the drafts it went into: its own when it is to be invoiced at once, else the
    renewal of its seller that is still in the house; none when it waits for the next one.
    """
    lock(client.pk)
    item = add_work(client, work, by=by)
    if item.when == BillableItem.When.NOW:
        return item, bill_works(client, [item], by=by)
    draft = _renewal_in_house(item)
    return item, [add_lines(draft, [work_line(item, VatTable())], by=by)] if draft else []


def _renewal_in_house(item: BillableItem) -> Invoice | None:
    drafts = Invoice.objects.filter(
        client=item.client_id, seller=item.product.seller_id, status=Invoice.Status.DRAFT
    )
    return drafts.exclude(renewal_key="").select_related("current").order_by("due_on", "pk").first()


@transaction.atomic
def bill_works(client: Client, items: Sequence[BillableItem], *, by: User) -> list[Invoice]:
    """Drafts of their own for open works of a client, one per seller, due in a week. Nothing is mailed.

    Raises Refused without a payer, and when nothing of it is open any more.
    """
    client = lock(client.pk)
    chosen = {item.pk for item in items}
    waiting = [item for item in _waiting([client.pk]) if item.pk in chosen]
    if not waiting:
        raise Refused(_("This work is invoiced or dropped already."))
    payer = default_payers([client.pk]).get(client.pk)
    if payer is None:
        raise Refused(_("The client has no payer: add one first."))
    vat, due_on = VatTable(), clock.today() + timedelta(days=ADDON_DAYS)
    plans = []
    waiting.sort(key=lambda item: (item.product.seller_id, item.pk))
    for _seller, group in groupby(waiting, key=lambda item: item.product.seller_id):
        own = list(group)
        lines = [work_line(item, vat) for item in own]
        plans.append(Plan(client, payer, own[0].product.seller, due_on, Invoice.Role.ONE_OFF, lines=lines))
    return make_drafts(plans, by=by)


def open_sum(items: Sequence[BillableItem]) -> Decimal:
    """What invoicing these works would bring."""
    return sum((amount_of(item) for item in items), Decimal(0))
