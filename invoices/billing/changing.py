"""Changing what a service holds: the preview is the very function that the change writes."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from django.db import transaction
from django.db.backends.postgresql.psycopg_any import DateRange
from django.utils.translation import gettext as _

from billing_site.journal.moves import record
from billing_site.kit import clock
from billing_site.kit.errors import Refused
from billing_site.kit.periods import Period
from billing_site.office.models import User, VatTable
from clients.actions import lock
from clients.models import Payer
from invoices import totals
from invoices.drafting import ADDON_DAYS, Plan, add_lines, charge_line, default_payers, make_drafts, payer_of
from invoices.models import Invoice, Line
from products import actions as products
from products import handing
from products.models import Batch, Cycle, Handover, Option, Product, Service


@dataclass(frozen=True)
class Change:
    """What a change would do: the very values that `change_service` writes."""

    service: Service
    option: Option | None
    was: int
    becomes: int
    batch: Batch
    payer: Payer | None
    main: Invoice | None
    period: Period
    lines: tuple[Line, ...]
    draft: Invoice | None
    total: Decimal
    recurring: Decimal
    warnings: tuple[str, ...]

    @property
    def added(self) -> int:
        return self.becomes - self.was

    @property
    def handover(self) -> Handover | None:
        """What support will be asked to do, unsaved; None for a product without hand-overs."""
        if self.service.product.handover_rule == Product.HandoverRule.NEVER:
            return None
        return handing.handover_for(self.batch, self.was)

    @property
    def fingerprint(self) -> str:
        """What was shown, in short. Another one = look again."""
        lines = [(line.text, str(line.period), str(line.gross)) for line in self.lines]
        homes = [row.pk if row else None for row in (self.payer, self.main, self.draft)]
        shown = repr((self.was, self.becomes, lines, homes, str(self.recurring)))
        return hashlib.sha256(shown.encode()).hexdigest()[:16]


def quote_change(
    service: Service,
    becomes: int,
    *,
    on: date,
    option: Option | None = None,
    price: Decimal | None = None,
    because: str = "",
    discount: Decimal | None = None,
) -> Change:
    """Price a growth of a service to `becomes` units from the day `on` (MISSION row 11).

    The end is co-terminated with the client's main paid invoice of that seller (R4.2), the sum is the
    seller's rule (R4.3). A next period that is billed already is charged too: into its draft, or as a
    second line (R3.3). Writes nothing. Raises Refused for what can't be changed so.
    """
    was = products.units(service, option)
    _refuse_change(service, option, on, price, because)
    if becomes <= was:
        raise Refused(
            _("The new total must be more than %(was)s; less is a planned change (R3.4).") % {"was": was},
            "becomes",
        )
    batch = _new_batch(service, option, becomes - was, on, price, because, discount)
    main, end = main_invoice(service, on)
    seller, vat = service.product.seller, VatTable()
    period = Period(on, end)
    lines = [charge_line(batch, period, seller=seller, vat=vat)]
    following, draft = next_billed(service, end)
    if following:
        lines.append(charge_line(batch, following, seller=seller, vat=vat))
    payer = payer_of(service, default_payers([service.client_id]))
    batches = [*service.batches.counted(), batch]
    return Change(
        service=service,
        option=option,
        was=was,
        becomes=becomes,
        batch=batch,
        payer=payer,
        main=main,
        period=period,
        lines=tuple(lines),
        draft=draft,
        total=totals.total(lines).gross,
        recurring=products.recurring_of(batches),
        warnings=tuple(_warnings(lines, draft, payer)),
    )


def _new_batch(
    service: Service,
    option: Option | None,
    quantity: int,
    on: date,
    price: Decimal | None,
    because: str,
    discount: Decimal | None,
) -> Batch:
    """The units to be bought: at the catalogue's price and the discount of the last ones unless told."""
    if price is None:
        price = products.price_of(service.product, option, service.cycle, on, service.client.currency)
    if discount is None:
        last = service.batches.standing().filter(option=option).order_by("-id").first()
        discount = last.discount if last else Decimal(0)
    return Batch(
        service=service,
        option=option,
        quantity=quantity,
        price=price,
        own_price_because=because,
        discount=discount,
        since=on,
    )


def _refuse_change(
    service: Service, option: Option | None, on: date, price: Decimal | None, because: str
) -> None:
    if option and option.product_id != service.product_id:
        raise Refused(
            _("“%(option)s” is no option of “%(service)s”.")
            % {"option": option.name, "service": service.product.name},
            "option",
        )
    if service.status not in (Service.Status.ACTIVE, Service.Status.SUSPENDED):
        raise Refused(
            _("Only a service that stands can be changed; this one is “%(status)s”.")
            % {"status": service.get_status_display()}
        )
    if service.cycle in (Cycle.FREE, Cycle.ONE_TIME):
        raise Refused(_("The service has no renewal cycle."))
    if on < service.starts_on:
        raise Refused(
            _("“%(service)s” starts on %(day)s only.")
            % {"service": service.product.name, "day": f"{service.starts_on:%d.%m.%Y}"},
            "on",
        )
    closed = service.product.seller.closed_until
    if closed and on <= closed:
        raise Refused(
            _("The books of the seller are closed until %(day)s.") % {"day": f"{closed:%d.%m.%Y}"}, "on"
        )
    if price is not None and not because.strip():
        raise Refused(_("Say why the price differs from the catalogue."), "because")


