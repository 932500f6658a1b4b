"""Lists over all clients: their payers, their contacts."""

from django.db.models import OuterRef, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from billing_site.pages.views import ListPage
from clients.filters import find_contacts, find_payers
from clients.models import Contact, EmailAddress, Payer, clients_seen_by
from clients.people_filters import ContactFilter, PayerFilter
from clients.tables import ContactTable, PayerTable


class PayerList(ListPage):
    """Whom invoices are drawn to, the newest first."""

    permission, title, menu = "clients.view_payer", _("Payers"), "clients"
    table, filterset = PayerTable, PayerFilter
    search_fields = ("inn",)
    search_hint = _("Name, INN, code, client")
    tabs = (
        (_("All"), ""),
        (_("Without a code"), "code=without&state=now"),
        (_("No longer valid"), "state=past"),
    )
    empty_text = _("No payers yet: they are added on a client's card.")

    def get_queryset(self) -> QuerySet:
        return Payer.objects.filter(clients_seen_by(self.request.user, "client__"))

    def search(self, queryset: QuerySet, typed: str) -> QuerySet:
        return find_payers(queryset, typed)


class ContactList(ListPage):
    """People at all clients, the newest first."""

    permission, title, menu = "clients.view_client", _("Contacts"), "clients"
    table, filterset = ContactTable, ContactFilter
    search_fields = ("phone",)
    search_hint = _("Name, e-mail, phone, client")
    empty_text = _("No contacts yet: they are added on a client's card.")

    def get_queryset(self) -> QuerySet:
        own = EmailAddress.objects.filter(contact=OuterRef("pk")).exclude(kind=EmailAddress.Kind.FORMER)
        own = own.order_by("pk")
        return Contact.objects.filter(clients_seen_by(self.request.user, "client__")).annotate(
            address=Coalesce(Subquery(own.values("address")[:1]), Value("")),
            address_kind=Coalesce(Subquery(own.values("kind")[:1]), Value("")),
        )

    def search(self, queryset: QuerySet, typed: str) -> QuerySet:
        return find_contacts(queryset, typed)
