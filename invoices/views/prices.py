"""Who still has which old price, and their way to the catalogue's."""

from datetime import date
from typing import Any

from django.core.exceptions import NON_FIELD_ERRORS
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from billing_site.kit import clock
from billing_site.pages.page import Page
from billing_site.pages.views import FormPage
from invoices.billing import repricing
from invoices.price_forms import OldPriceForm, RepriceForm
from products.models import Batch, Cycle, Service

LIMIT = 300  # batches of one page; the next ones come when these are done


class OldPrices(Page):
    permission, title, menu = "products.change_product", _("Old prices"), "settings"
    crumbs = ((_("Products"), "product-list"),)

    def get(self, request: HttpRequest) -> HttpResponse:
        asked = OldPriceForm(request.GET)
        on = (asked.cleaned_data["on"] if asked.is_valid() else None) or clock.today()
        rows = [(one, Cycle(one.cycle).label) for one in repricing.old_prices(on)]
        return render(request, "invoices/prices/old.html", {**self.frame(), "on": on, "rows": rows})


class Reprice(FormPage):
    """The services of one old price: which of them get the catalogue's, from when, with a letter or not."""

    permission, title, menu = "products.change_product", _("Move to the price of the catalogue"), "settings"
    crumbs = ((_("Products"), "product-list"), (_("Old prices"), "old-prices"))
    form_class, template_name = RepriceForm, "invoices/prices/reprice.html"
    submit_label = _("Agree the new prices")
    success_message = _("Prices are agreed. Letters wait among the held ones; nothing has been sent.")

    @cached_property
    def batches(self) -> QuerySet[Batch]:
        """The batches of the address's thing and price inside the user's scope."""
        asked = OldPriceForm(self.request.GET)
        if not asked.is_valid():
            return Batch.objects.none()
        mine = Service.objects.visible_to(self.request.user)
        data = asked.cleaned_data
        found = repricing.catalogue_batches().filter(
            service__in=mine,
            service__product=data["product"],
            service__cycle=data["cycle"],
            option=data["option"],
            choice=data["choice"],
            current=data["was"],
        )
        related = "service__client", "service__product__seller", "option", "choice", "promotion"
        return found.select_related(*related).order_by("service__client", "pk")

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not self.request.htmx:
            return super().get(request, *args, **kwargs)
        self.object = None
        form = self.build_form(request.GET)
        return render(request, "invoices/prices/_reprice.html", {**self.preview(form), "swap": True})

    def get_initial(self) -> dict[str, Any]:
        return {"on": clock.today(), "letter": True}

    def get_form_kwargs(self) -> dict[str, Any]:
        return {"batches": self.batches}

    def answer(self, form: Any, **more: Any) -> HttpResponse:
        return super().answer(form, **self.preview(form), **more)

    def preview(self, form: Any) -> dict[str, Any]:
        """Every batch with what it would become; `chosen` are ticked, all of them at first."""
        if form.is_bound and set(form.errors) - {NON_FIELD_ERRORS, "ids"}:
            return {}
        on: date = form.cleaned_data["on"] if form.is_bound else clock.today()
        rows = repricing.quote_repricing(self.batches[:LIMIT], on=on).rows
        chosen = {row.batch.pk for row in rows}
        if form.is_bound:
            chosen = {batch.pk for batch in form.cleaned_data.get("ids") or ()}
        ticked = repricing.Repricing(tuple(row for row in rows if row.batch.pk in chosen))
        return {"rows": rows, "chosen": chosen, "repricing": ticked, "limit": LIMIT}

    def perform(self, form: RepriceForm, by: Any) -> int:
        data = form.cleaned_data
        quoted = repricing.quote_repricing(data["ids"], on=data["on"])
        return repricing.reprice(quoted, by=by, letter=data["letter"], seen=data["seen"])

    def get_success_url(self, obj: Any) -> str:
        return reverse("old-prices")
