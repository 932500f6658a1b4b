"""Services that still have an old price, and their way to the catalogue's price of a day."""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import Count, F, Max, Q, QuerySet, Sum
from django.db.models.functions import Coalesce
from django.utils import translation
from django.utils.translation import gettext as _

from billing_site.journal.models import subject_of
from billing_site.journal.moves import record_many
from billing_site.kit.errors import Refused
from billing_site.letters import actions as letters
from billing_site.letters.models import Letter
from billing_site.office.models import User
from clients.actions import lock
from clients.models import Client
from invoices.letters import price_letter
from invoices.models import Invoice, Line
from invoices.redrawing import redraw
from products import actions as products
from products import pricing
from products.models import LIVE, MONTHS, Batch, Option, OptionChoice, Price, Product
from products.promotions import base_terms, next_day

RENEWING = tuple(cycle for cycle, months in MONTHS.items() if months)
Key = tuple[int | None, int | None, int | None, str, str]  # product, option, choice, cycle, currency


@dataclass(frozen=True)
class OldPrice:
    """A price that differs from the catalogue's, and how many live services have it."""

    product: Product
    option: Option | None
    choice: OptionChoice | None
    cycle: str
    currency: str
    was: Decimal
    becomes: Decimal
    services: int
    units: int

    @property
    def difference(self) -> Decimal:
        """What all of these units would bring more for a cycle, before discounts."""
        return (self.becomes - self.was) * self.units


@dataclass(frozen=True)
class Repriced:
    """A batch with what it becomes: `price` for periods from `starts` on; `refused` says why it doesn't."""

    batch: Batch
    was: Decimal
    price: Decimal
    starts: date
    refused: str = ""

    def whole(self, price: Decimal) -> Decimal:
        return pricing.line_amount(self.batch.quantity, price, self.batch.discount)

    @property
    def before(self) -> Decimal:
        return self.whole(self.was)

    @property
    def after(self) -> Decimal:
        return self.whole(self.price)


@dataclass(frozen=True)
class Repricing:
    """What `reprice` writes."""

    rows: tuple[Repriced, ...]

    @property
    def goes(self) -> list[Repriced]:
        return [row for row in self.rows if not row.refused]

    @property
    def fingerprint(self) -> str:
        """What was shown, in short. Another one = look again."""
        shown = repr([(row.batch.pk, str(row.was), str(row.price), row.starts) for row in self.goes])
        return hashlib.sha256(shown.encode()).hexdigest()[:16]


def catalogue_batches() -> QuerySet[Any]:
    """Batches of live, renewing services that stand at a catalogue price, with `current`, the last agreed."""
    return (
        Batch.objects.standing()
        .filter(service__status__in=LIVE, service__cycle__in=RENEWING, service__ends=False)
        .filter(own_price_because="")
        .annotate(current=Coalesce("next_price", "price"))
    )


def old_prices(on: date) -> list[OldPrice]:
    """Prices that live services have and the catalogue of a day hasn't, dearest difference first."""
    groups = list(
        catalogue_batches()
        .values("option", "choice", "current", product=F("service__product"),
                cycle=F("service__cycle"), currency=F("service__client__currency"))
        .annotate(services=Count("service", distinct=True), units=Sum("quantity"))
        .order_by()
    )  # fmt: skip
    prices = _catalogue(on, {row["product"] for row in groups}, {row["option"] for row in groups})
    things = Product.objects.in_bulk({row["product"] for row in groups})
    options = Option.objects.in_bulk({row["option"] for row in groups if row["option"]})
    choices = OptionChoice.objects.in_bulk({row["choice"] for row in groups if row["choice"]})
    found = []
    for row in groups:
        key = _key(row["product"], row["option"], row["choice"], row["cycle"], row["currency"])
        becomes = prices.get(key)
        if becomes is not None and becomes != row["current"]:
            found.append(
                OldPrice(
                    things[row["product"]], options.get(row["option"]), choices.get(row["choice"]),
                    row["cycle"], row["currency"], row["current"], becomes, row["services"], row["units"],
                )
            )  # fmt: skip
    return sorted(found, key=lambda one: (-abs(one.difference), one.product.name))


def _key(product: int | None, option: int | None, choice: int | None, cycle: str, currency: str) -> Key:
    return (None if option else product), option, choice, cycle, currency


