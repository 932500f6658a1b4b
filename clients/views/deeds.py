"""Deeds on a client as a whole: write a letter, close, delete."""

from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from billing_site.journal.models import subject_of
from billing_site.letters import actions as letters
from billing_site.letters.models import Letter
from billing_site.pages.page import Crumb
from billing_site.pages.views import ActionPage, FormPage
from clients import actions
from clients.contacting import quiet_until
from clients.forms import LetterForm
from clients.models import Client, EmailAddress
from clients.views.card import header_of
from invoices import billing
from tickets.letters import signature_of


class ClientLetter(FormPage):
    """A letter of a person to a client; the first button shows it as it will go, the second sends it."""

    permission, model, menu = "letters.add_letter", Client, "clients"
    title, form_class = _("Letter to the client"), LetterForm
    crumbs = ((_("Clients"), "client-list"),)
    template_name = "clients/letter_form.html"
    submit_label, success_message = _("Send"), _("The letter is on its way.")

    def get_crumbs(self, obj: Any = None) -> list[Crumb]:
        return [*super().get_crumbs(obj), (obj.name, reverse("client-detail", args=[obj.pk]))]

    def get_form_kwargs(self) -> dict[str, Any]:
        kept = self.object.addresses.exclude(kind=EmailAddress.Kind.FORMER)
        return {"addresses": list(kept.select_related("contact").order_by("pk"))}

    def get_initial(self) -> dict[str, Any]:
        return {"to": [self.object.main_email]}

    def get_context(self, obj: Client) -> dict[str, Any]:
        return {**header_of(obj), "quiet_until": quiet_until(obj)}

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if "preview" not in request.POST:
            return super().post(request, *args, **kwargs)
        self.object = self.get_object()
        form = self.build_form(request.POST)
        return self.answer(form, preview=self.content(form) if form.is_valid() else None)

    def content(self, form: forms.BaseForm) -> letters.Content:
        said = form.cleaned_data
        return letters.Content(said["subject"], f"{said['text']}\n\n{signature_of(self.request.user)}")

    def perform(self, form: LetterForm, by: Any) -> Letter:
        client: Client = self.object
        return letters.queue(
            self.content(form), to=form.cleaned_data["to"], kind="client", by=by, client_no=client.pk,
            about=subject_of(client), language=client.language,
        )  # fmt: skip

    def get_success_url(self, obj: Letter) -> str:
        return reverse("letter-detail", args=[obj.pk]) + f"?said=client:{self.object.pk}:letter"


class ClientDeed(ActionPage):
    """A deed on the client that ends at its card."""

    model, menu = Client, "clients"
    crumbs = ((_("Clients"), "client-list"),)

    def get_crumbs(self, obj: Any = None) -> list[Crumb]:
        return [*super().get_crumbs(obj), (obj.name, self.card(obj))]

    def card(self, obj: Client) -> str:
        return reverse("client-detail", args=[obj.pk])

    def get_success_url(self, obj: Client) -> str:
        return self.card(obj)

    def get_cancel_url(self, obj: Client) -> str:
        return self.card(obj)


class ClientClose(ClientDeed):
    """What stops the closing is shown and stops it."""

    permission, danger, template_name = "clients.change_client", True, "clients/close.html"
    title, submit_label, success_message = _("Close the client"), _("Close"), _("The client is closed.")
    explanation = _(
        "Nothing runs and nothing is owed. A closed client stays in the list and in all papers, gets no "
        "renewals, and can be opened again."
    )

    def get_context(self, obj: Client) -> dict[str, Any]:
        return {"client": obj, "stops": billing.what_stops_closing(obj)}

    def perform(self, obj: Client, by: Any, data: dict[str, Any]) -> Client:
        return billing.change_client_status(obj, Client.Status.CLOSED, by=by)


class DeleteForm(forms.Form):
    """The client's number again: a deletion can't be undone."""

    number = forms.IntegerField(label=_("Type the client's number"), min_value=1)

    def __init__(self, *args: Any, client: Client, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.client = client

    def clean_number(self) -> int:
        number = self.cleaned_data["number"]
        if number != self.client.pk:
            raise forms.ValidationError(_("This is not the number of this client."))
        return number


class ClientDelete(ClientDeed):
    permission, danger, form_class = "clients.delete_client", True, DeleteForm
    title, submit_label, success_message = (
        _("Delete the client"),
        _("Delete for ever"),
        _("The client is deleted."),
    )
    explanation = _(
        "For a client made by mistake. Its contacts, payers and notes go with it; if there is an order, "
        "a letter, a ticket or anything else, it can only be closed."
    )

    def get_form_kwargs(self) -> dict[str, Any]:
        return {"client": self.object}

    def perform(self, obj: Client, by: Any, data: dict[str, Any]) -> None:
        actions.delete_client(obj, by=by)

    def get_success_url(self, _obj: Client) -> str:
        return reverse("client-list")
