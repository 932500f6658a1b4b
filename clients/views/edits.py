from typing import Any

from django.db.models import Model, QuerySet
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from billing_site.pages.page import Crumb
from billing_site.pages.stale import StaleSave
from billing_site.pages.views import ActionPage, FormPage
from clients import actions
from clients.forms import PayerEditForm, PayerForm, StatusForm
from clients.models import Client, Payer, clients_seen_by
from clients.profile_forms import SECRETS, ProfileForm
from clients.views.card import header_of
from invoices import billing
from tickets import managing


class ClientForm(FormPage):
    """A form about a client: header and important notes above, back to the card's tab behind."""

    permission, menu = "clients.change_client", "clients"
    model: type[Model] = Client
    crumbs = ((_("Clients"), "client-list"),)
    template_name = "clients/form.html"
    tab = "profile"

    def client(self) -> Client:
        """The client the form is about."""
        return self.object

    def get_crumbs(self, obj: Any = None) -> list[Crumb]:
        return [*super().get_crumbs(obj), (self.client().name, self.card())]

    def card(self) -> str:
        return reverse("client-detail", args=[self.client().pk]) + f"?tab={self.tab}"

    def get_success_url(self, obj: Any) -> str:
        return self.card()

    def get_cancel_url(self, obj: Any) -> str:
        return self.card()

    def get_context(self, obj: Any) -> dict[str, Any]:
        return header_of(self.client())


class StaleForm(StaleSave, ClientForm):
    """A form about a client whose save may come too late."""

    template_name = "clients/stale_form.html"


class ClientEdit(StaleForm):
    title, form_class, uncompared = _("Profile"), ProfileForm, SECRETS

    def store(self, form: ProfileForm, by: Any) -> Client:
        return managing.change_client(self.object, by=by, **form.values())

    def stored(self, row: Client) -> ProfileForm:
        return ProfileForm(instance=row)


class PayerNew(ClientForm):
    permission, title, form_class = "clients.add_payer", _("New payer"), PayerForm
    submit_label, success_message = _("Add the payer"), _("Payer added.")

    def perform(self, form: PayerForm, by: Any) -> Payer:
        return actions.add_payer(self.object, by=by, **form.cleaned_data)


class PayerEdit(StaleForm):
    permission, model, title, form_class = "clients.change_payer", Payer, _("Payer"), PayerEditForm

    def get_queryset(self) -> QuerySet:
        seen = clients_seen_by(self.request.user, "client__")
        return Payer.objects.filter(seen, client=self.kwargs["client"]).select_related("client")

    def client(self) -> Client:
        return self.object.client

    def get_initial(self) -> dict[str, Any]:
        return payer_values(self.object)

    def store(self, form: PayerEditForm, by: Any) -> Payer:
        return actions.change_payer(self.object, by=by, **form.cleaned_data)

    def stored(self, row: Payer) -> PayerEditForm:
        return PayerEditForm(initial=payer_values(row))


def payer_values(payer: Payer) -> dict[str, Any]:
    """What the form opens with."""
    return {name: getattr(payer, name) for name in PayerEditForm.base_fields}


class ClientStatus(ActionPage):
    permission, model, menu = "clients.change_client", Client, "clients"
    crumbs = ((_("Clients"), "client-list"),)
    title, submit_label, success_message = _("Change the status"), _("Change"), _("Status changed.")
    explanation = _(
        "Services and invoices stay as they are; the journal keeps who changed the status and when."
    )
    form_class = StatusForm

    def get_form_kwargs(self) -> dict[str, Any]:
        return {"client": self.object}

    def perform(self, obj: Client, by: Any, data: dict[str, Any]) -> Client:
        return billing.change_client_status(obj, data["status"], by=by)

    def get_crumbs(self, obj: Any = None) -> list[Crumb]:
        return [*super().get_crumbs(obj), (obj.name, self.get_success_url(obj))]

    def get_success_url(self, obj: Client) -> str:
        return reverse("client-detail", args=[obj.pk])
