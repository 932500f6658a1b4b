"""Prices of many products changed at once, with what each becomes shown first."""

from typing import Any

from django.core.exceptions import NON_FIELD_ERRORS
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from billing_site.kit import clock
from billing_site.pages.views import FormPage
from products import repricing
from products.catalogue_forms import RiseForm


class PricesRaise(FormPage):
    """Typing asks the same address for the preview; the button writes exactly what was previewed."""

    permission, title, menu = "products.change_product", _("Change prices by percent"), "settings"
    crumbs = ((_("Products"), "product-list"),)
    form_class, template_name = RiseForm, "products/prices_raise.html"
    submit_label, success_message = _("Set the prices"), _("Prices set. Services keep theirs.")

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not self.request.htmx:
            return super().get(request, *args, **kwargs)
        self.object = None
        form = self.build_form(request.GET)
        return render(request, "products/_prices_raise.html", {**self.preview(form), "swap": True})

    def get_initial(self) -> dict[str, Any]:
        return {"valid_from": clock.today()}

    def answer(self, form: Any, **more: Any) -> HttpResponse:
        return super().answer(form, **self.preview(form), **more)

    def preview(self, form: Any) -> dict[str, Any]:
        if not form.is_bound or set(form.errors) - {NON_FIELD_ERRORS}:
            return {}
        return {"rise": self.quote(form)}

    def quote(self, form: RiseForm) -> repricing.Rise:
        data = form.cleaned_data
        return repricing.quote_rise(
            data["products"], data["cycles"], percent=data["percent"], step=data["step"],
            valid_from=data["valid_from"],
        )  # fmt: skip

    def perform(self, form: RiseForm, by: Any) -> Any:
        return repricing.raise_prices(self.quote(form), by=by, seen=form.cleaned_data["seen"])

    def get_success_url(self, obj: Any) -> str:
        return reverse("product-list")
