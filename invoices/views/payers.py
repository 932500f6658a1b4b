"""Change of a legal entity or a KPP from a date, with what it means for invoices (R1.2)."""

from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from billing_site.pages.addresses import known
from billing_site.pages.page import Crumb
from billing_site.pages.views import FormPage
from clients.models import Payer, clients_seen_by
from invoices import billing
from invoices.models import Invoice
from invoices.payer_forms import EntityForm, KppForm


class OfPayer(FormPage):
    """A form about a payer; beside it what is not sent yet and what is sent and unpaid."""

    permission, menu, template_name = "clients.change_payer", "clients", "invoices/payer_form.html"

    def get_queryset(self) -> QuerySet:
        seen = clients_seen_by(self.request.user, "client__")
        return Payer.objects.filter(seen, client=self.kwargs["client"]).select_related("client")

    def get_crumbs(self, obj: Any = None) -> list[Crumb]:
        return [
            (_("Clients"), known("client-list")),
            (self.object.client.name, self.get_success_url(self.object)),
            (self.object.name, known("payer-edit", self.object.client_id, self.object.pk)),
        ]

    def get_success_url(self, obj: Payer) -> str:
        return reverse("client-detail", args=[obj.client_id]) + "?tab=profile"

    def get_context(self, obj: Payer) -> dict[str, Any]:
        drafts = Invoice.objects.filter(payer=obj, status=Invoice.Status.DRAFT)
        return {
            "payer": obj,
            "client": obj.client,
            "unpaid": billing.unpaid_of(obj),
            "drafts": drafts.select_related("seller").order_by("pk"),
        }


class PayerReplace(OfPayer):
    title, form_class = _("Another legal entity from a date"), EntityForm
    submit_label, success_message = _("Change the legal entity"), _("The legal entity is changed.")

    def get_initial(self) -> dict[str, Any]:
        same = ("postal_address", "signatory_post", "signatory")
        return {name: getattr(self.object, name) for name in same}

    def perform(self, form: EntityForm, by: Any) -> Payer:
        return billing.replace_payer(self.object, by=by, **form.cleaned_data)


class PayerKpp(OfPayer):
    title, form_class = _("Another KPP from a date"), KppForm
    submit_label, success_message = _("Change the KPP"), _("The KPP is changed.")

    def perform(self, form: KppForm, by: Any) -> Payer:
        return billing.change_kpp(self.object, by=by, **form.cleaned_data)
