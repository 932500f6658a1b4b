"""Where a change of a service ends, and who has billed what comes after it (R3.3, R4.2)."""

from datetime import date
from decimal import Decimal

from django.conf import settings
from django.db.backends.postgresql.psycopg_any import DateRange
from django.utils.translation import gettext as _

from billing_site.kit import clock
from billing_site.kit.errors import Refused
from billing_site.kit.money import vat_inside
from billing_site.kit.periods import Period
from clients.models import Payer
from invoices.models import Invoice, Line
from products.models import Service


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
    """The period after `end` when the service is billed for it already, and the invoice that bills it."""
    line = (
        Line.objects.filter(
            batch__service=service,
            live=True,
            kind=Line.Kind.CHARGE,
            period__startswith=end,
            revision__invoice__role=Invoice.Role.MAIN,
        )
        .select_related("revision__invoice__current", "revision__invoice__seller")
        .first()
    )
    if line is None:
        return None, None
    return Period(line.period.lower, line.period.upper), line.revision.invoice


def unpaid_renewal(service: Service) -> Invoice | None:
    """The issued, unpaid invoice that bills what comes after the paid period: it may be revised (R3.3)."""
    if service.paid_until is None:
        return None
    _period, invoice = next_billed(service, service.paid_until)
    return invoice if invoice and invoice.status == Invoice.Status.ISSUED else None


def open_addition(service: Service, payer: Payer | None) -> Invoice | None:
    """Today's additional draft of the same client, payer and seller: changes of one call collect in it."""
    if payer is None:
        return None
    return (
        Invoice.objects.filter(
            client=service.client_id, payer=payer, seller=service.product.seller_id,
            status=Invoice.Status.DRAFT, role=Invoice.Role.ADDON, order=None,
            created_at__date=clock.today(),
        )
        .select_related("current")
        .order_by("-pk")
        .first()
    )  # fmt: skip


def under_minimum(rest: Line) -> bool:
    """Whether a rest of a period is too small for a paper of its own (R3.3)."""
    days = (rest.period.upper - rest.period.lower).days
    return days < settings.REST_MINIMUM_DAYS or rest.gross < settings.REST_MINIMUM_SUM or not rest.gross


def joined(rest: Line, whole: Line) -> Line:
    """One line for the rest of this period and the whole next one; sums, steps and shares are of both."""
    gross = rest.gross + whole.gross
    vat = vat_inside(gross, whole.vat_rate) if whole.vat_rate else Decimal(0)
    whole.period = DateRange(rest.period.lower, whole.period.upper)
    whole.price, whole.gross, whole.vat, whole.net = rest.price + whole.price, gross, vat, gross - vat
    whole.why, whole.shares = [*rest.why, *whole.why], [*rest.shares, *whole.shares]
    return whole
