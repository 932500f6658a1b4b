"""Deeds for many orders, and errands that call a verb."""

from typing import Any

import structlog
from celery import shared_task
from django import forms
from django.db.models import QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from billing_site.kit import errands
from billing_site.office.models import User
from billing_site.pages.many import Deed, offer
from products import actions, domains, programs
from products.models import Order
from products.provisioning import ASK

log = structlog.get_logger()


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


@shared_task(name=ASK)
def call_module(call_id: int) -> None:
    """Ask a provisioning program once; whoever comes second finds nothing to do."""
    call = programs.claim(call_id)
    if call:
        programs.ask(call)


@shared_task(name="products.renew_domains")
def renew_domains() -> None:
    """Work for the registrar about domains that are paid for longer than they are registered."""
    made = domains.renew_paid()
    if made:
        log.info("domains to renew", domains=len(made))


@shared_task(name="products.sweep_calls")
def sweep_calls() -> None:
    """Send each call whose turn it is and whose errand was lost or has to be sent again."""
    programs.give_back_lost()
    for call_id in programs.due().order_by("due_at").values_list("pk", flat=True)[:500]:
        errands.send_now(ASK, call_id)
