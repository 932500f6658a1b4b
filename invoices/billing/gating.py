"""The sanity gate of the renewal run (R5): what looks wrong waits for a person, with the reason."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from django.conf import settings
from django.db.models import F, Q
from django.utils.translation import gettext as _

from billing_site.kit.money import format_number
from billing_site.office.models import Seller
from clients.models import Client, Payer
from invoices import totals
from invoices.billing.drifting import unequal_companions
from invoices.drafting import Plan
from invoices.models import Line, ParkedRenewal
from invoices.sanity import Rate, monthly, overlapping
from products.drift import Drift, Prices, Thing
from products.models import LIVE, Batch, Companion, PlannedChange, Price, Service

Reason = ParkedRenewal.Reason
Found = dict[str, Any]  # what is wrong, as ParkedRenewal keeps it in its facts


class Billed(NamedTuple):
    """A live line of a service that reaches its next due date, or beyond."""

    batch: int
    service: int
    start: date
    end: date
    gross: Decimal
    kind: str
    text: str


@dataclass
class Due:
    """A draft to be, with the services it renews; `planned` are those that a person has planned anew."""

    plan: Plan
    services: list[Service] = field(default_factory=list)
    planned: set[int] = field(default_factory=set)


@dataclass(frozen=True)
class Held:
    """A renewal that is not drafted: whose, from when, and what is wrong with it, the gravest first."""

    client: Client
    starts_on: date
    found: tuple[Found, ...]
    payer: Payer | None = None
    seller: Seller | None = None
    total: Decimal = Decimal(0)
    services: tuple[int, ...] = ()

    @property
    def key(self) -> tuple[int, int | None, int | None, date]:
        payer = self.payer.pk if self.payer else None
        seller = self.seller.pk if self.seller else None
        return (self.client.pk, payer, seller, self.starts_on)

    @property
    def because(self) -> str:
        return "; ".join(said(one) for one in self.found)

    @property
    def facts(self) -> dict[str, Any]:
        """As ParkedRenewal keeps it."""
        return {"found": list(self.found), "total": f"{self.total:.2f}", "services": list(self.services)}


def said(found: Found) -> str:
    """What is wrong, in the words of the language that is active."""
    code = found["code"]
    if code == Reason.CHANGED:
        was, becomes = (format_number(Decimal(found[name])) for name in ("was", "becomes"))
        return _("%(was)s a month the last time, %(becomes)s now") % {"was": was, "becomes": becomes}
    if code == Reason.OVERLAP:
        if "days" not in found:
            return _("days of its lines are billed already")
        return _("“%(what)s” is billed twice for %(days)s") % found
    if code == Reason.UNPRICED:
        return _("“%(what)s” has no price") % found
    if code == Reason.COMPANIONS:
        return _("“%(of)s” goes with “%(what)s”: there are %(has)s, needed are %(needs)s") % found
    if code == Reason.NO_PAYER:
        return _("The client has no payer.")
    return str(found.get("trouble", "")) or str(Reason.BROKEN.label)


def billed_lines(services: Sequence[Service]) -> list[Billed]:
    """What the renewal of these services continues, in one query."""
    rows = Line.objects.filter(
        batch__service__in=services,
        live=True,
        kind__in=(Line.Kind.CHARGE, Line.Kind.OPENING),
        period__endswith__gte=F("batch__service__paid_until"),
    ).values_list("batch", "batch__service", "period", "gross", "kind", "text")
    return [
        Billed(batch, service, period.lower, period.upper, gross, kind, text)
        for batch, service, period, gross, kind, text in rows.order_by()
        if period
    ]


def gate(dues: Sequence[Due], billed: Sequence[Billed]) -> tuple[list[Plan], list[Held]]:
    """Draw apart what may be drafted and what a person has to look at. The same queries for any number."""
    before: dict[int, list[Billed]] = defaultdict(list)
    for line in billed:
        before[line.service].append(line)
    uneven, free = _uneven(dues), _without_price(dues)
    fine, wrong = [], []
    for due in dues:
        found = [
            *_overlaps(due, before), *_changed(due, before),
            *(one for line in due.plan.lines for one in free.get(line.batch_id or 0, ())),
            *(one for service in due.services for one in uneven.get(service.pk, ())),
        ]  # fmt: skip
        if found:
            wrong.append((due, found))
        else:
            fine.append(due.plan)
    return fine, _held(wrong)


def _held(wrong: Iterable[tuple[Due, list[Found]]]) -> list[Held]:
    """One for each client, payer, seller and day; separate invoices of a client share it."""
    together: dict[tuple, list[tuple[Due, list[Found]]]] = defaultdict(list)
    for due, found in wrong:
        plan = due.plan
        together[plan.client.pk, plan.payer.pk, plan.seller.pk, plan.due_on].append((due, found))
    return [
        Held(
            same[0][0].plan.client, same[0][0].plan.due_on,
            tuple(one for _due, found in same for one in found),
            same[0][0].plan.payer, same[0][0].plan.seller,
            totals.total(line for due, _found in same for line in due.plan.lines).gross,
            tuple(service.pk for due, _found in same for service in due.services),
        )
        for same in together.values()
    ]  # fmt: skip


def _overlaps(due: Due, before: Mapping[int, Sequence[Billed]]) -> Iterable[Found]:
    """Days of one batch that two lines bill already, e.g. an imported period and an invoice."""
    by_batch: dict[int, list[Billed]] = defaultdict(list)
    for service in due.services:
        for line in before.get(service.pk, ()):
            by_batch[line.batch].append(line)
    for lines in by_batch.values():
        shared = overlapping((line.start, line.end) for line in lines)
        if shared:
            yield {"code": Reason.OVERLAP, "what": lines[0].text, "days": shared.shown()}


def _changed(due: Due, before: Mapping[int, Sequence[Billed]]) -> Iterable[Found]:
    """The monthly rate is too far from that of the lines which the draft continues."""
    parts = [*_continued(due, before), *_left_out(due, before)]
    rate = Rate(
        sum((part.was for _text, part in parts), Decimal(0)),
        sum((part.becomes for _text, part in parts), Decimal(0)),
    )
    if rate.differs_by(settings.RENEWAL_PARK_PERCENT):
        yield {
            "code": Reason.CHANGED,
            "was": f"{rate.was:.2f}",
            "becomes": f"{rate.becomes:.2f}",
            "lines": [
                {"text": text, "was": f"{part.was:.2f}", "becomes": f"{part.becomes:.2f}"}
                for text, part in parts
                if part.was != part.becomes
            ],
        }


def _continued(due: Due, before: Mapping[int, Sequence[Billed]]) -> Iterable[tuple[str, Rate]]:
    """Each line of the draft beside the one it continues. What a person agreed to counts as no change."""
    for line in due.plan.lines:
        batch, start = line.batch, line.period.lower
        assert batch is not None
        now = monthly(line.gross, start, line.period.upper)
        last = next(
            (one for one in before.get(batch.service_id, ()) if (one.batch, one.end) == (batch.pk, start)),
            None,
        )
        was = monthly(last.gross, last.start, last.end) if last else Decimal(0)
        if now is None or was is None:
            continue
        agreed = batch.service_id in due.planned or (last and _agreed(batch, last, start))
        yield line.text, Rate(now if agreed else was, now)


def _agreed(batch: Batch, last: Billed, start: date) -> bool:
    """Whether an announced price or the end of a promotion explains a new sum, or nothing was stated."""
    announced = batch.next_price_from and last.start < batch.next_price_from <= start
    ended = batch.promotion_id and batch.promo_until and last.start < batch.promo_until <= start
    unstated = last.kind == Line.Kind.OPENING and not last.gross
    return bool(announced or ended or unstated)


def _left_out(due: Due, before: Mapping[int, Sequence[Billed]]) -> Iterable[tuple[str, Rate]]:
    """Lines that end where the draft begins and that it doesn't continue."""
    going_on = {line.batch_id for line in due.plan.lines}
    for service in due.services:
        if service.pk in due.planned:
            continue
        lines = before.get(service.pk, ())
        beyond = {line.batch for line in lines if service.paid_until and line.end > service.paid_until}
        for line in lines:
            if line.batch not in going_on | beyond:
                yield line.text, Rate(monthly(line.gross, line.start, line.end) or Decimal(0), Decimal(0))


