from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from billing_site.kit import clock
from billing_site.kit.requisites import shown_phone
from billing_site.letters.models import Hold
from billing_site.pages import formats
from billing_site.pages.access import may
from billing_site.pages.addresses import known
from billing_site.pages.views import DetailPage, PanelView
from clients.contacting import quiet_until
from clients.forms import FLAGS
from clients.licensing import ownership_of
from clients.models import Client, EmailAddress, Payer
from clients.note_forms import NoteForm
from clients.queries import important_notes, page_of_notes
from clients.revealing import SECRETS
from clients.timeline import kinds_for, timeline
from clients.views.inline import HARMLESS
from invoices.models import Invoice


@dataclass(frozen=True)
class Tab:
    """A tab of the card; `panel` is the URL name of what it loads, else clients/_tab_<key>.html is shown."""

    key: str
    label: str | Promise
    panel: str = ""
    permission: str = "clients.view_client"
    new: tuple[str, str, str | Promise] | None = None  # URL name, permission, label of its button


PROOFS_SHOWN = 5
UNPAID_SHOWN = 5
TABS = (
    Tab("summary", _("Summary")),
    Tab("profile", _("Profile")),
    Tab("contacts", _("Contacts")),
    Tab("papers", _("Contracts and 1C")),
    Tab("services", _("Services"), "client-services", "products.view_service"),
    Tab("orders", _("Orders"), "client-orders", "products.view_order"),
    Tab("quotes", _("Quotes"), "client-quotes", "products.view_quote"),
    Tab("invoices", _("Invoices"), "client-invoices", "invoices.view_invoice"),
    Tab("works", _("One-off work"), "client-works", "products.view_billableitem"),
    Tab("payments", _("Payments"), "client-payments", "invoices.view_payment"),
    Tab("tickets", _("Tickets"), "client-tickets", "tickets.view_ticket"),
    Tab("letters", _("Letters"), "client-letters", "letters.view_letter"),
    Tab("notes", _("Notes"), "", "clients.view_note"),
    Tab("log", _("Log")),
)


def label_of(name: str) -> str | Promise:
    """What people call a field of the client."""
    field: Any = Client._meta.get_field(name)
    return field.verbose_name


def header_of(client: Client) -> dict[str, Any]:
    """What stands on top of every page of a client."""
    return {
        "client": client,
        "flags": [label_of(name) for name in FLAGS if getattr(client, name)],
        "ownership": ownership_of(client),
        "email": client.main_email,
        "phone": shown_phone(client.phone, client.extension),
        **important_of(client),
    }


def important_of(client: Client) -> dict[str, Any]:
    """What stands on top of a client's pages: the hold, the newest important notes, if there are more."""
    hold = Hold.objects.filter(client_no=client.pk).select_related("by").first()
    return {"hold": hold, **important_notes(client)}


def unpaid_of(client: Client) -> QuerySet:
    """Its newest unpaid invoices: they went to the address of their day."""
    return Invoice.objects.unpaid().filter(client=client).order_by("-id")[:UNPAID_SHOWN]


class ClientCard(DetailPage):
    """The home of a client: header on every tab, the open tab in the address (?tab=)."""

    permission, model, menu = "clients.view_client", Client, "clients"
    crumbs = ((_("Clients"), "client-list"),)
    template_name = "clients/card.html"

    def get_queryset(self) -> QuerySet:
        return (
            super()
            .get_queryset()
            .select_related(
                "account_manager",
                "sales_manager",
                "client_group",
                "company_group",
                "department",
                "billing_contact",
            )
        )

    def shown_tabs(self) -> list[Tab]:
        """Tabs the user may see and whose room is built."""
        user = self.request.user
        return [
            tab
            for tab in TABS
            if may(user, tab.permission) and (not tab.panel or known(tab.panel, self.kwargs["pk"]))
        ]

    def get_context(self, obj: Client) -> dict[str, Any]:
        tabs = self.shown_tabs()
        wanted = self.request.GET.get("tab", "")
        tab = next((tab for tab in tabs if tab.key == wanted), tabs[0])
        gather: Callable[[Client], dict[str, Any]] = getattr(self, f"tab_{tab.key}", lambda _client: {})
        return {
            **header_of(obj),
            "tabs": tabs,
            "tab": tab,
            "tab_template": f"clients/_tab_{tab.key}.html" if not tab.panel else "clients/_tab_panel.html",
            **gather(obj),
        }

    def tab_summary(self, client: Client) -> dict[str, Any]:
        payers = client.payers.prefetch_related("kpps")
        return {"payer": next((payer for payer in payers if payer.is_default), None), "payers": payers}

    def tab_profile(self, client: Client) -> dict[str, Any]:
        payers = list(client.payers.prefetch_related("kpps"))
        return {
            "payers": payers,
            "today": clock.today(),
            "sections": profile_facts(client),
            "harmless": HARMLESS,
            "missing": to_be_filled(client, payers),
            "secrets": [(name, label_of(name)) for name in SECRETS if getattr(client, name)],
        }

    def tab_contacts(self, client: Client) -> dict[str, Any]:
        everything = list(client.addresses.order_by("pk"))
        own = [one for one in everything if one.kind != EmailAddress.Kind.FORMER]
        in_use = {one.address for one in own}
        quiet = quiet_until(client)
        former = dict.fromkeys(one.address for one in everything if one.address not in in_use)
        return {
            "contacts": [
                (contact, [one for one in own if one.contact_id == contact.pk])
                for contact in client.contacts.all()
            ],
            "addresses": [one for one in own if one.contact_id is None],
            "former": list(former),
            "proofs": client.proofs.filter(confirmed_at__isnull=False).select_related("by")[:PROOFS_SHOWN],
            "quiet_until": quiet,
            "unpaid": unpaid_of(client) if quiet and may(self.request.user, "invoices.view_invoice") else [],
        }

    def tab_log(self, _client: Client) -> dict[str, Any]:
        kinds = kinds_for(self.request.user)
        wanted = self.request.GET.get("kind", "")
        return {"kinds": kinds, "kind": wanted if wanted in {kind.key for kind in kinds} else ""}

    def tab_notes(self, client: Client) -> dict[str, Any]:
        return {**page_of_notes(client), "form": NoteForm(auto_id="note_%s")}


