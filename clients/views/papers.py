"""Contracts, 1C products and 1C's services of a client: the tab and its forms (R1.3, R1.4)."""

from typing import Any

from django.db.models import QuerySet
from django.http import Http404
from django.http.response import HttpResponseBase
from django.utils.translation import gettext_lazy as _

from billing_site.kit import clock
from billing_site.pages.views import ObjectPage, PanelView, send_file
from clients import contracting, licensing
from clients.models import Client, ClientOption, Contract, LicenceItem, clients_seen_by
from clients.paper_forms import ContractForm, LicenceForm, OptionForm
from clients.views.edits import ClientForm


class ClientPapers(PanelView):
    """The tab «contracts and 1C»."""

    permission, model, template_name = "clients.view_client", Client, "clients/_papers.html"

    def get_context(self, obj: Client) -> dict[str, Any]:
        return {
            "client": obj,
            "contracts": obj.contracts.select_related("payer", "seller"),
            "licences": obj.licences.all(),
            "options": options_of(obj),
            "today": clock.today(),
        }


def options_of(client: Client) -> list[dict[str, Any]]:
    """Each of 1C's services with its state of today (None = nothing said yet) and all that was said of it."""
    today, said = clock.today(), list(client.options.all())
    return [
        {
            "kind": kind,
            "label": label,
            "now": next((one for one in said if one.kind == kind and one.since <= today), None),
            "story": [one for one in said if one.kind == kind],
        }
        for kind, label in ClientOption.Kind.choices
    ]


class PaperForm(ClientForm):
    tab = "papers"


class ContractNew(PaperForm):
    title, form_class = _("New contract"), ContractForm
    submit_label, success_message = _("Add the contract"), _("Contract added.")

    def get_form_kwargs(self) -> dict[str, Any]:
        return {"client": self.object}

    def perform(self, form: ContractForm, by: Any) -> Contract:
        return contracting.add_contract(self.object, by=by, **form.cleaned_data)


class OfClient(PaperForm):
    """A form about a row that hangs on a client; the address names both."""

    def get_queryset(self) -> QuerySet:
        seen = clients_seen_by(self.request.user, "client__")
        rows: Any = self.model
        return rows.objects.filter(seen, client=self.kwargs["client"]).select_related("client")

    def client(self) -> Client:
        return self.object.client

    def get_initial(self) -> dict[str, Any]:
        fields: Any = self.form_class
        return {name: getattr(self.object, name) for name in fields.base_fields if name != "file"}


class ContractEdit(OfClient):
    model, title, form_class, success_message = Contract, _("Contract"), ContractForm, _("Contract changed.")

    def get_form_kwargs(self) -> dict[str, Any]:
        return {"client": self.object.client}

    def perform(self, form: ContractForm, by: Any) -> Contract:
        return contracting.change_contract(self.object, by=by, **form.cleaned_data)


class Scan(ObjectPage):
    """The scan of a contract."""

    permission = "clients.view_client"

    def get_queryset(self) -> QuerySet:
        seen = clients_seen_by(self.request.user, "client__")
        return Contract.objects.filter(seen, client=self.kwargs["client"])

    def get(self, request: Any, **_kwargs: Any) -> HttpResponseBase:
        contract = self.get_object()
        if not contract.storage_name:
            raise Http404
        return send_file(contract.storage_name, contract.file_name)


class LicenceNew(PaperForm):
    title, form_class = _("New 1C licence"), LicenceForm
    submit_label, success_message = _("Add the licence"), _("Licence added.")

    def perform(self, form: LicenceForm, by: Any) -> LicenceItem:
        return licensing.add_licence(self.object, by=by, **form.cleaned_data)


class LicenceEdit(OfClient):
    model, title, form_class, success_message = (
        LicenceItem,
        _("1C licence"),
        LicenceForm,
        _("Licence changed."),
    )

    def perform(self, form: LicenceForm, by: Any) -> LicenceItem:
        return licensing.change_licence(self.object, by=by, **form.cleaned_data)


class OptionSet(PaperForm):
    """A new state of one of 1C's services; `kind` in the address says of which."""

    form_class = OptionForm

    def kind(self) -> ClientOption.Kind:
        try:
            return ClientOption.Kind(self.kwargs["kind"])
        except ValueError as unknown:
            raise Http404 from unknown

    def get_title(self, obj: Any = None) -> str:
        return str(self.kind().label)

    def get_initial(self) -> dict[str, Any]:
        now = self.object.options.filter(kind=self.kind(), since__lte=clock.today()).first()
        return {"state": now.state, "until": now.until, "note": now.note} if now else {}

    def perform(self, form: OptionForm, by: Any) -> ClientOption:
        return licensing.set_option(self.object, self.kind(), by=by, **form.cleaned_data)
