from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import DecimalField, F, Min, Q, QuerySet, Sum, Value
from django.db.models.functions import Coalesce

from billing_site.kit import clock
from billing_site.pages.views import PanelView
from clients.models import Client
from invoices.models import CreditAccount, Invoice
from products.models import Service

MONEY = DecimalField(max_digits=14, decimal_places=2)
NOTHING = Value(Decimal(0), MONEY)


def _sum(what: Any, condition: Q | None = None) -> Coalesce:
    return Coalesce(Sum(what, filter=condition), NOTHING, output_field=MONEY)


def money_of(client: Client, on: date) -> dict[str, Any]:
    """What the client owes, owes too late, has paid, and has left with us; in the client's currency.

    `since` is the oldest due date among the overdue, `next_due` the nearest day a service must be paid.
    """
    unpaid = Q(status=Invoice.Status.ISSUED)
    late = unpaid & Q(due_on__lt=on)
    rest = F("total") - F("paid")
    invoices: QuerySet = Invoice.objects.filter(client=client).order_by()
    found = invoices.aggregate(
        due=_sum(rest, unpaid),
        overdue=_sum(rest, late),
        since=Min("due_on", filter=late),
        collections=_sum(rest, Q(status=Invoice.Status.COLLECTIONS)),
        paid=_sum("paid"),
    )
    credit = CreditAccount.objects.filter(payer__client=client).aggregate(balance=_sum("balance"))
    live = Service.objects.live().filter(client=client).order_by()
    return {**found, "credit": credit["balance"], **live.aggregate(next_due=Min("paid_until"))}


class ClientMoney(PanelView):
    """The figures on top of the client's summary."""

    permission, model, template_name = "invoices.view_invoice", Client, "clients/_money.html"

    def get_context(self, obj: Client) -> dict[str, Any]:
        today = clock.today()
        return {"money": money_of(obj, today), "today": today}
