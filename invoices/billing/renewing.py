"""Renewals: the next period of everything that runs, drafted once, set-based, in chunks of clients."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal

from django.contrib.postgres.fields import DateRangeField
from django.db import transaction
from django.db.models import Exists, Func, OuterRef, QuerySet

from billing_site.kit.periods import Period
from billing_site.office.models import User, VatTable
from clients.models import Client, Payer
from invoices.billing.gating import Billed, Due, Held, Reason, billed_lines, gate
from invoices.billing.parking import keep_parked
from invoices.billing.working import with_works
from invoices.drafting import Plan, add_lines, charge_line, default_payers, make_drafts, payer_of
from invoices.models import Invoice, Line, SkippedPeriod
from products import actions as products
from products.models import MONTHS, Batch, Service
from products.models.services import ServiceQuerySet
from products.planning import as_planned, planned_for, prices_of

AHEAD = timedelta(days=20)  # drafted so long before the period starts (R5.1)
UNPAID = (Invoice.Status.ISSUED, Invoice.Status.COLLECTIONS)
RENEWING = tuple(cycle for cycle, months in MONTHS.items() if months)


@dataclass
class Renewals:
    """What a run would do for some clients: drafts to make, and what is left to a person, with the reason."""

    plans: list[Plan] = field(default_factory=list)
    parked: list[Held] = field(default_factory=list)


@dataclass
class Renewed:
    """What a run did for some clients."""

    drafts: list[Invoice]
    parked: list[Held]


def _due_services(on: date):
    """Services with units whose next period starts within AHEAD of `on` and isn't billed yet.

    A service with an issued, unpaid line beyond its paid period is not billed again (R5.1); a discarded
    period doesn't come back. Units that joined after a renewal was drafted or paid are billed by
    themselves, for as long as the others are.
    """
    paid_until = OuterRef(OuterRef("paid_until"))
    # Asked of each batch and by overlap: so line_period_once answers without the batch's whole past.
    ahead = Func(paid_until, None, function="daterange", output_field=DateRangeField())
    later = Line.objects.filter(batch=OuterRef("pk"), live=True, kind=Line.Kind.CHARGE, period__overlap=ahead)
    unpaid = later.filter(
        period__startswith__gte=paid_until,
        revision__invoice__role=Invoice.Role.MAIN,
        revision__invoice__status__in=UNPAID,
    )
    units = Batch.objects.filter(service=OuterRef("pk"))
    skipped = SkippedPeriod.objects.filter(
        batch__service=OuterRef("pk"), period__startswith__gte=OuterRef("paid_until")
    )
    return renewing_services().filter(
        Exists(units.counted().filter(~Exists(later))),
        ~Exists(units.filter(Exists(unpaid))),
        ~Exists(skipped),
        paid_until__lte=on + AHEAD,
    )


def due_clients(on: date, *, after: int = 0, limit: int = 500) -> list[int]:
    """The next clients by id with something to renew on the day `on`."""
    rows = _due_services(on).filter(client__gt=after).order_by("client").values_list("client", flat=True)
    return list(rows.distinct()[:limit])


def look_for_due(
    on: date, *, among: QuerySet[Client], after: int, limit: int, services: int
) -> tuple[list[int], int | None]:
    """The same of `among` for a page: at most `limit` clients, found by looking at `services` due ones.

    The second is the client after whom the rest is to be looked for, None when this was all. An office
    whose periods are billed has nothing to find, however long one looks: so the look is bounded.
    """
    due = renewing_services().filter(paid_until__lte=on + AHEAD, client__gt=after, client__in=among)
    window = list(due.order_by("client", "pk").values_list("client", flat=True)[: services + 1])
    looked = set(window[:services])
    found = sorted(set(_due_services(on).filter(client__in=looked).values_list("client", flat=True)))
    if len(found) > limit:
        return found[:limit], found[limit - 1]
    return found, max(looked) if len(window) > services else None


def due_among(client_ids: Collection[int], on: date) -> set[int]:
    """Those of the clients with something to renew on the day `on`."""
    return set(_due_services(on).filter(client__in=client_ids).values_list("client", flat=True))


def first_due(client_id: int, on: date) -> date:
    """The first day that a run of `on` would bill for a client; the run's last one when there is none."""
    starts = _due_services(on).filter(client=client_id).values_list("paid_until", flat=True)
    return min(starts, default=None) or on + AHEAD


def renewing_services() -> ServiceQuerySet:
    """Services that go on after their paid period."""
    running = (Service.Status.ACTIVE, Service.Status.SUSPENDED)
    return Service.objects.filter(status__in=running, cycle__in=RENEWING, ends=False)


def last_totals(plans: Sequence[Plan]) -> dict[tuple[int, int, int], Decimal]:
    """(client, payer, seller) → total of the last main invoice that was issued to them, in one query."""
    rows = (
        Invoice.objects.filter(
            client__in={plan.client.pk for plan in plans},
            role=Invoice.Role.MAIN,
            status__in=(*UNPAID, Invoice.Status.PAID),
        )
        .order_by("client", "payer", "seller", "-issued_on", "-id")
        .distinct("client", "payer", "seller")
    )
    return {
        (client, payer, seller): total
        for client, payer, seller, total in rows.values_list("client", "payer", "seller", "total")
    }