def _catalogue(on: date, products_: Iterable[int], options: Iterable[int | None]) -> dict[Key, Decimal]:
    """The catalogue of a day, in one query."""
    wanted = Q(product__in=list(products_)) | Q(option__in=[one for one in options if one])
    return {
        _key(row.product_id, row.option_id, row.choice_id, row.cycle, row.currency): row.amount
        for row in Price.objects.on(on).filter(wanted)
    }


def quote_repricing(batches: Iterable[Batch], *, on: date) -> Repricing:
    """Each batch at the catalogue's price of the day `on`, from its first period that starts then or later.

    What is out already keeps its price; drafts follow. Writes nothing. `service.client`, `service.product`
    and `option` are loaded.
    """
    rows = list(batches)
    options = {batch.option_id for batch in rows}
    prices = _catalogue(on, {batch.service.product_id for batch in rows}, options)
    out = _billed_out(rows)
    return Repricing(tuple(_repriced(batch, prices, out.get(batch.pk), on) for batch in rows))


def _repriced(batch: Batch, prices: dict[Key, Decimal], out: date | None, on: date) -> Repriced:
    service = batch.service
    day = next_day(batch)
    was, _discount = base_terms(batch, day)
    earliest = max(on, out or on, service.starts_on)
    starts = products.next_due_after(service, earliest)
    if products.next_due_after(service, _eve(earliest)) == earliest:
        starts = earliest
    key = _key(service.product_id, batch.option_id, batch.choice_id, service.cycle, service.client.currency)
    price = prices.get(key)
    row = Repriced(batch, was, was if price is None else price, starts)
    if price is None:
        return replace(row, refused=_("The catalogue has no price for this cycle."))
    if batch.next_price_from and day < batch.next_price_from < starts:
        told = f"{batch.next_price_from:%d.%m.%Y}"
        return replace(row, refused=_("Another price is agreed from %(day)s already.") % {"day": told})
    if price == (was if batch.next_price is None else batch.next_price):
        return replace(row, refused=_("It has this price already."))
    return row


def _eve(day: date) -> date:
    return date.fromordinal(day.toordinal() - 1)


def _billed_out(batches: Sequence[Batch]) -> dict[int, date]:
    """Batch → the day until which papers that left the house bill it, exclusive."""
    lines = Line.objects.filter(
        batch__in=batches, live=True, kind__in=(Line.Kind.CHARGE, Line.Kind.OPENING)
    ).exclude(revision__invoice__status=Invoice.Status.DRAFT)
    return dict(lines.values_list("batch").annotate(end=Max("period__endswith")).order_by())


@transaction.atomic
def reprice(repricing: Repricing, *, by: User, letter: bool, seen: str | None = None) -> int:
    """Do what `quote_repricing` showed, client by client; returns how many batches moved.

    Drafts of later periods are drawn anew. With `letter` each client gets one, held until a person lets it
    go. Raises Refused when nothing moves or what was `seen` is not what would be done now.
    """
    if seen is not None and seen != repricing.fingerprint:
        raise Refused(_("Look at what will happen now, then press again."))
    if not repricing.goes:
        raise Refused(_("Nothing is chosen that would change."))
    by_client: dict[int, list[Repriced]] = defaultdict(list)
    for row in repricing.goes:
        by_client[row.batch.service.client_id].append(row)
    for client_id in sorted(by_client):
        client, rows = lock(client_id), by_client[client_id]
        _agree(rows, by)
        if letter:
            _draft_letter(client, rows, by)
    return len(repricing.goes)


def _agree(rows: Sequence[Repriced], by: User) -> None:
    for row in rows:
        batch = row.batch
        batch.price, batch.next_price, batch.next_price_from = row.was, row.price, row.starts
    batches = [row.batch for row in rows]
    Batch.objects.bulk_update(batches, ["price", "next_price", "next_price_from"])
    redraw(batches, by=by)
    products.settle_recurring({batch.service_id for batch in batches})
    told = [
        (
            row.batch.service,
            {"was": f"{row.was:.2f}", "becomes": f"{row.price:.2f}", "on": row.starts.isoformat(),
             "what": (row.batch.option or row.batch.service.product).name},
        )
        for row in rows
    ]  # fmt: skip
    record_many("products.repriced", told, by=by)


def _draft_letter(client: Client, rows: Sequence[Repriced], by: User) -> None:
    with translation.override(client.language):
        content = price_letter(client, rows)
    letters.queue(
        content, to=[client.main_email], kind="new-price", by=by, client_no=client.pk,
        about=subject_of(client), language=client.language, status=Letter.Status.HELD,
        held_because=Letter.Because.PERSON,
    )  # fmt: skip
