"""Planned changes of a service (R3.4): less, another cycle or package; what stands planned, and back."""

from decimal import Decimal
from typing import Any

from django.core.exceptions import NON_FIELD_ERRORS
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from billing_site.kit.errors import Refused
from billing_site.pages.page import Crumb
from billing_site.pages.subjects import service_crumbs
from billing_site.pages.views import ActionPage, FormPage, PanelView
from clients.models import clients_seen_by
from invoices import billing
from invoices.service_forms import PlanForm
from products import actions as products
from products import planning
from products.models import Option, PlannedChange, Product, Service

FIELDS = {"option": "what", "thing": "what", "quantity": "becomes"}


class ServicePlan(FormPage):
    """Typing asks the same address for the preview; the button plans exactly what was previewed."""

    permission, menu = "products.change_service", "clients"
    queryset = Service.objects.select_related("client", "payer", "product__seller")
    form_class, template_name = PlanForm, "invoices/planning/plan.html"
    fragment_name = "invoices/planning/_preview.html"
    title, submit_label = _("Plan a change"), _("Plan")
    success_message = _("The change is planned. The next draft is drawn with it.")

    @cached_property
    def held(self) -> dict[Option | None, int]:
        """What there is to give up: the service's own units and its options."""
        units = products.held(self.object)
        held = self.object.product.options.prefetch_related("choices")
        options = [option for option in held if units.get(option.pk)]
        return {option: units.get(option.pk if option else None, 0) for option in (None, *options)}

    def get_crumbs(self, obj: Any = None) -> list[Crumb]:
        return service_crumbs(obj)

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not self.request.htmx:
            return super().get(request, *args, **kwargs)
        self.object = self.get_object()
        form = self.build_form(request.GET)
        return render(request, self.fragment_name, {**self.preview(form), "form": form, "swap": True})

    def get_form_kwargs(self) -> dict[str, Any]:
        service = self.object
        packages = Product.objects.filter(
            seller=service.product.seller_id,
            group=service.product.group_id,
            prices__cycle=service.cycle,
            active=True,
        ).exclude(pk=service.product_id)
        return {
            "service": service,
            "options": [option for option in self.held if option],
            "packages": packages.distinct(),
        }

    def get_initial(self) -> dict[str, Any]:
        """What a link to the dialog fills in."""
        return {
            name: self.request.GET[name] for name in ("what", "becomes", "on") if name in self.request.GET
        }

    def get_context(self, obj: Service) -> dict[str, Any]:
        return {"service": obj, "client": obj.client, "held": list(self.held.items())}

    def answer(self, form: Any, **more: Any) -> HttpResponse:
        return super().answer(form, **self.preview(form), **more)

    def preview(self, form: Any) -> dict[str, Any]:
        """What the button would do now: `planned`, or why not: `refused`."""
        shown: dict[str, Any] = {"service": self.object, "client": self.object.client}
        if not form.is_bound or set(form.errors) - {NON_FIELD_ERRORS} or form.is_empty:
            return shown
        try:
            planned = self.quote(form)
        except Refused as why:
            return {**shown, "refused": why.message}
        lines = [
            (line, [{"text": step["text"], "amount": Decimal(step["amount"])} for step in line.why])
            for line in planned.lines
        ]
        return {**shown, "planned": planned, "lines": lines}

    def quote(self, form: PlanForm) -> billing.Planned:
        data = form.cleaned_data
        return billing.quote_plan(
            self.object, on=data["on"], option=data["what"], becomes=data["becomes"], cycle=data["cycle"],
            product=data["product"], order=data["leaving"], because=data["because"], choice=data["choice"],
        )  # fmt: skip

    def perform(self, form: PlanForm, by: Any) -> Service:
        try:
            billing.plan_change(self.quote(form), by=by, seen=form.cleaned_data["seen"])
        except Refused as why:
            raise Refused(why.message, FIELDS.get(why.field or "", why.field)) from why
        return self.object

    def get_success_url(self, obj: Service) -> str:
        return reverse("service-detail", args=[obj.pk])


class ServicePlans(PanelView):
    """What is planned for a service, with what it will cost then."""

    permission, model, template_name = "products.view_service", Service, "invoices/planning/_plans.html"

    def get_context(self, obj: Service) -> dict[str, Any]:
        plans = planning.planned_for([obj]).get(obj.pk, [])
        batches = list(obj.batches.counted().select_related("option", "choice", "promotion").order_by("pk"))
        rows, refused = [], ""
        prices = planning.prices_of([obj], plans)
        try:
            for n, plan in enumerate(plans, 1):
                future, held = planning.as_planned(obj, batches, plans[:n], plan.on, prices)
                unit = plan.option.unit if plan.option else obj.product.unit
                rows.append((plan, planning.words(plan, unit), products.recurring_of(held), future))
        except Refused as why:
            refused = why.message
        return {"rows": rows, "refused": refused, "client": obj.client}


class PlanWithdraw(ActionPage):
    permission, menu = "products.change_service", "clients"
    title, submit_label = _("Withdraw the planned change"), _("Withdraw")
    explanation = _("The change will not happen, and the next draft is drawn without it.")
    success_message = _("The planned change is withdrawn.")

    def get_queryset(self) -> QuerySet[PlannedChange]:
        seen = clients_seen_by(self.request.user, "service__client__")
        return PlannedChange.objects.filter(seen).select_related("service__client", "service__product")

    def get_crumbs(self, obj: Any = None) -> list[Crumb]:
        return service_crumbs(obj.service)

    def perform(self, obj: PlannedChange, by: Any, data: dict[str, Any]) -> PlannedChange:
        return billing.withdraw_plan(obj, by=by)

    def get_success_url(self, obj: PlannedChange) -> str:
        return reverse("service-detail", args=[obj.service_id])
