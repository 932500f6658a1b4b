"""The dialog *Add addon*: what a service gets beside it, what that costs, one button."""

from decimal import Decimal
from typing import Any

from django.core.exceptions import NON_FIELD_ERRORS
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from billing_site.kit import clock
from billing_site.kit.errors import Refused
from billing_site.pages.addresses import known
from billing_site.pages.page import Crumb
from billing_site.pages.subjects import service_crumbs
from billing_site.pages.views import FormPage
from invoices import billing
from invoices.models import Invoice
from invoices.service_forms import AddonForm
from invoices.views.changing import priced
from products.models import Product, Service

FIELDS = {"cycle": "product"}


class ServiceAddon(FormPage):
    """Typing asks the same address for the preview; the button writes exactly what was previewed."""

    permission, menu = "products.change_service", "clients"
    queryset = Service.objects.select_related("client", "payer", "product__seller")
    form_class, template_name = AddonForm, "invoices/changing/addon.html"
    fragment_name = "invoices/changing/_preview.html"
    title, submit_label = _("Add an addon"), _("Make the draft")
    success_message = _("The draft is made. Nothing has been sent.")

    def get_crumbs(self, obj: Any = None) -> list[Crumb]:
        return service_crumbs(obj)

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not self.request.htmx:
            return super().get(request, *args, **kwargs)
        self.object = self.get_object()
        form = self.build_form(request.GET)
        return render(request, self.fragment_name, {**self.preview(form), "form": form, "swap": True})

    def get_form_kwargs(self) -> dict[str, Any]:
        return {"addons": self.addons(), "unpaid": billing.unpaid_renewal(self.object)}

    def addons(self) -> QuerySet[Product]:
        """Addons that are sold for the cycle of the service."""
        sold = Product.objects.filter(kind=Product.Kind.ADDON, active=True, prices__cycle=self.object.cycle)
        return sold.select_related("seller").distinct()

    def get_initial(self) -> dict[str, Any]:
        return {"on": clock.today()}

    def get_context(self, obj: Service) -> dict[str, Any]:
        return {"host": obj, "client": obj.client}

    def answer(self, form: Any, **more: Any) -> HttpResponse:
        return super().answer(form, **self.preview(form), **more)

    def preview(self, form: Any) -> dict[str, Any]:
        """What the button would do now: `change`, or why not: `refused`."""
        shown: dict[str, Any] = {"service": self.object, "client": self.object.client}
        if not form.is_bound or set(form.errors) - {NON_FIELD_ERRORS}:
            return shown
        try:
            change = self.quote(form)
        except Refused as why:
            return {**shown, "refused": why.message}
        change.service.recurring = Decimal(0)
        return {**shown, "service": change.service, "change": change, "lines": list(priced(change)),
                "seen": change.fingerprint}  # fmt: skip

    def quote(self, form: AddonForm) -> billing.Change:
        data = form.cleaned_data
        return billing.quote_addon(
            self.object, data["product"], data["quantity"], on=data["on"], price=data["price"],
            because=data["because"], discount=data["discount"], promo=data["promo"],
            way=data.get("way") or billing.Way.ADDITION,
        )  # fmt: skip

    def perform(self, form: AddonForm, by: Any) -> Invoice:
        try:
            return billing.attach_addon(self.quote(form), by=by, seen=form.cleaned_data["seen"])
        except Refused as why:
            raise Refused(why.message, FIELDS.get(why.field or "", why.field)) from why

    def get_success_url(self, obj: Invoice) -> str:
        return known("invoice-detail", obj.pk) or reverse("service-detail", args=[self.object.pk])
