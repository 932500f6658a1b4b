"""Links that the home page and the guide offer: those that exist and that the reader may follow."""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from billing_site.office.models import User
from billing_site.pages.access import may
from billing_site.pages.addresses import known


@dataclass(frozen=True)
class Link:
    """Somewhere to go: `text` says what is done there."""

    url_name: str
    permission: str
    icon: str
    label: str | Promise
    text: str | Promise = ""

    @property
    def url(self) -> str | None:
        return known(self.url_name)


QUICK = (
    Link("client-new", "clients.add_client", "user-plus", _("New client")),
    Link("order-new", "products.add_order", "shopping-cart", _("New order")),
    Link("quote-new", "products.add_quote", "file-text", _("New quote")),
    Link("ticket-new", "tickets.add_ticket", "message-circle-plus", _("New ticket")),
    Link("statement-new", "invoices.add_statement", "file-up", _("Load a statement")),
    Link("debtors", "reports.view_debtors", "chart-column", _("Debtors")),
)
GUIDE = (
    Link("client-new", "clients.add_client", "user-plus", _("Register a client"),
         _("Company, INN and main e-mail are enough; the rest can wait.")),
    Link("order-list", "products.view_order", "shopping-cart", _("Take an order"),
         _("Accepting an order makes a draft invoice. Nothing is mailed before you check and send it.")),
    Link("invoice-list", "invoices.view_invoice", "receipt", _("Check and send invoices"),
         _("You see the paper, the letter and who gets it, and only then press the one button.")),
    Link("bank-desk", "invoices.view_bankline", "landmark", _("Match payments"),
         _("Load the bank's statement: clear payments apply themselves, doubtful ones wait with reasons.")),
    Link("ticket-list", "tickets.view_ticket", "message-circle", _("Answer tickets"),
         _("The queue is sorted by the time left. An answer goes to the client, a note stays inside.")),
    Link("debtors", "reports.view_debtors", "chart-column", _("See who owes"),
         _("By manager and by age; the file holds exactly what is filtered.")),
)  # fmt: skip


def links(offered: tuple[Link, ...], user: User) -> list[Link]:
    """Those of the links that exist and that the user may follow."""
    return [link for link in offered if may(user, link.permission) and link.url]
