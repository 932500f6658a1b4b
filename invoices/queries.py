"""Reading that spans rows: what is open, what waits as credit, what an invoice led to."""

from decimal import Decimal

from django.db.models import Case, Count, DecimalField, Exists, F, OuterRef, QuerySet, Sum, Value, When
from django.db.models.functions import Coalesce

from clients.models import Client
from invoices.evidence import OPEN
from invoices.models import CreditAccount, Invoice, Line
from products.models import Handover

MONEY = DecimalField(max_digits=14, decimal_places=2)
GONE = (Invoice.Status.VOID, Invoice.Status.DISCARDED)
ZERO = Value(Decimal("0.00"), output_field=MONEY)


def with_open(rows: QuerySet) -> QuerySet:
    """Invoices with `open` (NULL where nothing is asked for) and `standing_total` (0 where it is no more)."""
    return rows.annotate(
        open=Case(When(status__in=OPEN, then=F("total") - F("paid")), output_field=MONEY),
        standing_total=Case(When(status__in=GONE, then=ZERO), default=F("total"), output_field=MONEY),
    )


def sums(rows: QuerySet) -> dict[str, Decimal]:
    """`total`, `paid`, `open` of all these invoices; what is void or discarded isn't in the total."""
    return with_open(rows.order_by()).aggregate(
        total_sum=Coalesce(Sum("standing_total"), ZERO),
        paid_sum=Coalesce(Sum("paid"), ZERO),
        open_sum=Coalesce(Sum("open"), ZERO),
        n=Count("*"),
    )


def credits_of(client: Client) -> QuerySet[CreditAccount]:
    """Credit balances with money on them, of each payer with each seller."""
    found = CreditAccount.objects.filter(payer__client=client, balance__gt=0)
    return found.select_related("seller", "payer").order_by("seller__name", "payer__name")


def handovers_of(invoice: Invoice) -> QuerySet[Handover]:
    """Work for support that the units sold on this invoice mean, with its ticket where there is one.

    Units that an earlier invoice has sold, and this one only goes on with, mean no work.
    """
    sold_before = Line.objects.filter(batch=OuterRef("batch"), pk__lt=OuterRef("pk"), live=True).exclude(
        revision__invoice=invoice
    )
    sold = Line.objects.filter(~Exists(sold_before), revision__invoice=invoice, batch__isnull=False)
    return Handover.objects.filter(batch__in=sold.values("batch")).select_related("ticket").order_by("pk")