def plan_renewals(client_ids: Sequence[int], on: date) -> Renewals:
    """Drafts that a run of `on` makes for these clients: one per client, payer, seller and due date.

    What looks wrong beside the last time is parked (gating.py). Writes nothing. The same number of queries
    for any number of clients.
    """
    services = _services(client_ids, on)
    dues, lost = _dues(services, client_ids, billed := billed_lines(services))
    plans, parked = gate(dues, billed)
    return Renewals(with_works(plans), [*lost, *parked])


def plan_all(client_ids: Sequence[int], on: date) -> list[Plan]:
    """The same drafts, those that would be parked too: for a person who has looked at them."""
    services = _services(client_ids, on)
    dues, _lost = _dues(services, client_ids, billed_lines(services))
    return with_works([due.plan for due in dues])


def _services(client_ids: Sequence[int], on: date) -> list[Service]:
    return list(
        _due_services(on)
        .filter(client__in=client_ids)
        .prefetch_related("client", "payer", "product__seller")  # each once: they are few
        .order_by("pk")
    )


def _dues(
    services: Sequence[Service], client_ids: Sequence[int], billed: Sequence[Billed]
) -> tuple[list[Due], list[Held]]:
    """What these services make: drafts to be, and the services that nobody is to pay for."""
    batches: dict[int, list[Batch]] = defaultdict(list)
    for batch in (
        Batch.objects.counted()
        .filter(service__in=services)
        .prefetch_related("option", "choice", "promotion")
        .order_by("pk")
    ):
        batches[batch.service_id].append(batch)
    payers, vat, until = default_payers(client_ids), VatTable(), _billed_until(billed)
    planned = planned_for(services)
    prices = prices_of(services, [plan for found in planned.values() for plan in found]) if planned else None
    dues: dict[str, Due] = {}
    lost: list[Held] = []
    for service in services:
        payer = payer_of(service, payers)
        assert service.paid_until
        if payer is None:
            found = ({"code": Reason.NO_PAYER},)
            lost.append(Held(service.client, service.paid_until, found, services=(service.pk,)))
            continue
        due = _due_of(service, payer, dues)
        start, held = due.plan.due_on, batches[service.pk]
        due.services.append(service)
        if prices and service.pk in planned:
            due.planned.add(service.pk)
            service, held = as_planned(service, held, planned[service.pk], start, prices)
        end = products.next_due_after(service, start)
        for batch in held:
            batch.service = service
            since = max(start, until.get(batch.pk, start))
            if since < end:
                line = charge_line(batch, Period(since, end), seller=due.plan.seller, vat=vat)
                due.plan.lines.append(line)
    return [due for due in dues.values() if due.plan.lines], lost


def _due_of(service: Service, payer: Payer, dues: dict[str, Due]) -> Due:
    """The draft that a service goes into."""
    seller, start = service.product.seller, service.paid_until
    assert start
    key = f"{service.client_id}-{payer.pk}-{seller.pk}-{start:%Y%m%d}"
    if service.client.separate_invoices:
        key += f"-{service.pk}"
    return dues.setdefault(key, Due(Plan(service.client, payer, seller, start, renewal_key=key)))


def _billed_until(billed: Sequence[Billed]) -> dict[int, date]:
    """Batch → the day until which it is billed already, exclusive."""
    until: dict[int, date] = {}
    for line in billed:
        until[line.batch] = max(line.end, until.get(line.batch, line.end))
    return until


def renew_clients(client_ids: Sequence[int], on: date, *, by: User | None = None) -> list[Invoice]:
    """Draft the renewals of a chunk of clients; a client that another run holds is left to it."""
    return renew_chunk(client_ids, on, by=by).drafts


@transaction.atomic
def renew_chunk(client_ids: Sequence[int], on: date, *, by: User | None = None) -> Renewed:
    """The same, and what was parked.

    Run twice, or twice at once, it makes nothing more: the period of a batch can be live once.
    """
    locked = list(
        Client.objects.select_for_update(no_key=True, skip_locked=True, of=("self",))
        .filter(pk__in=client_ids)
        .order_by("pk")
        .values_list("pk", flat=True)
    )
    renewals = plan_renewals(locked, on)
    keep_parked(renewals.parked, locked, by=by)
    return Renewed(draft(renewals.plans, by=by), renewals.parked)


def draft(plans: Sequence[Plan], *, by: User | None) -> list[Invoice]:
    """Make the drafts; lines of one that is there already join it. The clients are locked."""
    keys = {plan.renewal_key: plan for plan in plans}
    there = Invoice.objects.filter(status=Invoice.Status.DRAFT, renewal_key__in=keys).select_related(
        "current"
    )
    for invoice in there:
        add_lines(invoice, keys.pop(invoice.renewal_key).lines, by=by)
    return make_drafts(list(keys.values()), by=by)
