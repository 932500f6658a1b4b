"""Blocks of "my day", said once as data: whose right, which rows, which columns, where the rest is."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from billing_site.home import queries, tables
from billing_site.office.models import User
from billing_site.pages.access import may
from billing_site.pages.addresses import known
from billing_site.pages.tables import ShownRow, Table

ROWS = 6


@dataclass(frozen=True)
class Block:
    """A block of the home page.

    `more` is the URL name and query of the whole list, `panel` of a part that loads above the rows.
    """

    key: str
    title: str | Promise
    icon: str
    permission: str
    rows: Callable[[User], QuerySet[Any, Any]]
    table: type[Table]
    more: tuple[str, str]
    panel: str = ""


@dataclass(frozen=True)
class Filled:
    """A block with its first rows; `longer` = there are more than shown."""

    block: Block
    columns: list[Any]
    rows: list[ShownRow]
    longer: bool

    @property
    def more_url(self) -> str:
        name, query = self.block.more
        address = known(name)
        return f"{address}{query}" if address else ""


BLOCKS = (
    Block("tickets", _("My tickets by time left"), "message-circle", "tickets.view_ticket",
          queries.my_tickets, tables.TicketBlock, ("ticket-list", "")),
    Block("drafts", _("Drafts to check"), "pencil-line", "invoices.issue_invoice",
          queries.my_drafts, tables.DraftBlock, ("invoice-list", "?status=draft")),
    Block("bank", _("Payments that need a look"), "landmark", "invoices.view_bankline",
          queries.open_bank_lines, tables.BankLineBlock, ("bank-desk", "")),
    Block("overdue", _("Overdue invoices"), "clock-alert", "invoices.issue_invoice",
          queries.my_overdue, tables.OverdueBlock, ("invoice-list", "?state=overdue"), "home-debts"),
    Block("proofs", _("Payments to look through"), "clipboard-check", "invoices.look_proof",
          queries.unseen_proofs, tables.ProofBlock, ("proof-list", "")),
    Block("orders", _("Orders to accept"), "shopping-cart", "products.accept_order",
          queries.pending_orders, tables.OrderBlock, ("order-list", "?status=pending")),
    Block("letters", _("Letters held or failed"), "mail-warning", "letters.change_letter",
          queries.stopped_letters, tables.LetterBlock, ("letter-list", "?state=stopped")),
    Block("quarantine", _("Mails that could not be read"), "shield-alert", "tickets.view_rawmail",
          queries.quarantined_mails, tables.QuarantineBlock, ("quarantine-list", "")),
)  # fmt: skip
RENEWALS = Block("renewals", _("Renewals of the next 20 days"), "calendar-sync", "invoices.issue_invoice",
                 queries.coming_renewals, tables.RenewalBlock, ("service-list", ""))  # fmt: skip


def filled(block: Block, user: User) -> Filled:
    """The block with its first rows, in one query."""
    table = block.table()
    found = list(block.rows(user).values(*table.fields())[: ROWS + 1])
    return Filled(block, list(table.visible), table.shown(found[:ROWS]), len(found) > ROWS)


def my_day(user: User) -> list[Filled]:
    """The blocks that the user has a right to, each with its first rows."""
    return [filled(block, user) for block in BLOCKS if may(user, block.permission)]
