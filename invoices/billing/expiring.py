"""Sold, sent and unpaid for too long: what nobody was given expires, what was given is taken back (R3.2)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils.translation import gettext as _

from billing_site.journal.moves import move_many, record
from billing_site.kit import clock
from billing_site.kit.errors import Refused
from billing_site.office.models import User
from clients.actions import lock
from invoices.billing.receiving import settle_paid_until
from invoices.drafting import ADDON_DAYS
from invoices.issuing import void, write_notice
from invoices.models import Invoice, Line, Revision
from invoices.redrawing import drop
from invoices.revising import revise
from products import actions as products
from products import handing, provisioning
from products.models import Batch, Handover, Product, Service
from products.promotions import take_back_uses_of


def unpaid_units(today: date) -> QuerySet[Invoice]:
    """Issued invoices that sold units which are unpaid for more than the setting's days, oldest first.

    One whose due date was moved on is waited for longer.
    """
    days = timedelta(days=settings.UNPAID_DAYS)
    return (
        Invoice.objects.unpaid()
        .exclude(unpaid_units=Invoice.Units.NONE)
        .filter(issued_on__lt=today - days, due_on__lt=today - (days - timedelta(days=ADDON_DAYS)))
        .order_by("issued_on", "pk")
    )


def _sold() -> QuerySet[Line]:
    """Live lines whose units have never been paid."""
    return Line.objects.filter(
        live=True,
        kind=Line.Kind.CHARGE,
        batch__paid_at__isnull=True,
        batch__taken_back_at__isnull=True,
    )


def sold_on(invoice: Invoice) -> list[Batch]:
    """Units that this invoice sells and nobody has paid."""
    lines = _sold().filter(revision__invoice=invoice)
    return list(
        Batch.objects.filter(pk__in=lines.values("batch"))
        .select_related("service__product", "service__client", "option", "choice")
        .order_by("pk")
    )


@transaction.atomic
def prolong(invoice: Invoice, *, by: User, until: date, because: str) -> Revision:
    """The client gets more time: a revision with another due date, its letter held.

    Raises Refused at "until" and "because".
    """
    if until <= max(invoice.due_on, clock.today()):
        raise Refused(_("Choose a day after the present due date and after today."), "until")
    return revise(invoice, by=by, because=because, due_on=until)


@dataclass(frozen=True)
class TakeBack:
    """What taking back would do: units that leave, and what support will be asked."""

    invoice: Invoice
    batches: tuple[Batch, ...]
    handovers: tuple[Handover, ...]

    @property
    def given(self) -> tuple[Batch, ...]:
        return tuple(batch for batch in self.batches if batch.given_at)


def quote_take_back(invoice: Invoice, *, logins: str = "") -> TakeBack:
    """Which units leave with this invoice. Raises Refused when money or another paper holds them."""
    if invoice.status not in (Invoice.Status.ISSUED, Invoice.Status.COLLECTIONS):
        raise Refused(_("Units are taken back from an unpaid invoice only."))
    if invoice.paid:
        raise Refused(_("Money is allocated to the invoice: take it back first."))
    batches = sold_on(invoice)
    if not batches:
        raise Refused(_("The invoice sells no units that could be taken back."))
    other = _sold().filter(batch__in=batches).exclude(revision__invoice=invoice)
    standing = other.exclude(revision__invoice__status=Invoice.Status.DRAFT)
    held = standing.select_related("revision__invoice").first()
    if held:
        raise Refused(
            _("The units stand in invoice %(no)s as well: void or revise that one first.")
            % {"no": held.revision.invoice}
        )
    return TakeBack(invoice, tuple(batches), tuple(_reductions(batches, logins)))


def _reductions(batches: Sequence[Batch], logins: str) -> list[Handover]:
    """«10 → 5» for what was given, one hand-over for each thing of each service, unsaved."""
    leaving: dict[tuple[int, int | None], list[Batch]] = {}
    for batch in batches:
        if batch.given_at and batch.service.product.handover_rule != Product.HandoverRule.NEVER:
            leaving.setdefault((batch.service_id, batch.option_id), []).append(batch)
    made = []
    for same in leaving.values():
        service, option = same[0].service, same[0].option
        was = given_units(service, option.pk if option else None)
        fewer = sum(batch.quantity for batch in same)
        made.append(handing.reduction(service, option, was, was - fewer, logins=logins))
    return made


def given_units(service: Service, option_id: int | None) -> int:
    """Units of one thing that support has given or money has paid."""
    counted = service.batches.counted().filter(option=option_id)
    return sum(counted.values_list("quantity", flat=True))


@transaction.atomic
def take_back_units(invoice: Invoice, *, by: User | None, because: str, logins: str = "") -> Invoice:
    """The unpaid invoice is void, its units leave, support gets «10 → 5» for what was given.

    The client's letter about it is written and held. A service that loses all it had is terminated.
    Raises Refused as `quote_take_back`, and without a reason.
    """
    lock(invoice.client_id)
    row = Invoice.objects.select_for_update(no_key=True, of=("self",)).get(pk=invoice.pk)
    if not because.strip():
        raise Refused(_("Say why."), "because")
    quoted = quote_take_back(row, logins=logins)
    touched = {batch.service_id for batch in quoted.batches}
    list(Service.objects.select_for_update(no_key=True, of=("self",)).filter(pk__in=touched).order_by("pk"))
    row = void(row, by=by, because=because)
    drop(_sold().filter(batch__in=quoted.batches), by=by)
    Batch.objects.filter(pk__in=[batch.pk for batch in quoted.batches], taken_back_at__isnull=True).update(
        taken_back_at=clock.now()
    )
    take_back_uses_of(quoted.batches)
    open_work = Handover.objects.filter(batch__in=quoted.batches, status=Handover.Status.WAITING)
    provisioning.withdraw(open_work, by=by)
    provisioning.hand_over(quoted.handovers)
    _terminate_empty(touched, by)
    settle_paid_until(touched)
    products.settle_recurring(touched)
    record("invoices.taken_back", row, by=by, because=because, units=sum(b.quantity for b in quoted.batches))
    write_notice(row, by=by)
    return row


def _terminate_empty(service_ids: set[int], by: User | None) -> None:
    standing = Batch.objects.standing().filter(service=OuterRef("pk"))
    running = (Service.Status.ACTIVE, Service.Status.SUSPENDED)
    empty = Service.objects.filter(~Exists(standing), pk__in=service_ids, status__in=running)
    move_many(list(empty), Service.Status.TERMINATED, by=by, terminated_on=clock.today())


def expire_unpaid(today: date) -> int:
    """Void what was sold, never given and stayed unpaid, with a held letter to the client; how many.

    What was given waits for its manager; what money has come for does too.
    """
    expired = 0
    for invoice in unpaid_units(today).filter(paid=0, unpaid_units=Invoice.Units.ORDERED):
        try:
            because = _("Unpaid for %(days)s days") % {"days": settings.UNPAID_DAYS}
            take_back_units(invoice, by=None, because=because)
        except Refused:
            continue
        expired += 1
    return expired
