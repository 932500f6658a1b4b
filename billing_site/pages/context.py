"""What the frame around every page needs; worked out only when a template asks for it."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from billing_site.kit import live
from billing_site.pages import counters
from billing_site.pages.access import SIGNED_IN, may
from billing_site.pages.addresses import known
from billing_site.pages.requests import PanelRequest

ROOM = "office"
ONLINE_SECONDS = 300


@dataclass(frozen=True)
class Entry:
    """An entry of the menu; `counter` names its number in counters.py, `query` a filter behind it."""

    label: str | Promise
    url_name: str
    permission: str = SIGNED_IN
    counter: str = ""


@dataclass(frozen=True)
class Section:
    key: str
    label: str | Promise
    icon: str
    entries: tuple[Entry, ...]


MENU = (
    Section("home", _("Home"), "house", (
        Entry(_("My day"), "home"),
        Entry(_("To-dos"), "todo-list", "clients.view_todo"),
    )),
    Section("clients", _("Clients"), "users", (
        Entry(_("All clients"), "client-list", "clients.view_client"),
        Entry(_("New client"), "client-new", "clients.add_client"),
        Entry(_("Import clients"), "client-import", "clients.import_client"),
        Entry(_("Services"), "service-list", "products.view_service"),
        Entry(_("Domains"), "domain-list", "products.view_domain"),
        Entry(_("Drifted sums and dates"), "drift-list", "products.view_service"),
        Entry(_("Payers"), "payer-list", "clients.view_payer"),
        Entry(_("Waiting for a code"), "payer-codes", "clients.view_payer"),
        Entry(_("Contacts"), "contact-list", "clients.view_client"),
        Entry(_("Notes"), "note-list", "clients.view_note"),
        Entry(_("Groups of companies"), "company-group-list", "clients.view_companygroup"),
        Entry(_("Client groups"), "client-group-list", "clients.change_clientgroup"),
    )),
    Section("orders", _("Orders"), "shopping-cart", (
        Entry(_("All orders"), "order-list", "products.view_order", "orders"),
        Entry(_("New order"), "order-new", "products.add_order"),
        Entry(_("Quotes"), "quote-list", "products.view_quote"),
    )),
    Section("billing", _("Billing"), "receipt", (
        Entry(_("Invoices"), "invoice-list", "invoices.view_invoice", "invoices"),
        Entry(_("Renewals"), "renewal-board", "invoices.view_invoice"),
        Entry(_("One-off work"), "work-list", "products.view_billableitem"),
        Entry(_("Payments"), "payment-list", "invoices.view_payment"),
        Entry(_("Payments to look through"), "proof-list", "invoices.look_proof"),
        Entry(_("Unpaid units"), "unpaid-units", "invoices.void_invoice"),
        Entry(_("Bank desk: payments"), "bank-desk", "invoices.view_bankline"),
        Entry(_("Bank statements"), "statement-list", "invoices.view_statement"),
    )),
    Section("support", _("Support"), "life-buoy", (
        Entry(_("Tickets"), "ticket-list", "tickets.view_ticket", "tickets"),
        Entry(_("New ticket"), "ticket-new", "tickets.add_ticket"),
        Entry(_("Quarantine"), "quarantine-list", "tickets.view_rawmail"),
    )),
    Section("reports", _("Reports"), "chart-column", (
        Entry(_("Debtors"), "debtors", "reports.view_debtors"),
    )),
    Section("utilities", _("Utilities"), "wrench", (
        Entry(_("Letters"), "letter-list", "letters.view_letter"),
        Entry(_("Jobs"), "job-list", SIGNED_IN, "jobs"),
        Entry(_("Calls to programs"), "call-list", "products.view_modulecall"),
        Entry(_("Journal"), "journal-list", "journal.view_entry"),
    )),
    Section("settings", _("Settings"), "settings", (
        Entry(_("Products"), "product-list", "products.view_product"),
        Entry(_("Promotions"), "promotion-list", "products.view_promotion"),
        Entry(_("Provisioning programs"), "program-list", "products.view_moduleendpoint"),
        Entry(_("System"), "system", "office.view_system"),
    )),
    Section("help", _("Help"), "circle-question-mark", (Entry(_("Guide"), "help"),)),
)  # fmt: skip
# Counter → label, icon, list, filter: what the number in the top bar leads to.
TOP = (
    ("orders", _("Pending orders"), "shopping-cart", "order-list", "?status=pending"),
    ("invoices", _("Overdue invoices"), "clock-alert", "invoice-list", "?state=overdue"),
    ("tickets", _("Tickets awaiting a reply"), "message-circle", "ticket-list", "?state=awaiting"),
)


class Frame:
    """The frame of one request, part by part."""

    def __init__(self, request: PanelRequest):
        self.request = request
        self.user = request.user

    @cached_property
    def counts(self) -> dict[str, int]:
        return counters.counters(self.user)

    @cached_property
    def menu(self) -> list[dict[str, Any]]:
        """Sections with the entries this user may open; empty sections are left out."""
        return [shown for section in MENU if (shown := self._section(section))["entries"]]

    def _section(self, section: Section) -> dict[str, Any]:
        entries: list[dict[str, Any]] = [
            {"label": entry.label, "url": address, "open": address == self.request.path,
             "count": self._count(entry.counter)}
            for entry in section.entries
            if may(self.user, entry.permission) and (address := known(entry.url_name))
        ]  # fmt: skip
        inside = any(
            e["open"] or (len(e["url"]) > 1 and self.request.path.startswith(e["url"])) for e in entries
        )
        return {
            "key": section.key,
            "label": section.label,
            "icon": section.icon,
            "entries": entries,
            "open": inside,
        }

    def _count(self, name: str) -> str:
        count = self.counts.get(name, 0) if name else 0
        return counters.shown(count) if count else ""

    @cached_property
    def top(self) -> list[dict[str, Any]]:
        """The three counters of the top bar, as links to the filtered lists."""
        return [
            {"label": label, "icon": icon, "url": address + query, "count": counters.shown(self.counts[name]),
             "some": self.counts[name] > 0, "key": name}
            for name, label, icon, url_name, query in TOP
            if name in self.counts and (address := known(url_name))
        ]  # fmt: skip

    @cached_property
    def bell(self) -> dict[str, Any]:
        """Finished jobs and calls of colleagues that the user has not seen yet; calls come first."""
        called = self.counts.get("mentions", 0)
        count = called + self.counts.get("jobs", 0)
        return {
            "count": counters.shown(count) if count else "",
            "url": known("mention-list" if called else "job-list"),
        }

    @cached_property
    def online(self) -> list[str]:
        """Names of staff who opened a page in the last minutes; nobody when Redis is away."""
        live.present(ROOM, self.user.name)
        return sorted(live.who_is(ROOM, ONLINE_SECONDS))


def frame(request: PanelRequest) -> dict[str, Any]:
    return {"frame": Frame(request)} if hasattr(request, "user") else {}
