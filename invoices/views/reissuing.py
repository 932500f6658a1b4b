"""Correcting an unpaid invoice by more paper: void and reissue, lines into a new draft, void (R6.2)."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from billing_site.kit import clock
from billing_site.kit.errors import Refused
from billing_site.pages.page import Crumb
from billing_site.pages.views import FormPage
from clients.models import Payer
from invoices import billing, documents, issuing
from invoices.forms import VoidForm
from invoices.models import Invoice, Line
from invoices.reissue_forms import ReissueForm, SplitForm
from invoices.views.deeds import InvoiceDeed
from invoices.views.invoices import LIST, title_of


class Correction(FormPage):
    """Typing asks the same address for the preview; the button writes exactly what was previewed."""

    permission, menu, crumbs = "invoices.void_invoice", "billing", LIST
    queryset = Invoice.objects.select_related("client", "payer", "seller", "order", "current")
    fragment_name = ""
    asked: tuple[str, ...] = ()  # fields that the preview depends on

    def get_crumbs(self, obj: Any = None) -> list[Crumb]:
        return [*super().get_crumbs(obj), (title_of(obj), self.page_of(obj))]

    def page_of(self, obj: Invoice) -> str:
        return reverse("invoice-detail", args=[obj.pk])

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not self.request.htmx:
            return super().get(request, *args, **kwargs)
        self.object = self.get_object()
        form = self.build_form(request.GET)
        return render(request, self.fragment_name, {**self.preview(form), "form": form, "swap": True})

    def answer(self, form: Any, **more: Any) -> HttpResponse:
        return super().answer(form, **self.preview(form), **more)

    def preview(self, form: Any) -> dict[str, Any]:
        """What the button would do now: `quoted`, or why not: `refused`; nothing while it is mistyped."""
        shown: dict[str, Any] = {"invoice": self.object, "client": self.object.client}
        if form.is_bound and set(form.errors) & set(self.asked):
            return shown
        try:
            return {**shown, "quoted": self.quote(form.cleaned_data if form.is_bound else self.get_initial())}
        except Refused as why:
            return {**shown, "refused": why.message}

    def quote(self, data: dict[str, Any]) -> Any:
        raise NotImplementedError

    def get_success_url(self, obj: Invoice) -> str:
        return self.page_of(obj)


class Reissue(Correction):
    form_class, template_name = ReissueForm, "invoices/reissuing/reissue.html"
    fragment_name, asked = "invoices/reissuing/_reissue.html", ("payer", "due_on")
    title, submit_label = _("Void and reissue"), _("Void and reissue")
    success_message = _("The new invoice is issued. The letter with it is held: let it go when ready.")

    def get_form_kwargs(self) -> dict[str, Any]:
        payers = Payer.objects.live(clock.today()).filter(client=self.object.client_id)
        return {"number": documents.shown_number(self.object), "payers": payers}

    def get_initial(self) -> dict[str, Any]:
        return {"payer": billing.payer_today(self.object), "due_on": billing.next_due(self.object)}

    def quote(self, data: dict[str, Any]) -> billing.Reissue:
        return billing.quote_reissue(
            self.object, by=self.request.user, payer=data["payer"], due_on=data["due_on"]
        )

    def perform(self, form: ReissueForm, by: Any) -> Invoice:
        data = form.cleaned_data
        return billing.reissue(self.quote(data), by=by, because=data["because"], seen=data["seen"])


class Split(Correction):
    """What the money doesn't cover is ticked to begin with, where the other lines are it to the kopeck."""

    form_class, template_name = SplitForm, "invoices/reissuing/split.html"
    fragment_name, asked = "invoices/reissuing/_split.html", ("lines",)
    title, submit_label = _("Lines into a new draft"), _("Move the lines")
    success_message = _("The lines stand in a new draft. Nothing has been sent.")

    @cached_property
    def lines(self) -> list[Line]:
        return list(self.object.revision.lines.all())

    def get_form_kwargs(self) -> dict[str, Any]:
        return {"lines": self.lines}

    def preview(self, form: Any) -> dict[str, Any]:
        if not form.is_bound and not self.get_initial()["lines"]:
            return {"invoice": self.object, "client": self.object.client}
        return super().preview(form)

    def get_initial(self) -> dict[str, Any]:
        return {"lines": sorted(billing.unpaid_lines(self.object))}

    def quote(self, data: dict[str, Any]) -> billing.Split:
        return billing.quote_split(self.object, data["lines"])

    def perform(self, form: SplitForm, by: Any) -> Invoice:
        data = form.cleaned_data
        return billing.split_off(self.quote(data), by=by, because=data["because"], seen=data["seen"])


class Void(InvoiceDeed):
    """What left the house is voided only by typing its number (SCREENS, habit 9)."""

    permission, danger, form_class = "invoices.void_invoice", True, VoidForm
    title, submit_label, success_message = _("Void the invoice"), _("Void"), _("The invoice is void.")
    template_name = "invoices/reissuing/void.html"

    def get_form_kwargs(self) -> dict[str, Any]:
        return {"number": documents.shown_number(self.object)}

    def get_context(self, obj: Invoice) -> dict[str, Any]:
        try:
            return {"quoted": issuing.quote_void(obj)}
        except Refused as why:
            return {"refused": why.message}

    def perform(self, obj: Invoice, by: Any, data: dict[str, Any]) -> Invoice:
        return issuing.void(obj, by=by, because=data["because"])