def _warnings(lines: Sequence[Line], draft: Invoice | None, payer: Payer | None) -> Iterable[str]:
    if payer is None:
        yield _("The client has no payer: add one first.")
    if not lines[0].gross:
        yield _("By the rule the rest of this period costs nothing.")
    if draft:
        yield _("The renewal is drafted already: the new units join draft %(id)s.") % {"id": draft.pk}
    elif len(lines) > 1:
        yield _("The next period is billed already: it is charged here too.")


def main_invoice(service: Service, on: date) -> tuple[Invoice | None, date]:
    """The client's main paid invoice with the service's seller, and where its period ends (R4.2).

    The invoice that pays the service itself comes first, else its own paid period, else the client's
    invoice that lasts longest; a product that runs its own year ends with nobody else's. Raises Refused
    when nothing is paid beyond `on`.
    """
    lines = Line.objects.filter(
        live=True,
        kind=Line.Kind.CHARGE,
        period__contains=on,
        revision__invoice__client=service.client_id,
        revision__invoice__seller=service.product.seller_id,
        revision__invoice__status=Invoice.Status.PAID,
        revision__invoice__role=Invoice.Role.MAIN,
    ).select_related("revision__invoice")
    line = lines.filter(batch__service=service).order_by("-period__endswith", "id").first()
    if line is None and service.paid_until and service.paid_until > on:
        return None, service.paid_until
    if line is None and not service.product.own_year:
        others = lines.filter(batch__service__product__own_year=False)
        line = others.order_by("-period__endswith", "id").first()
    if line is not None:
        return line.revision.invoice, line.period.upper
    raise Refused(
        _("Nothing is paid for this service after %(day)s.") % {"day": on.strftime("%d.%m.%Y")}, "on"
    )


def next_billed(service: Service, end: date) -> tuple[Period | None, Invoice | None]:
    """The period after `end` when the service is billed for it already, and its draft if it is one."""
    line = (
        Line.objects.filter(
            batch__service=service,
            live=True,
            kind=Line.Kind.CHARGE,
            period__startswith=end,
            revision__invoice__role=Invoice.Role.MAIN,
        )
        .select_related("revision__invoice__current")
        .first()
    )
    if line is None:
        return None, None
    invoice = line.revision.invoice
    return Period(
        line.period.lower, line.period.upper
    ), invoice if invoice.status == Invoice.Status.DRAFT else None


@transaction.atomic
def change_service(change: Change, *, by: User, seen: str | None = None) -> Invoice:
    """Do what `quote_change` showed: the batch is ordered, the add-on draft is made. Nothing is mailed.

    A rest of the period that costs nothing joins the drafted renewal, which is answered then (R3.3).
    `seen` is the `fingerprint` of what the person looked at. Raises Refused when that is not what would
    be done now, or when the service or what is billed for it has changed since the quote.
    """
    if seen is not None and seen != change.fingerprint:
        raise Refused(_("Look at what will happen now, then press again."))
    lock(change.service.client_id)
    service = Service.objects.select_for_update(no_key=True, of=("self",)).get(pk=change.service.pk)
    if _is_stale(change, service):
        raise Refused(_("The service has been changed meanwhile: look at the new sum."))
    batch, lines = change.batch, list(change.lines)
    batch.pk = None
    batch.save()
    for line in lines:
        line.pk, line.batch = None, batch
    if change.draft:
        joining = [line for line in lines if line is not lines[0] or not line.gross]
        add_lines(change.draft, joining, by=by)
        lines = [line for line in lines if line not in joining]
    draft = change.draft if change.draft and not lines else _addon(change, service, lines, by)
    record(
        "products.changed",
        service,
        by=by,
        was=change.was,
        becomes=change.becomes,
        batch=batch.pk,
        draft=draft.pk,
    )
    return draft


def _is_stale(change: Change, service: Service) -> bool:
    """Whether units, or what is billed after them, differ from what was shown."""
    _main, end = main_invoice(service, change.period.start)
    following, draft = next_billed(service, change.period.end)
    shown = [line.period for line in change.lines[1:]]
    now = [DateRange(following.start, following.end)] if following else []
    return (
        products.units(service, change.option) != change.was
        or service.status not in (Service.Status.ACTIVE, Service.Status.SUSPENDED)
        or end != change.period.end
        or shown != now
        or draft != change.draft
    )


def _addon(change: Change, service: Service, lines: list[Line], by: User) -> Invoice:
    """The additional draft. Raises Refused when it has nothing to pay: it could never be sent."""
    if not any(line.gross for line in lines):
        raise Refused(
            _("By the rule the rest of this period costs nothing: start on %(day)s.")
            % {"day": f"{change.period.end:%d.%m.%Y}"},
            "on",
        )
    payer = payer_of(service, default_payers([service.client_id]))
    if payer is None:
        raise Refused(_("The client has no payer: add one first."))
    plan = Plan(
        change.service.client,
        payer,
        change.service.product.seller,
        clock.today() + timedelta(days=ADDON_DAYS),
        role=Invoice.Role.ADDON,
        lines=lines,
    )
    (draft,) = make_drafts([plan], by=by)
    return draft
