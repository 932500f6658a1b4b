"""Invoices and money as parts of other rooms' pages: of a client, an order, a service."""

from typing import Any

from django.db.models import QuerySet, Sum

from billing_site.pages.presence import PresenceView
from billing_site.pages.views import PanelView
from clients.models import Client
from invoices.models import Invoice, Line
from invoices.queries import credits_of, sums
from invoices.tables import standing
from products.models import Order, Service

SHOWN = 20


def shown(rows: QuerySet[Invoice]) -> list[tuple[Invoice, list[str]]]:
    """The newest invoices, each with how it stands."""
    newest = rows.select_related("seller", "payer").order_by("-pk")[:SHOWN]
    return [(invoice, standing(invoice.status, invoice.due_on, invoice.paid)) for invoice in newest]


class InvoicesPanel(PanelView):
    """Invoices of an object, the newest first, with sums over all of them."""

    permission, template_name = "invoices.view_invoice", "invoices/_invoices.html"

    def rows(self, obj: Any) -> QuerySet[Invoice]:
        raise NotImplementedError

    def get_context(self, obj: Any) -> dict[str, Any]:
        rows = self.rows(obj)
        invoices = shown(rows)
        summed = sums(rows)
        return {"invoices": invoices, "sums": summed, "more": summed["n"] - len(invoices)}


class ClientInvoices(InvoicesPanel):
    model = Client

    def rows(self, obj: Client) -> QuerySet[Invoice]:
        return obj.invoices.exclude(status=Invoice.Status.DISCARDED)

    def get_context(self, obj: Client) -> dict[str, Any]:
        return {**super().get_context(obj), "client": obj}


class OrderInvoices(InvoicesPanel):
    model = Order

    def rows(self, obj: Order) -> QuerySet[Invoice]:
        return obj.invoices.all()


class ServiceInvoices(InvoicesPanel):
    model = Service

    def rows(self, obj: Service) -> QuerySet[Invoice]:
        lines = Line.objects.filter(batch__service=obj)
        return Invoice.objects.filter(pk__in=lines.values("revision__invoice"))


class ClientPayments(PanelView):
    """Payments of a client with their sum, and what of it waits as credit."""

    permission, model, template_name = "invoices.view_payment", Client, "invoices/_client_payments.html"

    def get_context(self, obj: Client) -> dict[str, Any]:
        payments = list(
            obj.payments.select_related("seller", "payer", "bank_line").order_by("-received_on", "-pk")[
                :SHOWN
            ]
        )
        return {
            "payments": payments,
            "sums": obj.payments.aggregate(
                amount=Sum("amount"), allocated=Sum("allocated"), credited=Sum("credited")
            ),
            "credits": credits_of(obj),
        }


class InvoicePresence(PresenceView):
    permission, model = "invoices.view_invoice", Invoice
