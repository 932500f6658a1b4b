"""Blocks of "my day", said once as data: whose right, which rows, which columns, where the rest is."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from billing_site.home import late, queries, tables, waiting
from billing_site.kit import clock
from billing_site.office.models import User
from billing_site.pages.access import may
from billing_site.pages.addresses import known
from billing_site.pages.tables import ShownRow, Table
from invoices.billing.renewing import AHEAD
from tickets.queries import my_queue

ROWS = 6


@dataclass(frozen=True)
class Block:
    """A block of the home page.

    `more` is the URL name and query of the whole list, `mine` the list's filter that leaves a manager's own
    rows, `panel` the URL name of a part that loads above the rows; `counted` blocks say how many there are.
    """

    key: str
    title: str | Promise
    icon: str
    permission: str
    rows: Callable[[User], QuerySet[Any, Any]]
    table: type[Table]
    more: tuple[str, Callable[[], str] | str]
    panel: str = ""
    mine: str = ""
    counted: bool = False


@dataclass(frozen=True)
class Filled:
    """A block with its first rows; `longer` = there are more than shown, `more_url` = all of them."""

    block: Block
    columns: list[Any]
    rows: list[ShownRow]
    longer: bool
    more_url: str
    count: int | None = None


def due_soon() -> str:
    """The filter of services whose next period starts within the days of a renewal."""
    today = clock.today()
    until = today + AHEAD
    return f"?due_since={today:%Y-%m-%d}&due_until={until:%Y-%m-%d}"


BLOCKS = (
    Block("tickets", _("My tickets by time left"), "message-circle", "tickets.view_ticket",
          my_queue, tables.TicketBlock, ("ticket-list", "")),
    Block("todos", _("To-dos"), "list-checks", "clients.view_todo",
          queries.my_todos, tables.TodoBlock, ("todo-list", "")),
    Block("drafts", _("Drafts to check"), "pencil-line", "invoices.issue_invoice",
          queries.my_drafts, tables.DraftBlock, ("invoice-list", "?status=draft"), mine="manager"),
    Block("parked", _("Parked renewals"), "circle-pause", "invoices.issue_invoice",
          late.parked_renewals, late.ParkedBlock, ("parked-list", ""), mine="manager",
          counted=True),
    Block("late", _("Not sent by the day"), "calendar-clock", "office.view_system",
          late.late_renewals, late.LateBlock, ("renewal-board", "?manager=all"), counted=True),
    Block("bank", _("Payments that need a look"), "landmark", "invoices.view_bankline",
          queries.open_bank_lines, tables.BankLineBlock, ("bank-desk", "")),
    Block("overdue", _("Overdue invoices"), "clock-alert", "invoices.issue_invoice",
          queries.my_overdue, tables.OverdueBlock, ("invoice-list", "?state=overdue"),
          "home-debts", "manager"),
    Block("proofs", _("Payments to look through"), "clipboard-check", "invoices.look_proof",
          queries.unseen_proofs, tables.ProofBlock, ("proof-list", "?state=unseen"), mine="manager"),
    Block("codes", _("Waiting for a code"), "hash", "clients.change_payer",
          waiting.waiting_for_code, waiting.CodeBlock, ("payer-codes", "")),
    Block("managerless", _("Paid, without a manager"), "user-x", "office.view_system",
          waiting.paid_without_manager, waiting.ManagerlessBlock, ("client-managerless", "")),
    Block("orders", _("Orders to accept"), "shopping-cart", "products.accept_order",
          queries.pending_orders, tables.OrderBlock, ("order-list", "?status=pending")),
    Block("letters", _("Letters held or failed"), "mail-warning", "letters.change_letter",
          queries.stopped_letters, tables.LetterBlock, ("letter-list", "?state=stopped")),
    Block("quarantine", _("Mails that could not be read"), "shield-alert", "tickets.view_rawmail",
          queries.quarantined_mails, tables.QuarantineBlock, ("quarantine-list", "")),
)  # fmt: skip
RENEWALS = Block("renewals", _("Renewals of the next 20 days"), "calendar-sync", "invoices.issue_invoice",
                 queries.coming_renewals, tables.RenewalBlock, ("service-list", due_soon))  # fmt: skip


def more_url(block: Block, user: User) -> str:
    """Where all rows of the block stand; "" while nobody has that list."""
    name, query = block.more
    address = known(name)
    if not address:
        return ""
    asked = query() if callable(query) else query
    if block.mine and not queries.oversees(user):
        asked += f"{'&' if asked else '?'}{block.mine}={user.pk}"
    return f"{address}{asked}"


def filled(block: Block, user: User) -> Filled:
    """The block with its first rows, in one query; a counted one that is longer takes a second."""
    table, rows = block.table(), block.rows(user)
    found = list(rows.values(*table.fields())[: ROWS + 1])
    shown, longer, count = table.shown(found[:ROWS]), len(found) > ROWS, None
    if block.counted:
        count = rows.order_by().count() if longer else len(found)
    return Filled(block, list(table.visible), shown, longer, more_url(block, user), count)


def my_day(user: User) -> list[Filled]:
    """The blocks that the user has a right to, each with its first rows."""
    return [filled(block, user) for block in BLOCKS if may(user, block.permission)]
