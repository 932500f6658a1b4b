"""A service ends: with its paid period or now; or goes on with another client (MISSION row 20)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from billing_site.journal.moves import move_many, record
from billing_site.kit import clock
from billing_site.kit.errors import Refused
from billing_site.office.models import User
from clients.actions import lock
from clients.models import Client
from clients.proving import Asked, Evidence, guard
from invoices.billing.expiring import given_units
from invoices.billing.renewing import renew_clients
from invoices.models import Invoice, Line
from invoices.redrawing import drop
from products import actions as products
from products import handing, provisioning
from products.models import LIVE, Handover, ModuleCall, PlannedChange, Product, Service
from products.running import locked

OPEN = (Invoice.Status.ISSUED, Invoice.Status.COLLECTIONS)


@dataclass(frozen=True)
class Ending:
    """What an end would do: services that end (addons with their host), drafts and work that follow.

    `drafts` stand with the totals they will have; `unpaid` invoices stay as they are: a person decides.
    """

    services: tuple[Service, ...]
    on: date
    drafts: tuple[tuple[Invoice, Decimal], ...]
    unpaid: tuple[Invoice, ...]
    handovers: tuple[Handover, ...]
    planned: tuple[PlannedChange, ...]


def quote_ending(service: Service, *, now: bool, logins: str = "") -> Ending:
    """What ending a service with its paid period, or now, would do. Raises Refused when it has ended."""
    if service.status not in LIVE:
        raise Refused(_("The service is “%(status)s” already.") % {"status": service.get_status_display()})
    if not now and service.paid_until is None:
        raise Refused(_("Nothing is paid for this service yet."))
    services = [service, *service.addons.filter(status__in=LIVE).select_related("product").order_by("pk")]
    lines = _lines_ahead(services, now)
    drafts: dict[Invoice, Decimal] = {}
    for line in lines.filter(revision__invoice__status=Invoice.Status.DRAFT):
        draft = line.revision.invoice
        drafts[draft] = drafts.get(draft, draft.total) - line.gross
    unpaid = Invoice.objects.filter(revisions__lines__in=lines, status__in=OPEN).distinct().order_by("pk")
    planned = PlannedChange.objects.filter(service__in=services, status=PlannedChange.Status.PLANNED)
    return Ending(
        services=tuple(services),
        on=clock.today() if now or service.paid_until is None else service.paid_until,
        drafts=tuple(drafts.items()),
        unpaid=tuple(unpaid),
        handovers=tuple(_removals(services, logins)) if now else (),
        planned=tuple(planned),
    )


def _lines_ahead(services: Sequence[Service], now: bool):
    """Live lines of drafts and unpaid papers: all when it ends now, else those after the paid period."""
    lines = Line.objects.filter(
        batch__service__in=services, live=True, kind=Line.Kind.CHARGE,
        revision__invoice__status__in=(Invoice.Status.DRAFT, *OPEN),
    ).select_related("revision__invoice")  # fmt: skip
    ends = [service.paid_until for service in services if service.paid_until]
    return lines if now or not ends else lines.filter(period__startswith__gte=max(ends))


def _removals(services: Sequence[Service], logins: str) -> list[Handover]:
    """«10 → 0» for each thing that was given."""
    made = []
    for service in services:
        if service.product.handover_rule == Product.HandoverRule.NEVER:
            continue
        options = {b.option_id: b.option for b in service.batches.counted().select_related("option")}
        for option_id, option in options.items():
            units = given_units(service, option_id)
            made.append(handing.reduction(service, option, units, 0, logins=logins))
    return made


@transaction.atomic
def end_with_period(service: Service, *, by: User, because: str) -> Service:
    """The service is not renewed; its next drafts are drawn without it. Raises Refused without a reason."""
    row = locked(service)
    if not because.strip():
        raise Refused(_("Say why."), "because")
    quoted = quote_ending(row, now=False)
    _withdraw(quoted.planned, by)
    drop(_lines_ahead(quoted.services, now=False), by=by)
    ids = [one.pk for one in quoted.services]
    Service.objects.filter(pk__in=ids).update(ends=True, end_because=because.strip())
    record("products.ends", row, by=by, because=because.strip(), on=f"{quoted.on:%d.%m.%Y}")
    row.refresh_from_db()
    return row


@transaction.atomic
def go_on(service: Service, *, by: User) -> Service:
    """The service doesn't end after all; a drafted renewal of its client takes it in again."""
    row = locked(service)
    if row.status not in LIVE or not row.ends:
        raise Refused(_("This service isn't about to end."))
    Service.objects.filter(pk__in=[row.pk, *row.addons.values_list("pk", flat=True)]).update(
        ends=False, end_because=""
    )
    renew_clients([row.client_id], clock.today(), by=by)
    record("products.goes_on", row, by=by)
    row.refresh_from_db()
    return row


