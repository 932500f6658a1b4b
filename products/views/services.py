"""Services: the list, one service with what is in it and why it costs what it costs."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Case, QuerySet, When
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from billing_site.kit.errors import Refused
from billing_site.pages.page import Crumb
from billing_site.pages.requests import PanelRequest
from billing_site.pages.subjects import service_crumbs
from billing_site.pages.views import ActionPage, DetailPage, FormPage, ListPage, ObjectPage, PanelView
from clients.models import Client
from products import domains, pricing, promotions, running
from products.filters import ServiceFilter, find_services
from products.forms import AccessForm
from products.models import LIVE, Batch, Promotion, Service
from products.program_forms import SwitchOffForm
from products.tables import ServiceTable

SHOWN = 50  # services of a client at once


class ServiceList(ListPage):
    permission, title, menu = "products.view_service", _("Services"), "clients"
    queryset = Service.objects.all()
    table, filterset = ServiceTable, ServiceFilter
    search_fields = ("id",)
    search_hint = _("Client, host, login or number")
    tabs = (
        (_("All"), ""),
        (_("Active"), "status=active"),
        (_("Pending"), "status=pending"),
        (_("Suspended"), "status=suspended"),
    )
    empty_text = _("No services yet. They are made when an order is accepted.")

    def search(self, queryset: QuerySet, typed: str) -> QuerySet:
        return find_services(queryset, typed)


@dataclass(frozen=True)
class Explained:
    """A batch with its part of the recurring amount; `counted` as R3.1 counts."""

    batch: Batch
    price: Decimal
    whole: Decimal
    amount: Decimal
    promotion: Promotion | None = None

    @property
    def off(self) -> Decimal:
        return self.amount - self.whole

    @property
    def counted(self) -> bool:
        batch = self.batch
        return batch.taken_back_at is None and bool(batch.given_at or batch.paid_at)


def explain(batches: Iterable[Batch]) -> list[Explained]:
    """quantity × price, less discount, of each batch for one full cycle."""
    return [_explained(batch) for batch in batches]


def _explained(batch: Batch) -> Explained:
    day = promotions.next_day(batch)
    price, _discount = promotions.base_terms(batch, day)
    return Explained(
        batch,
        price,
        pricing.line_amount(batch.quantity, price),
        promotions.whole_cycle(batch),
        promotion=batch.promotion if promotions.holds(batch, day) else None,
    )


class ServiceCard(DetailPage):
    permission, model, menu = "products.view_service", Service, "clients"
    crumbs = ((_("Services"), "service-list"),)
    template_name = "products/service.html"

    def get_queryset(self) -> QuerySet:
        return super().get_queryset().select_related("client", "payer", "product__seller", "order_line")

    def get_title(self, obj: Any = None) -> str:
        """A domain is called by its name: a client may have many of one product."""
        return f"{obj} {obj.domain}" if domains.is_domain(obj.product) else str(obj)

    def get_context(self, obj: Service) -> dict[str, Any]:
        parts = explain(obj.batches.select_related("option", "choice", "promotion").order_by("pk"))
        counted = [part for part in parts if part.counted]
        total = sum((part.amount for part in counted), Decimal(0))
        changes = obj.status in (Service.Status.ACTIVE, Service.Status.SUSPENDED)
        return {
            "client": obj.client,
            "parts": parts,
            "counted": counted,
            "total": total,
            "differs": obj.recurring - total,
            "changes": changes,
            "handovers": obj.handovers.select_related("done_by").order_by("-pk"),
        }


class ServiceAccess(FormPage):
    """Host, IP, login and password."""

    permission, menu = "products.change_service", "clients"
    queryset = Service.objects.select_related("client", "product")
    form_class, title = AccessForm, _("Host and login")
    submit_label, success_message = _("Save"), _("Saved.")

    def get_crumbs(self, obj: Any = None) -> list[Crumb]:
        return service_crumbs(obj)

    def get_initial(self) -> dict[str, Any]:
        return {name: getattr(self.object, name) for name in ("domain", "ip", "username")}

    def perform(self, form: AccessForm, by: Any) -> Service:
        return running.change_access(self.object, by=by, **form.values())

    def get_success_url(self, obj: Service) -> str:
        return reverse("service-detail", args=[obj.pk])


class ServiceSwitch(ActionPage):
    """Off or on: the state changes at once, support or a program gets the work."""

    permission, menu = "products.suspend_service", "clients"
    queryset = Service.objects.select_related("client", "product")

    def get_crumbs(self, obj: Any = None) -> list[Crumb]:
        return service_crumbs(obj)

    def get_success_url(self, obj: Service) -> str:
        return reverse("service-detail", args=[obj.pk])


class ServiceSuspend(ServiceSwitch):
    form_class, title, submit_label = SwitchOffForm, _("Switch the service off"), _("Switch off")
    danger, success_message = True, _("The service is switched off.")
    explanation = _(
        "The client loses access until it is switched on again; its addons go with it. What is billed and "
        "paid stays, the client is told nothing."
    )

    def perform(self, obj: Service, by: Any, data: dict[str, Any]) -> Service:
        return running.suspend(obj, by=by, because=data["because"])


class ServiceUnsuspend(ServiceSwitch):
    title, submit_label = _("Switch the service on"), _("Switch on")
    success_message = _("The service is switched on.")
    explanation = _("The client has access again, with the addons.")

    def perform(self, obj: Service, by: Any, data: dict[str, Any]) -> Service:
        return running.unsuspend(obj, by=by)


class ServicePassword(ObjectPage):
    """The password in plain text, only when asked for by POST; never kept by the browser."""

    permission, model = "clients.reveal_secret", Service

    def post(self, request: PanelRequest, pk: int) -> HttpResponse:
        service = self.get_object()
        context: dict[str, Any] = {"object": service}
        try:
            context["secret"] = running.reveal_password(service, by=request.user)
        except Refused as refused:
            context["refused"] = refused.message
        answer = render(request, "products/_password.html", context)
        answer["Cache-Control"] = "no-store"
        return answer


class ClientServices(PanelView):
    """Live ones first, SHOWN at once; further ones come as rows (?from=50)."""

    permission, model, template_name = "products.view_service", Client, "products/_client_services.html"

    def get_context(self, obj: Client) -> dict[str, Any]:
        typed = self.request.GET.get("from", "")
        start = int(typed) if typed.isdecimal() and len(typed) < 6 else 0
        live = Case(When(status__in=LIVE, then=0), default=1)
        found = obj.services.select_related("product").order_by(live, "pk")
        rows = list(found[start : start + SHOWN + 1])
        held = _held(rows[:SHOWN])
        return {
            "rows": [(service, held.get(service.pk, {})) for service in rows[:SHOWN]],
            "start": start,
            "more": start + SHOWN if len(rows) > SHOWN else None,
        }


def _held(services: Sequence[Service]) -> dict[int, dict[str, int]]:
    """Units that stand in live services, by the option's name ("" for the product)."""
    held: dict[int, dict[str, int]] = {}
    live = [service.pk for service in services if service.status in LIVE]
    standing = Batch.objects.standing().select_related("option").filter(service__in=live)
    for batch in standing.order_by("pk"):
        units = held.setdefault(batch.service_id, {})
        name = batch.option.name if batch.option else ""
        units[name] = units.get(name, 0) + batch.quantity
    return held