PROFILE = (
    (_("Who"), ("name", "company", "status", "phone", "language", "client_group", "registered_on")),
    (_("Papers"), ("billing_contact", "postal_address", "payment_method", "currency")),
    (_("Our side"), ("account_manager", "sales_manager")),
    (
        _("Where the client came from"),
        ("department", "office_name", "source", "lead", "utm"),
    ),
    (_("Logins"), ("cloud_login", "portal_login", "security_question")),
)


def profile_facts(client: Client) -> list[tuple[str | Promise, list[tuple[str, str | Promise, Any]]]]:
    """Sections of the profile, fields by name with the words people say, in reading order."""
    said: dict[str, Any] = {
        "status": client.get_status_display(),
        "language": client.get_language_display(),
        "payment_method": client.get_payment_method_display(),
        "phone": shown_phone(client.phone, client.extension),
        "registered_on": formats.day(client.registered_on),
        "utm": ", ".join(f"{mark}: {text}" for mark, text in client.utm.items()),
    }
    return [
        (title, [(name, label_of(name), said.get(name, getattr(client, name))) for name in names])
        for title, names in PROFILE
    ]


WANTED = ("phone", "account_manager", "source", "department", "billing_contact", "postal_address")
WANTED_OF_PAYER = ("inn", "ogrn", "counterparty_code", "legal_address", "signatory")


def to_be_filled(client: Client, payers: list[Payer]) -> list[str]:
    """What the short form of creation left for later (R1.6), in the words of the fields."""
    payer = next((one for one in payers if one.is_default), None)
    missing = [label_of(name) for name in WANTED if not getattr(client, name)]
    if payer is None:
        return [str(word) for word in (*missing, _("default payer"))]
    fields: list[Any] = [Payer._meta.get_field(name) for name in WANTED_OF_PAYER if not getattr(payer, name)]
    if payer.kind == Payer.Kind.LEGAL and not payer.kpp:
        fields.append(Payer._meta.get_field("kpp"))
    if payer.kind == Payer.Kind.PERSON:
        fields = [field for field in fields if field.name not in ("ogrn", "signatory")]
    return [str(word) for word in (*missing, *(field.verbose_name for field in fields))]


class ClientImportant(PanelView):
    """Important notes: the header asks again when a note was changed in place."""

    permission, model, template_name = "clients.view_client", Client, "clients/_important.html"

    def get_context(self, obj: Client) -> dict[str, Any]:
        return {"client": obj, **important_of(obj)}


class ClientLog(PanelView):
    """What happened to the client, newest first: of one `?kind=`, `?before=` the end of the last answer."""

    permission, model, template_name = "clients.view_client", Client, "clients/_log.html"
    size = 40

    def get_context(self, obj: Client) -> dict[str, Any]:
        size = 8 if self.request.GET.get("short") else self.size
        before = self.request.GET.get("before", "")
        place = int(before) if before.isdecimal() and len(before) < 19 else None
        kind, user = self.request.GET.get("kind", ""), self.request.user
        told, more = timeline(obj, before=place, size=size, kind=kind, user=user)
        return {"told": told, "more": more, "kind": kind, "short": bool(self.request.GET.get("short"))}
