"""Deeds that make drafts or end them: accept an order, discard a draft."""

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from billing_site.kit.errors import Refused
from billing_site.office.models import Seller
from billing_site.pages.page import Crumb
from billing_site.pages.views import ActionPage
from invoices import billing, drafting
from invoices.models import Invoice
from invoices.views.invoices import LIST, title_of
from products import actions as products
from products.models import Order


class InvoiceDeed(ActionPage):
    """A deed on an invoice; ends at the invoice."""

    menu, crumbs = "billing", LIST
    queryset = Invoice.objects.select_related("client", "seller")

    def get_crumbs(self, obj: Any = None) -> list[Crumb]:
        return [*super().get_crumbs(obj), (title_of(obj), self.get_success_url(obj))]

    def get_success_url(self, obj: Invoice) -> str:
        return reverse("invoice-detail", args=[obj.pk])


class Discard(InvoiceDeed):
    permission, danger = "invoices.discard_invoice", True
    title, submit_label, success_message = _("Discard the draft"), _("Discard"), _("The draft is discarded.")
    explanation = _(
        "Nothing was mailed and no number was taken, so nothing is left of it for the client. Units that "
        "only this draft sold leave the composition of the service.\n\n"
        "The renewal run will not bring the same periods back by itself."
    )

    def perform(self, obj: Invoice, by: Any, data: dict[str, Any]) -> Invoice:
        return drafting.discard(obj, by=by)


@dataclass
class DraftToBe:
    """What accepting will make for one seller."""

    seller: Seller
    lines: list[products.Quoted] = field(default_factory=list)

    @property
    def total(self) -> Decimal:
        return sum((one.charge.amount for one in self.lines), Decimal(0))


class OrderAccept(ActionPage):
    """Lives here because its verb does: services and drafts are one story (invoices.billing)."""

    permission, menu = "products.accept_order", "orders"
    crumbs = ((_("Orders"), "order-list"),)
    title, submit_label = _("Accept the order"), _("Accept")
    success_message = _("Accepted. Nothing has been mailed: check the draft and send it.")
    template_name = "invoices/accept.html"
    queryset = Order.objects.select_related("client", "payer")

    def answer(self, form: Any, **more: Any) -> HttpResponse:
        """There is nothing to ask about an order that is accepted or closed."""
        if self.object.status != Order.Status.PENDING:
            told = _t("The order is “%(status)s” already.") % {"status": self.object.get_status_display()}
            messages.info(self.request, told)
            return redirect(self.get_success_url(self.object))
        return super().answer(form, **more)

    def get_context(self, obj: Order) -> dict[str, Any]:
        try:
            drafts, refused = drafts_to_be(obj), ""
        except Refused as why:
            drafts, refused = [], why.message
        payer = obj.payer or drafting.default_payers([obj.client_id]).get(obj.client_id)
        return {"drafts": drafts, "refused": refused, "payer": payer}

    def perform(self, obj: Order, by: Any, data: dict[str, Any]) -> Invoice | Order:
        """One draft is shown at once; drafts of several sellers stand on the order's page."""
        drafts = billing.accept_order(obj, by=by)
        return drafts[0] if len(drafts) == 1 else obj

    def get_crumbs(self, obj: Any = None) -> list[Crumb]:
        return [*super().get_crumbs(obj), (str(obj), self.get_success_url(obj))]

    def get_success_url(self, obj: Invoice | Order) -> str:
        return reverse("invoice-detail" if isinstance(obj, Invoice) else "order-detail", args=[obj.pk])


def drafts_to_be(order: Order) -> list[DraftToBe]:
    """One per seller, with what each line will cost. Raises Refused as accepting would."""
    lines = list(order.lines.select_related("product__seller", "option").order_by("pk"))
    made: dict[int, DraftToBe] = {}
    for one in products.quote_lines(order.client, lines, starts_on=order.starts_on):
        seller = one.line.product.seller
        made.setdefault(seller.pk, DraftToBe(seller)).lines.append(one)
    return list(made.values())
