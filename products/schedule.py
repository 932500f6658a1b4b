"""Deeds for many orders: pages offer them, the worker does them when there are many."""

from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from billing_site.office.models import User
from billing_site.pages.many import Deed, offer
from products import actions
from products.models import Order


class CloseForm(forms.Form):
    to = forms.ChoiceField(
        label=_("How"),
        choices=[
            (status, status.label)
            for status in (Order.Status.CANCELLED, Order.Status.REFUSED, Order.Status.FRAUD)
        ],
    )
    because = forms.CharField(label=_("Why"), max_length=200, required=False)


class CloseOrders(Deed):
    """Pending orders leave the queue; nobody is told, each can be brought back."""

    kind, title, form_class = "products.close_orders", _("Close orders"), CloseForm

    def rows(self, by: User) -> QuerySet[Order]:
        return Order.objects.visible_to(by).select_related("promotion")

    def stops(self, row: Order, data: dict[str, Any]) -> str | Promise:
        return "" if row.status == Order.Status.PENDING else _("only pending orders are closed")

    def perform(self, row: Order, data: dict[str, Any], by: User) -> None:
        actions.close_order(row, data["to"], by=by, because=data["because"])


CLOSE_ORDERS = offer(CloseOrders())
