"""The drift list and its repairs (R3.6): each shows what it will do, then does exactly that."""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Sequence
from copy import copy
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from django.db import transaction
from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _

from billing_site.journal import jobs
from billing_site.journal.models import Job
from billing_site.journal.moves import record
from billing_site.kit import clock
from billing_site.kit.errors import Refused
from billing_site.kit.periods import Period
from billing_site.office.models import User, VatTable
from clients.actions import lock
from clients.licensing import renters
from invoices import totals
from invoices.drafting import (
    ADDON_DAYS,
    Plan,
    charge_line,
    default_payers,
    make_drafts,
    payer_of,
)
from invoices.models import Drifted, Invoice, Line
from invoices.redrawing import redraw, redrawn
from products import actions as products
from products import drift
from products.drift import Drift, Kind
from products.models import LIVE, MONTHS, Batch, Companion, Price, Service

REPRICED = (Kind.CYCLE, Kind.AMOUNT)
STRETCH = 1000  # clients looked at in one transaction
LOOK = "invoices.look_for_drifts"  # the job
BILLED = (Invoice.Status.DRAFT, Invoice.Status.ISSUED, Invoice.Status.COLLECTIONS, Invoice.Status.PAID)


@dataclass(frozen=True)
class Scan:
    """What a stretch of services showed; `more` is the last service looked at, None at the end."""

    found: list[Drift]
    more: int | None


def scan(services: QuerySet[Service], *, after: int = 0, limit: int = STRETCH) -> Scan:
    """Look through the next services by client; the same few queries for any number."""
    clients = list(
        services.filter(status__in=LIVE, client__gt=after)
        .order_by("client")
        .values_list("client", flat=True)
        .distinct()[:limit]
    )
    rows = services.filter(client__in=clients, status__in=LIVE)
    return Scan(drifts(rows), clients[-1] if len(clients) == limit else None)


def start_look(*, by: User | None) -> Job:
    """Look at the services of every client, as a job. Raises Refused while another one does."""
    if Job.objects.filter(kind=LOOK, state__in=jobs.GOING).exists():
        raise Refused(_("The services are being looked through already."))
    clients = Service.objects.live().aggregate(n=Count("client", distinct=True))["n"]
    return jobs.start(LOOK, _("Sums and dates of services looked through"), by=by, total=clients)


@transaction.atomic
def look_further(after: int = 0, *, limit: int = STRETCH) -> int | None:
    """Look at the services of the next clients, keep what drifted; after whom to go on, None at the end."""
    seen = scan(Service.objects.all(), after=after, limit=limit)
    stretch = Drifted.objects.filter(service__client__gt=after)
    if seen.more:
        stretch = stretch.filter(service__client__lte=seen.more)
    _keep(seen.found, stretch)
    return seen.more


def _keep(found: Iterable[Drift], before: QuerySet[Drifted]) -> None:
    """Store what was found instead of what was known `before`; of a kind the first finding stands for all."""
    rows: dict[tuple[int, str], Drifted] = {}
    for one in found:
        key = one.service.pk, str(one.kind)
        if key not in rows:
            rows[key] = Drifted(
                service=one.service, kind=key[1], stored=one.stored, expected=one.expected,
                difference=one.difference if one.kind in drift.SUMS else Decimal(0), looked_at=clock.now(),
            )  # fmt: skip
    known = before.values_list("pk", "service", "kind")
    gone = [pk for pk, service, kind in known if (service, kind) not in rows]
    Drifted.objects.filter(pk__in=gone).delete()
    Drifted.objects.bulk_create(
        rows.values(), update_conflicts=True, unique_fields=["service", "kind"],
        update_fields=["stored", "expected", "difference", "looked_at"],
    )  # fmt: skip


def drifts(services: QuerySet[Service]) -> list[Drift]:
    """Everything that drifted in these live services, by client."""
    rows = _live(services)
    return sorted(_seen(rows, beside=rows), key=lambda one: (one.service.client_id, one.service.pk))


def drifts_of(*services: int) -> list[Drift]:
    """Everything that drifted in some services by id; their clients' others are only compared with."""
    theirs = Service.objects.filter(pk__in=services).values("client")
    beside = _live(Service.objects.filter(client__in=theirs))
    found = _seen([row for row in beside if row.pk in services], beside=beside)
    return [one for one in found if one.service.pk in services]


def _live(services: QuerySet[Service]) -> list[Service]:
    related = "client", "product__seller", "payer"
    return list(services.filter(status__in=LIVE).select_related(*related).order_by("client", "pk"))


def _seen(rows: Sequence[Service], *, beside: Sequence[Service]) -> list[Drift]:
    """What is wrong with these by themselves, and with those `beside` by each other."""
    found = [one for service, parts in parts_of(rows) for one in drift.sums(service, parts)]
    return [
        *found, *drift.doubled(beside), *drift.unequal_ends(beside), *_unpaid(rows),
        *unequal_companions(beside),
    ]  # fmt: skip


