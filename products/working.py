"""One-off work and hours (разовые работы): collected on a client until an invoice takes them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _

from billing_site.journal.moves import move, move_many, record
from billing_site.kit import clock
from billing_site.kit.errors import Refused
from billing_site.kit.money import rounded
from billing_site.office.models import User
from clients.actions import lock
from clients.models import Client
from products.models import BillableItem, Cycle, Product
from products.quoting import price_of

SOLD = (Product.Kind.HOURS, Product.Kind.ONE_TIME)  # what works are sold as
LONGEST = 10_000  # units of one work


@dataclass(frozen=True)
class Work:
    """What was done. `price` None = the catalogue's of that day; `text` empty = the product's."""

    product: Product
    quantity: Decimal
    on: date
    text: str = ""
    price: Decimal | None = None
    when: str = BillableItem.When.NEXT_RUN


def amount_of(item: BillableItem) -> Decimal:
    return rounded(item.quantity * item.price)


@transaction.atomic
def add_work(client: Client, work: Work, *, by: User | None) -> BillableItem:
    """Raises Refused for an absurd quantity, a day to come, and where the catalogue has no price."""
    lock(client.pk)
    item = BillableItem(client=client, author=by)
    _fill(item, work)
    item.save()
    record("products.work_added", item, by=by, text=item.text, amount=f"{amount_of(item):.2f}")
    return item


@transaction.atomic
def change_work(item: BillableItem, work: Work, *, by: User) -> BillableItem:
    """Another text, quantity, price or day. Raises Refused for one that is invoiced or dropped."""
    lock(item.client_id)
    row = BillableItem.objects.select_for_update(no_key=True, of=("self",)).get(pk=item.pk)
    if row.status != BillableItem.Status.OPEN:
        raise Refused(_("Only work that is not invoiced yet can be changed."))
    was = amount_of(row)
    _fill(row, work)
    row.save()
    record(
        "products.work_changed", row, by=by, text=row.text, was=f"{was:.2f}", becomes=f"{amount_of(row):.2f}"
    )
    return row


def _fill(item: BillableItem, work: Work) -> None:
    if not 0 < work.quantity <= LONGEST:
        raise Refused(_("The quantity is between 0 and %(most)s.") % {"most": LONGEST}, "quantity")
    if work.on > clock.today():
        raise Refused(_("This day has not come yet."), "on")
    price = work.price
    if price is None:
        try:
            price = price_of(work.product, None, Cycle.ONE_TIME, work.on, item.client.currency)
        except Refused as missing:
            raise Refused(missing.message, "price") from missing
    item.product, item.quantity, item.price = work.product, work.quantity, price
    item.text, item.on, item.when = work.text.strip() or work.product.line_text, work.on, work.when


@transaction.atomic
def drop_work(item: BillableItem, *, by: User, because: str) -> BillableItem:
    """It shall not be invoiced. Raises Refused without a reason, IllegalMove when an invoice has it."""
    if not because.strip():
        raise Refused(_("Say why."), "because")
    lock(item.client_id)
    return move(item, BillableItem.Status.DROPPED, by=by, facts={"because": because.strip()})


@transaction.atomic
def restore_work(item: BillableItem, *, by: User) -> BillableItem:
    """Dropped work waits for an invoice again. Raises IllegalMove for any other."""
    lock(item.client_id)
    row = BillableItem.objects.get(pk=item.pk)
    if row.status == BillableItem.Status.INVOICED:
        raise Refused(_("An invoice has this work: discard or void the invoice, and the work is open again."))
    return move(row, BillableItem.Status.OPEN, by=by)


def take_works(lines: Mapping[int, int], *, by: User | None) -> None:
    """Works that stand on invoice lines from now on, by id: their line. Told once, however often it moves.

    Called inside the transaction of the verb that writes the lines; the clients are locked.
    """
    if not lines:
        return
    items = list(BillableItem.objects.filter(pk__in=lines).order_by("pk"))
    fresh = [item for item in items if item.status == BillableItem.Status.OPEN]
    move_many(fresh, BillableItem.Status.INVOICED, by=by)
    for item in items:
        item.line_id = lines[item.pk]
    BillableItem.objects.bulk_update(items, ["line_id"])


def open_works(line_ids: Iterable[int], *, by: User | None) -> None:
    """Works of lines that are billed no more are open again."""
    items = list(BillableItem.objects.filter(status=BillableItem.Status.INVOICED, line_id__in=list(line_ids)))
    move_many(items, BillableItem.Status.OPEN, by=by, line_id=None)
