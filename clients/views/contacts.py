"""Contact data of a client and its people: changed by proof, or asked about by a link (R2.3)."""

from typing import Any

from django.db.models import QuerySet
from django.http import Http404
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from billing_site.kit import clock
from billing_site.kit.requisites import shown_phone
from billing_site.pages.stale import StaleSave
from billing_site.pages.views import ObjectPage, send_file
from clients import contacting, proving
from clients.contact_forms import ContactForm, ContactsForm, ProofFields
from clients.models import Client, Contact, EmailAddress, Proof, clients_seen_by
from clients.views.card import unpaid_of
from clients.views.edits import ClientForm

SHOWN = 5
PROOFS = frozenset(ProofFields.base_fields)  # said of a change, not stored in the row


class ContactPage(ClientForm):
    """A form with proofs; `?proof=` fills in what the client has confirmed by a link."""

    permission, tab = "clients.change_contacts", "contacts"
    template_name = "clients/contacts_form.html"

    def get_form_kwargs(self) -> dict[str, Any]:
        return {"phones": proving.standing_phones(self.client())}

    def person(self) -> Contact | None:
        return None

    def standing(self) -> dict[str, Any]:
        """What stands in the card, as the form's initial values."""
        raise NotImplementedError

    def get_initial(self) -> dict[str, Any]:
        wanted = self.request.GET.get("proof", "")
        if not wanted.isdecimal() or len(wanted) > 9:
            return self.standing()
        proof = get_object_or_404(Proof, pk=int(wanted), client=self.client(), kind=Proof.Kind.LINK)
        return {**self.standing(), **confirmed_values(proof)}

    def questions(self) -> list[Proof]:
        """Links sent about this datum, newest first."""
        person = self.person()
        sent = self.client().proofs.filter(kind=Proof.Kind.LINK, changes__contact=person and person.pk)
        return list(sent.select_related("by")[:SHOWN])

    def get_context(self, obj: Any) -> dict[str, Any]:
        client = self.client()
        return {
            **super().get_context(obj),
            "questions": [(proof, standing_of(proof)) for proof in self.questions()],
            "quiet_until": contacting.quiet_until(client),
            "unpaid": unpaid_of(client),
            "may_waive": self.request.user.has_perm(proving.WAIVE),
            "ask_url": self.ask_url(),
        }

    def ask_url(self) -> str:
        """Where the form goes instead to ask the main address first; "" when it can't."""
        return ""


def confirmed_values(proof: Proof) -> dict[str, Any]:
    """The new values of a question, as the form's initial values."""
    new = {name: value for name, _old, value in proof.changes.get("changes", [])}
    if "powers" in new:
        return {**new, "powers": new["powers"].split(",")}
    return new


def standing_of(proof: Proof) -> str:
    """How a question stands: "confirmed", "waiting" or "lapsed"."""
    if proof.confirmed_at:
        return "confirmed"
    return "waiting" if proof.expires_at and proof.expires_at > clock.now() else "lapsed"


class ContactsChange(StaleSave, ContactPage):
    """The client's own main e-mail and phone."""

    title, form_class, model = _("Main e-mail and phone"), ContactsForm, Client
    uncompared = PROOFS
    success_message = _("Contact data changed; the old ones are kept in an important note.")

    def standing(self) -> dict[str, Any]:
        return contacts_of(self.client())

    def ask_url(self) -> str:
        return reverse("contacts-ask", args=[self.client().pk])

    def stored(self, row: Client) -> ContactsForm:
        return ContactsForm(initial=contacts_of(row))

    def store(self, form: ContactsForm, by: Any) -> Client:
        return contacting.change_contacts(
            self.object,
            form.wanted(),
            by=by,
            proofs=form.evidence(),
            because=form.cleaned_data["because"],
            version=form.cleaned_data["version"],
        )


def contacts_of(client: Client) -> dict[str, Any]:
    """What the form of the client's own contact data opens with."""
    return {"email": client.main_email, "phone": shown_phone(client.phone, client.extension)}


class ContactsAsk(ContactsChange):
    """The same form sent by its other button: the main address is asked first."""

    success_message = _("A link was sent to the main address. When it is confirmed, you get a note.")

    def perform(self, form: ContactsForm, by: Any) -> Proof:
        client = self.client()
        return proving.ask_by_link(client, contacting.difference(client, form.wanted()), by=by)


class ContactNew(ContactPage):
    title, form_class = _("New contact"), ContactForm
    submit_label, success_message = _("Add the contact"), _("Contact added.")

    def standing(self) -> dict[str, Any]:
        return {}

    def questions(self) -> list[Proof]:
        return []

    def perform(self, form: ContactForm, by: Any) -> Contact:
        return contacting.introduce(
            self.object,
            by=by,
            proofs=form.evidence(),
            because=form.cleaned_data["because"],
            **form.wanted(),
        )


class ContactEdit(StaleSave, ContactPage):
    model, title, form_class = Contact, _("Contact"), ContactForm
    uncompared = PROOFS
    success_message = _("Contact changed.")

    def get_queryset(self) -> QuerySet:
        seen = clients_seen_by(self.request.user, "client__")
        return Contact.objects.filter(seen, client=self.kwargs["client"]).select_related("client")

    def client(self) -> Client:
        return self.object.client

    def person(self) -> Contact:
        return self.object

    def standing(self) -> dict[str, Any]:
        return person_values(self.object)

    def ask_url(self) -> str:
        return reverse("contact-ask", args=[self.client().pk, self.object.pk])

    def stored(self, row: Contact) -> ContactForm:
        return ContactForm(initial=person_values(row))

    def store(self, form: ContactForm, by: Any) -> Contact:
        return contacting.change_person(
            self.object,
            by=by,
            proofs=form.evidence(),
            because=form.cleaned_data["because"],
            version=form.cleaned_data["version"],
            **form.wanted(),
        )


def person_values(contact: Contact) -> dict[str, Any]:
    """What the form of a person opens with."""
    address = contact.own_address()
    return {
        "name": contact.name,
        "post": contact.post,
        "phone": contact.shown_phone,
        "powers": contact.powers,
        "classes": contact.classes,
        "email": address.address if address else "",
        "shared": bool(address and address.kind == EmailAddress.Kind.SHARED),
    }


class ContactAsk(ContactEdit):
    success_message = ContactsAsk.success_message

    def perform(self, form: ContactForm, by: Any) -> Proof:
        changes = contacting.difference_of_person(self.object, form.wanted())
        return proving.ask_by_link(self.client(), changes, by=by, contact=self.object)


class ProofFile(ObjectPage):
    """The letter that proved a change."""

    permission = "clients.change_contacts"

    def get_queryset(self) -> QuerySet:
        seen = clients_seen_by(self.request.user, "client__")
        return Proof.objects.filter(seen, client=self.kwargs["client"])

    def get(self, request: Any, **_kwargs: Any) -> HttpResponseBase:
        proof = self.get_object()
        if not proof.storage_name:
            raise Http404
        return send_file(proof.storage_name, proof.file_name)