def parts_of(services: Sequence[Service]) -> Iterable[tuple[Service, tuple[drift.Expected, ...]]]:
    """Each renewing service with its counted batches beside what they should cost (R3.1, R3.6)."""
    batches: dict[int, list[Batch]] = defaultdict(list)
    counted = Batch.objects.counted().filter(service__in=[service.pk for service in services])
    for batch in counted.select_related("option", "promotion").order_by("pk"):
        batches[batch.service_id].append(batch)
    things = {service.product_id for service in services}
    options = {batch.option_id for held in batches.values() for batch in held if batch.option_id}
    prices = drift.Prices(Price.objects.filter(Q(product__in=things) | Q(option__in=options)))
    discounts = billed_discounts([service.pk for service in services])
    for service in services:
        held = batches[service.pk]
        for batch in held:
            batch.service = service
        told = {
            batch.pk: products.whole_cycle(batch)
            for batch in held
            if batch.promotion_id or batch.next_price_from
        }
        yield service, drift.expected(service, held, prices, discounts, told)


def billed_discounts(service_ids: Sequence[int]) -> dict[drift.Held, Decimal]:
    """The client's discount on a service and its options: the last one that a main invoice billed."""
    rows = (
        Line.objects.filter(
            live=True,
            kind=Line.Kind.CHARGE,
            discount__gt=0,
            off=0,
            batch__service__in=service_ids,
            batch__own_price_because="",
            revision__invoice__role=Invoice.Role.MAIN,
        )
        .order_by("batch__service", "batch__option", "-period__startswith", "-pk")
        .distinct("batch__service", "batch__option")
        .values_list("batch__service", "batch__option", "discount")
    )
    return {(service, option): discount for service, option, discount in rows}


def unequal_companions(services: Sequence[Service]) -> Iterable[Drift]:
    """Companions that are not as many as they should be, in a few queries."""
    companions: dict[int, list[Companion]] = defaultdict(list)
    asked = Companion.objects.filter(product__in={service.product_id for service in services})
    for one in asked.select_related("companion_product", "companion_option").order_by("pk"):
        companions[one.product_id].append(one)
    if not companions:
        return []
    held: dict[drift.Held, int] = defaultdict(int)
    counted = Batch.objects.counted().filter(service__in=[service.pk for service in services])
    for service, option, quantity in counted.values_list("service", "option", "quantity"):
        held[service, option] += quantity
    clients = {service.client_id for service in services}
    renting = set(renters(clock.today()).filter(client__in=clients).values_list("client", flat=True))
    return drift.unequal(services, held, companions, renting)


def _unpaid(services: Sequence[Service]) -> Iterable[Drift]:
    """Active, renewing, nothing standing covers today or later, and no paper waits for money (a debt)."""
    today = clock.today()
    lines = Line.objects.filter(
        kind__in=(Line.Kind.CHARGE, Line.Kind.OPENING), batch__service=OuterRef("pk"), live=True
    )
    waiting = lines.filter(kind=Line.Kind.CHARGE, revision__invoice__status__in=BILLED[:-1])
    covering = lines.filter(period__endswith__gt=today)
    asked = {s.pk: s for s in services if MONTHS[s.cycle] and s.status == Service.Status.ACTIVE}
    bare = Service.objects.filter(~Exists(waiting), ~Exists(covering), pk__in=asked)
    for pk in bare.order_by("pk").values_list("pk", flat=True):
        yield Drift(Kind.UNPAID, asked[pk], asked[pk].recurring, asked[pk].recurring)


@dataclass(frozen=True)
class Repair:
    """What a repair would do: the very values that `repair` writes.

    `batches` get the price and discount of their `Expected`; `lines` are charged by a new draft to `payer`;
    `drafts` are drawn anew with the sums beside them; `until` is the new end of the service.
    """

    drift: Drift
    recurring: Decimal
    starts: date | None = None
    lines: tuple[Line, ...] = ()
    drafts: tuple[tuple[Invoice, Decimal], ...] = ()
    until: date | None = None
    ends: bool = False
    warnings: tuple[str, ...] = ()

    @property
    def total(self) -> Decimal:
        return totals.total(self.lines).gross

    @property
    def fingerprint(self) -> str:
        """What was shown, in short. Another one = look again."""
        lines = [(line.text, str(line.period), str(line.gross)) for line in self.lines]
        drafts = [(draft.pk, str(total)) for draft, total in self.drafts]
        shown = repr((str(self.drift.kind), str(self.recurring), lines, drafts, self.until, self.ends))
        return hashlib.sha256(shown.encode()).hexdigest()[:16]