def _without_price(dues: Sequence[Due]) -> dict[int, list[Found]]:
    """Batch → what is sold for nothing though the catalogue knows no such price and nobody said why."""
    free = {
        line.batch: line
        for due in dues
        for line in due.plan.lines
        if line.batch and not line.gross and not line.discount and not line.batch.promotion_id
        and not line.batch.own_price_because and line.batch.service.product.kind != "free"
    }  # fmt: skip
    if not free:
        return {}
    products = {batch.service.product_id for batch in free if not batch.option_id}
    options = {batch.option_id for batch in free if batch.option_id}
    prices = Prices(Price.objects.filter(Q(product__in=products) | Q(option__in=options)))
    found: dict[int, list[Found]] = defaultdict(list)
    for batch, line in free.items():
        service = batch.service
        thing: Thing = (
            (0, batch.option_id, batch.choice_id) if batch.option_id else (service.product_id, None, None)
        )
        if prices.on(thing, service.cycle, service.client.currency, line.period.lower) != 0:
            found[batch.pk].append({"code": Reason.UNPRICED, "what": line.text})
    return found


def _uneven(dues: Sequence[Due]) -> dict[int, list[Found]]:
    """Service → its companions that are not as many as they should be (R3.5)."""
    products = {service.product_id for due in dues for service in due.services}
    asked = Q(product__in=products) | Q(companion_product__in=products)
    if not Companion.objects.filter(asked | Q(companion_option__product__in=products)).exists():
        return {}
    clients = {due.plan.client.pk for due in dues}
    live = Service.objects.filter(client__in=clients, status__in=LIVE).select_related("product")
    planned = PlannedChange.objects.filter(
        service__client__in=clients, status=PlannedChange.Status.PLANNED
    ).values_list("service", flat=True)
    agreed = set(planned)
    found: dict[int, list[Found]] = defaultdict(list)
    for one in unequal_companions(list(live)):
        if one.service.pk not in agreed:
            found[one.service.pk].append(_unequal(one))
    return found


def _unequal(one: Drift) -> Found:
    return {
        "code": Reason.COMPANIONS, "of": one.service.product.name, "what": str(one.companion),
        "has": one.has, "needs": one.needs, "service": one.service.pk,
    }  # fmt: skip