@transaction.atomic
def terminate(
    service: Service,
    *,
    by: User | None,
    because: str,
    logins: str = "",
    evidence: Sequence[Evidence] = (),
    asked: Asked | None = None,
) -> Service:
    """The service ends today, its addons with it; support gets what to remove. Paid papers stay.

    A person needs what proves that the client wants it (R2.3). Raises Refused without that, without a
    reason, and for one that has ended.
    """
    row = locked(service)
    if not because.strip():
        raise Refused(_("Say why."), "because")
    quoted = quote_ending(row, now=True, logins=logins)
    proof = guard(row.client, {"terminate": row.pk}, evidence=evidence, asked=asked, by=by) if by else ""
    _withdraw(quoted.planned, by)
    drop(_lines_ahead(quoted.services, now=True), by=by)
    waiting = Handover.objects.filter(service__in=quoted.services, status=Handover.Status.WAITING)
    provisioning.withdraw(waiting, by=by)
    provisioning.hand_over(quoted.handovers, ModuleCall.Event.TERMINATE)
    fields: dict[str, Any] = {"terminated_on": clock.today(), "end_because": because.strip()}
    pending = [one for one in quoted.services if one.status == Service.Status.PENDING]
    running = [one for one in quoted.services if one.status != Service.Status.PENDING]
    move_many(pending, Service.Status.CANCELLED, by=by, **fields)
    move_many(running, Service.Status.TERMINATED, by=by, facts={"because": because.strip()}, **fields)
    if proof:
        record("products.termination_proved", row, by=by, proof=proof)
    row.refresh_from_db()
    return row


def terminate_ended(today: date) -> int:
    """Services that were to end with their paid period, when it is over; how many."""
    over = Service.objects.filter(
        status__in=(Service.Status.ACTIVE, Service.Status.SUSPENDED), ends=True, paid_until__lte=today
    )
    ended = 0
    for service in over.filter(host__isnull=True).order_by("paid_until", "pk"):
        terminate(service, by=None, because=service.end_because or _("The paid period is over"))
        ended += 1
    return ended


def _withdraw(plans: Sequence[PlannedChange], by: User | None) -> None:
    for plan in plans:
        plan.status, plan.done_at = PlannedChange.Status.WITHDRAWN, clock.now()
        record("products.plan_withdrawn", plan.service, by=by, plan=plan.pk, on=f"{plan.on:%d.%m.%Y}")
    PlannedChange.objects.bulk_update(plans, ["status", "done_at"])


@transaction.atomic
def transfer(service: Service, to: Client, *, by: User, because: str) -> Service:
    """The service goes on with another client, its addons with it; history and invoices stay (row 20).

    Drafts of the old client lose its lines, and the next renewal is drafted for the new one. Raises Refused
    at "to" and "because", and while a sent invoice for it is unpaid.
    """
    for client_id in sorted({service.client_id, to.pk}):
        lock(client_id)
    row = locked(service)
    _refuse_transfer(row, to, because)
    moved = [row, *row.addons.filter(status__in=LIVE)]
    ids, old = [one.pk for one in moved], row.client
    drop(_lines_ahead(moved, now=True), by=by)
    Service.objects.filter(pk__in=ids).update(client=to, payer=None)
    facts = {"old": f"№ {old.pk} {old.name}", "new": f"№ {to.pk} {to.name}", "because": because.strip()}
    record("products.transferred", row, by=by, **facts)
    row.refresh_from_db()
    record("products.transferred", row, by=by, **facts)
    renew_clients([to.pk], clock.today(), by=by)
    return row


def _refuse_transfer(row: Service, to: Client, because: str) -> None:
    if not because.strip():
        raise Refused(_("Say why."), "because")
    if to.pk == row.client_id:
        raise Refused(_("The service is this client's already."), "to")
    if row.host_id:
        raise Refused(_("An addon goes with its service: transfer that one."), "to")
    if row.status not in (Service.Status.ACTIVE, Service.Status.SUSPENDED):
        raise Refused(_("Only a service that stands can be transferred."), "to")
    if to.status == Client.Status.CLOSED:
        raise Refused(_("The client is closed."), "to")
    if to.currency != row.client.currency:
        raise Refused(_("The client is billed in another currency."), "to")
    if products.doubles(to, [row.product]) and not row.doubled_because:
        raise Refused(_("That client has a service of this family already."), "to")
    open_line = _lines_ahead([row], now=True).filter(revision__invoice__status__in=OPEN).first()
    if open_line:
        raise Refused(
            _("Invoice %(no)s for this service is unpaid: collect or void it first.")
            % {"no": open_line.revision.invoice},
            "to",
        )