def quote_repair(service: Service, kind: str) -> Repair:
    """What repairing this drift would do now. Writes nothing; raises Refused when there is none any more."""
    found = [one for one in drifts_of(service.pk) if one.kind == kind]
    if not found:
        raise Refused(_("This has been put right already."))
    one = found[0]
    if one.kind in REPRICED:
        return _reprice(one)
    if one.kind == Kind.ENDS:
        return _align(one)
    if one.kind == Kind.UNPAID:
        return _bill(one)
    if one.kind == Kind.COMPANIONS:
        raise Refused(_("Companions are put right by Change or by a planned change."))
    if one.kind == Kind.DOUBLED:
        return Repair(one, one.service.recurring, starts=one.service.paid_until, ends=True)
    return Repair(one, one.expected)


def _repriced(one: Drift) -> list[Batch]:
    """The wrong batches with their expected price and discount: copies, unsaved."""
    changed = []
    for part in one.parts:
        batch = copy(part.batch)
        batch.price, batch.discount = part.price, part.discount
        batch.service = one.service
        changed.append(batch)
    return changed


def _reprice(one: Drift) -> Repair:
    """From the next period on: what is billed stays, drafts of later periods are drawn anew."""
    drafts = redrawn(_repriced(one))
    billed = Line.objects.filter(
        batch__in=[part.batch.pk for part in one.parts],
        live=True,
        revision__invoice__status__in=BILLED[1:],
    )
    until = billed.order_by("-period__endswith").values_list("period", flat=True).first()
    return Repair(
        one,
        one.service.recurring - one.difference,
        starts=until.upper if until else one.service.paid_until,
        drafts=tuple(drafts),
    )


def _align(one: Drift) -> Repair:
    """Charge the days that lack up to the sibling's end; from then on both go together (R4.2)."""
    assert one.sibling
    assert one.sibling.paid_until
    assert one.service.paid_until
    period = Period(one.service.paid_until, one.sibling.paid_until)
    return Repair(
        one, one.service.recurring, period.start, _lines(one.service, period), until=period.end,
        warnings=_no_payer(one.service),
    )  # fmt: skip


def _bill(one: Drift) -> Repair:
    """Charge what nobody billed: from the last billed day to the end of the period that runs today."""
    service = one.service
    last = Line.objects.filter(batch__service=service, live=True, period__isnull=False)
    billed = last.order_by("-period__endswith").values_list("period", flat=True).first()
    start = billed.upper if billed else service.starts_on
    end = products.next_due_after(service, max(start, clock.today()))
    return Repair(
        one, service.recurring, start, _lines(service, Period(start, end)), warnings=_no_payer(service)
    )


def _lines(service: Service, period: Period) -> tuple[Line, ...]:
    vat, seller = VatTable(), service.product.seller
    lines = []
    for batch in service.batches.counted().select_related("option").order_by("pk"):
        batch.service = service
        lines.append(charge_line(batch, period, seller=seller, vat=vat))
    return tuple(lines)


def _no_payer(service: Service) -> tuple[str, ...]:
    payer = payer_of(service, default_payers([service.client_id]))
    return () if payer else (_("The client has no payer: add one first."),)


@transaction.atomic
def repair(quoted: Repair, *, by: User, seen: str | None = None) -> Invoice | None:
    """Do what `quote_repair` showed; returns the draft it made, if any. Nothing is mailed.

    Raises Refused when that is not what would be done now.
    """
    lock(quoted.drift.service.client_id)
    service = (
        Service.objects.select_for_update(no_key=True, of=("self",))
        .select_related("client", "product__seller", "payer")
        .get(pk=quoted.drift.service.pk)
    )
    now = quote_repair(service, quoted.drift.kind)
    if now.fingerprint != (seen or quoted.fingerprint):
        raise Refused(_("Look at what will happen now, then press again."))
    draft = _addition(service, now, by) if now.lines else None
    if now.drift.kind in REPRICED:
        batches = _repriced(now.drift)
        Batch.objects.bulk_update(batches, ["price", "discount"])
        redraw(batches, by=by)
    if now.until and now.drift.sibling:
        Service.objects.filter(pk=service.pk).update(anchor=now.drift.sibling.anchor)
    if now.ends:
        Service.objects.filter(pk=service.pk).update(ends=True)
    products.settle_recurring([service.pk])
    record(
        "products.drift_repaired",
        service,
        by=by,
        kind=str(now.drift.kind),
        was=str(now.drift.stored),
        becomes=str(now.drift.expected),
    )
    theirs = Service.objects.filter(client=service.client_id)
    _keep(drifts(theirs), Drifted.objects.filter(service__in=theirs))
    return draft


def _addition(service: Service, quoted: Repair, by: User) -> Invoice:
    """The draft for days that nobody billed."""
    payer = payer_of(service, default_payers([service.client_id]))
    if payer is None:
        raise Refused(_("The client has no payer: add one first."))
    if not quoted.total:
        raise Refused(_("By the rule the rest of this period costs nothing."))
    due_on = clock.today() + timedelta(days=ADDON_DAYS)
    plan = Plan(
        service.client, payer, service.product.seller, due_on, Invoice.Role.ADDON, lines=list(quoted.lines)
    )
    (draft,) = make_drafts([plan], by=by)
    return draft
