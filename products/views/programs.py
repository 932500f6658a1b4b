"""Provisioning programs: their addresses, what they were asked, what came of it."""

from typing import Any

from django.db.models import Count, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from billing_site.pages.requests import PanelRequest
from billing_site.pages.views import (
    ActionPage,
    Create,
    DetailPage,
    FormPage,
    ListPage,
    ObjectPage,
    PanelView,
)
from products import cataloguing, programs
from products.filters import CallFilter
from products.models import ModuleCall, ModuleEndpoint, Product, Service
from products.program_forms import EndpointForm
from products.provisioning import OPEN
from products.tables import CallTable, EndpointTable

LAST = 20  # calls shown on a program's and on a service's page


class ProgramList(ListPage):
    permission, title, menu = "products.view_moduleendpoint", _("Provisioning programs"), "settings"
    table, default_order = EndpointTable, ("name", "id")
    search_fields = ("name__icontains", "url__icontains")
    create = Create("program-new", "products.add_moduleendpoint", _("New program"))
    empty_text = _("No programs: everything that is sold is switched on by hand, by tickets.")

    def get_queryset(self) -> QuerySet:
        calls = ModuleCall.objects.filter(service__product__endpoint=OuterRef("pk"), status__in=OPEN)
        busy = calls.order_by().values("service__product__endpoint").annotate(n=Count("*")).values("n")
        served = Count("products", filter=Q(products__module=Product.Module.HTTP))
        return ModuleEndpoint.objects.annotate(served=served, busy=Coalesce(Subquery(busy), 0))


class ProgramCard(DetailPage):
    permission, model, menu = "products.view_moduleendpoint", ModuleEndpoint, "settings"
    crumbs = ((_("Provisioning programs"), "program-list"),)
    template_name = "products/program.html"

    def get_context(self, obj: ModuleEndpoint) -> dict[str, Any]:
        calls = ModuleCall.objects.visible_to(self.request.user).filter(service__product__endpoint=obj)
        return {
            "products": obj.products.filter(module=Product.Module.HTTP).order_by("name"),
            "calls": calls.select_related("service__product", "service__client").order_by("-pk")[:LAST],
        }


class ProgramNew(FormPage):
    permission, title, menu = "products.add_moduleendpoint", _("New program"), "settings"
    crumbs = ((_("Provisioning programs"), "program-list"),)
    model, form_class = ModuleEndpoint, EndpointForm

    def perform(self, form: EndpointForm, by: Any) -> ModuleEndpoint:
        return cataloguing.save_endpoint(form.instance, by=by, **form.values())

    def get_success_url(self, obj: ModuleEndpoint) -> str:
        return reverse("program-detail", args=[obj.pk])


class ProgramEdit(ProgramNew):
    permission, title = "products.change_moduleendpoint", _("Edit the program")


class ProgramSecret(ObjectPage):
    """The secret in plain text, only when asked for by POST; never kept by the browser."""

    permission, model = "products.change_moduleendpoint", ModuleEndpoint

    def post(self, request: PanelRequest, pk: int) -> HttpResponse:
        endpoint = self.get_object()
        secret = cataloguing.reveal_endpoint(endpoint, by=request.user)
        answer = render(request, "products/_program_secret.html", {"object": endpoint, "secret": secret})
        answer["Cache-Control"] = "no-store"
        return answer


class ProgramPing(ActionPage):
    permission, model, menu = "products.change_moduleendpoint", ModuleEndpoint, "settings"
    title, submit_label = _("Test call"), _("Call it")
    explanation = _("The program gets a signed “ping”: it changes nothing there.")
    success_message = _("The program has answered: it is there and knows our signature.")

    def perform(self, obj: ModuleEndpoint, by: Any, data: dict[str, Any]) -> ModuleEndpoint:
        return programs.check(obj, by=by)

    def get_success_url(self, obj: ModuleEndpoint) -> str:
        return reverse("program-detail", args=[obj.pk])


class CallList(ListPage):
    permission, title, menu = "products.view_modulecall", _("Calls to programs"), "utilities"
    queryset = ModuleCall.objects.all()
    table, filterset = CallTable, CallFilter
    search_fields = ("service__client__name_key", "service__id")
    search_hint = _("Client or service number")
    tabs = (
        (_("All"), ""),
        (_("Waiting"), "state=open"),
        (_("With errors"), "state=failing"),
        (_("Left to people"), "state=handed_over"),
    )
    empty_text = _("No program has been called yet.")


class CallCard(DetailPage):
    permission, model, menu = "products.view_modulecall", ModuleCall, "utilities"
    crumbs = ((_("Calls to programs"), "call-list"),)
    template_name = "products/call.html"

    def get_queryset(self) -> QuerySet:
        about = ("service__client", "service__product__endpoint", "handover")
        return super().get_queryset().select_related(*about)

    def get_title(self, obj: Any = None) -> str:
        return capfirst(f"{obj.get_event_display()}: {obj.service.product.name}")


class CallDeed(ActionPage):
    permission, menu = "products.change_modulecall", "utilities"
    queryset = ModuleCall.objects.select_related("service__product")
    crumbs = ((_("Calls to programs"), "call-list"),)

    def get_success_url(self, obj: ModuleCall) -> str:
        return reverse("call-detail", args=[obj.pk])


class CallAgain(CallDeed):
    title, submit_label = _("Call now"), _("Call now")
    explanation = _("The program is asked at once, not when its turn comes. The key of the call stays.")
    success_message = _("The call is on its way.")

    def perform(self, obj: ModuleCall, by: Any, data: dict[str, Any]) -> ModuleCall:
        return programs.try_again(obj, by=by)


class CallLeave(CallDeed):
    title, submit_label = _("Leave it to people"), _("Leave it to people")
    explanation = _("The program isn't asked any more; support gets the ticket within a minute.")
    success_message = _("Support does it.")

    def perform(self, obj: ModuleCall, by: Any, data: dict[str, Any]) -> ModuleCall:
        return programs.leave_to_people(obj, by=by)


class ServiceCalls(PanelView):
    permission, model, template_name = "products.view_modulecall", Service, "products/_service_calls.html"

    def get_context(self, obj: Service) -> dict[str, Any]:
        return {"calls": obj.module_calls.order_by("-pk")[:LAST]}
