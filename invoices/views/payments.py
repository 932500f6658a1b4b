"""Payments: the list, and one with what it paid."""

from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from billing_site.pages import formats
from billing_site.pages.views import DetailPage, ListPage
from clients.queries import through_clients
from invoices.filters import PaymentFilter, find_payments
from invoices.models import Payment
from invoices.tables import PaymentTable
from invoices.views.invoices import history


class PaymentList(ListPage):
    permission, title, menu = "invoices.view_payment", _("Payments"), "billing"
    queryset = Payment.objects.all()
    table, filterset = PaymentTable, PaymentFilter
    template_name = "invoices/list.html"
    default_order = ("-received_on", "-id")
    search_fields = ("bank_line__number",)
    search_hint = _("Client, payer's INN, number of the payment order")
    empty_text = _("No payments yet. They come with a bank statement.")

    def laid_out(self) -> QuerySet:
        return through_clients(self.found, self.request.user)

    def search(self, queryset: QuerySet, typed: str) -> QuerySet:
        return find_payments(queryset, typed)


class PaymentPage(DetailPage):
    permission, menu = "invoices.view_payment", "billing"
    crumbs = ((_("Payments"), "payment-list"),)
    template_name = "invoices/payment.html"
    queryset = Payment.objects.select_related("client", "payer", "seller", "account", "bank_line", "author")

    def get_title(self, obj: Any = None) -> str:
        return _t("Payment of %(day)s") % {"day": formats.day(obj.received_on)}

    def get_context(self, obj: Payment) -> dict[str, Any]:
        return {
            "free": obj.amount - obj.allocated - obj.credited,
            "allocations": obj.allocations.select_related("invoice", "by").order_by("pk"),
            "credits": obj.credit_entries.select_related("account__payer", "by").order_by("pk"),
            "entries": history(obj),
        }
