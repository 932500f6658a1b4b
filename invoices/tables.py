from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from billing_site.pages.statuses import badge
from billing_site.pages.tables import (
    DateColumn,
    LinkColumn,
    MomentColumn,
    MoneyColumn,
    NumberColumn,
    Row,
    StatusColumn,
    Table,
    TextColumn,
)
from invoices.models import BankLine, Statement

HOLDS = {True: ("ok", _("hold")), False: ("trouble", _("don't add up")), None: ("unknown", _("not stated"))}


def _holds(row: Row) -> str:
    look, word = HOLDS[row["balanced"]]
    return badge(look, word=str(word)) if row["status"] == Statement.Status.READ else "—"


def _accounts(row: Row) -> str:
    return ", ".join(one["account"] for one in row["accounts"])


def _ends(row: Row) -> str:
    """The last digits, as people call their accounts."""
    return ", ".join(f"…{one['account'][-5:]}" for one in row["accounts"]) or "—"


class StatementTable(Table):
    columns = (
        LinkColumn("name", _("File"), link=lambda row: reverse("statement-detail", args=[row["id"]])),
        StatusColumn("status", _("State"), choices=Statement.Status, of="invoices.statement"),
        MomentColumn("created_at", _("Loaded")),
        TextColumn("author", _("Who"), fields=("author__name",)),
        TextColumn("accounts", _("Accounts"), cell=_ends, export=_accounts),
        NumberColumn("lines_new", _("New")),
        NumberColumn("lines_known", _("Known")),
        NumberColumn("applied", _("Applied")),
        NumberColumn("waiting", _("To look at")),
        TextColumn("balanced", _("Totals"), cell=_holds),
    )
    reads = ("status", "balanced")

    def css(self, row: Row) -> str:
        if row["status"] == Statement.Status.FAILED or row["balanced"] is False:
            return "danger"
        return "warning" if row["waiting"] else ""


def _payer(row: Row) -> str:
    return format_html(
        '{}<br><span class="muted small">{}</span>', row["payer_name"] or "—", row["payer_inn"]
    )


class BankLineTable(Table):
    columns = (
        DateColumn("posted_on", _("Date"), link=lambda row: reverse("bank-line", args=[row["id"]])),
        TextColumn("number", _("No.")),
        TextColumn("payer_name", _("Payer"), cell=_payer),
        TextColumn("payer_inn", _("INN"), hidden=True),
        MoneyColumn("amount", _("Amount"), currency="currency", sum="amount"),
        TextColumn("purpose", _("Purpose")),
        StatusColumn("outcome", _("Outcome"), choices=BankLine.Outcome, of="invoices.bankline"),
        TextColumn("reason", _("Reason"), hidden=True),
        StatusColumn("direction", _("Direction"), choices=BankLine.Direction, hidden=True),
    )
    reads = ("payer_inn", "payer_name")
