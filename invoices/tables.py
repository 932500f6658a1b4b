from datetime import date
from decimal import Decimal

from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext_lazy as _

from billing_site.kit import clock
from billing_site.pages.statuses import badge, word_of
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
from invoices.models import BankLine, Invoice, Statement

HOLDS = {True: ("ok", _("add up")), False: ("trouble", _("don't add up")), None: ("unknown", _("not stated"))}


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
    reads = ("status", "balanced", "waiting")

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


OF = "invoices.invoice"


def standing(status: str, due_on: date, paid: Decimal) -> list[str]:
    """How an invoice stands, in keys of statuses: what is derived (overdue, partly) instead of "unpaid"."""
    if status != Invoice.Status.ISSUED:
        return [status]
    derived = {"overdue": due_on < clock.today(), "partly": paid > 0}
    return [key for key, holds in derived.items() if holds] or [status]


def _standing(row: Row) -> list[str]:
    return standing(row["status"], row["due_on"], row["paid"])


def _badges(row: Row) -> str:
    return format_html_join(" ", "{}", ((badge(key, OF),) for key in _standing(row)))


def _words(row: Row) -> str:
    return ", ".join(word_of(key, OF) for key in _standing(row))


def _number(row: Row) -> str:
    if row["number"] is None:
        return str(_("draft %(id)s") % {"id": row["id"]})
    return f"№\u00a0{row['number']}"


def _payer_inn(row: Row) -> str:
    return format_html('{} <span class="muted small">{}</span>', row["payer__name"], row["payer__inn"])


def client_url(row: Row) -> str:
    return reverse("client-detail", args=[row["client_id"]])


class InvoiceTable(Table):
    """`open` and `standing_total` (the total where the invoice stands) are annotations of the list's rows."""

    columns = (
        LinkColumn("number", _("No."), fields=("number", "id"), cell=_number, sort="id",
                   link=lambda row: reverse("invoice-detail", args=[row["id"]])),
        TextColumn("client", _("Client"), fields=("client__name", "client_id"), link=client_url),
        TextColumn("payer", _("Payer, INN"), fields=("payer__name", "payer__inn"), cell=_payer_inn,
                   export=lambda row: " ".join(filter(None, (row["payer__name"], row["payer__inn"])))),
        TextColumn("seller", _("Seller"), fields=("seller__name",)),
        TextColumn("status", _("Status"), fields=("status", "due_on", "paid"), cell=_badges, export=_words),
        DateColumn("issued_on", _("Issued"), sort="issued_on", align="end"),
        DateColumn("due_on", _("Due"), sort="due_on", align="end"),
        MoneyColumn("total", _("Total"), currency="currency", sum="standing_total"),
        MoneyColumn("paid", _("Paid"), currency="currency", sum="paid"),
        MoneyColumn("open", _("Still open"), currency="currency", sum="open"),
        TextColumn("manager", _("Manager"), fields=("manager__name",)),
        StatusColumn("role", _("Kind"), choices=Invoice.Role, hidden=True,
                     cell=lambda row: str(Invoice.Role(row["role"]).label)),
        TextColumn("order", _("Order"), fields=("order_id",), hidden=True),
        DateColumn("paid_on", _("Paid on"), hidden=True, align="end"),
    )  # fmt: skip
    reads = ("status", "due_on", "paid", "number", "client_id")

    def css(self, row: Row) -> str:
        if row["status"] in (Invoice.Status.VOID, Invoice.Status.DISCARDED):
            return "muted"
        return "danger" if "overdue" in _standing(row) else ""


def _payment_payer(row: Row) -> str:
    return format_html(
        '{} <span class="muted small">{}</span>', row["payer__name"] or "—", row["payer__inn"] or ""
    )


class PaymentTable(Table):
    columns = (
        DateColumn("received_on", _("Received"), sort="received_on",
                   link=lambda row: reverse("payment-detail", args=[row["id"]])),
        TextColumn("client", _("Client"), fields=("client__name", "client_id"), link=client_url),
        TextColumn("payer", _("Payer, INN"), fields=("payer__name", "payer__inn"), cell=_payment_payer,
                   export=lambda row: " ".join(filter(None, (row["payer__name"], row["payer__inn"])))),
        TextColumn("seller", _("Seller"), fields=("seller__name",)),
        MoneyColumn("amount", _("Amount"), sum="amount"),
        MoneyColumn("allocated", _("To invoices"), sum="allocated"),
        MoneyColumn("credited", _("To credit"), sum="credited"),
        TextColumn("bank_line", _("Payment order"), fields=("bank_line__number",)),
        TextColumn("purpose", _("Purpose"), fields=("bank_line__purpose",), hidden=True),
        TextColumn("note", _("Comment"), hidden=True),
    )  # fmt: skip
    reads = ("client_id",)


TURNS = {
    2: ("soon", _("not looked through")),
    1: ("unpaid", _("unpaid")),
    0: ("ok", _("looked through")),
    -1: ("unknown", _("not looked through")),  # main and one-off invoices: nobody has to
}


def _turn(row: Row) -> str:
    look, word = TURNS[row["turn"]]
    return badge(look, word=str(word))


def _proof_url(row: Row) -> str:
    if row["proof"]:
        return reverse("proof-detail", args=[row["proof"]])
    return reverse("invoice-detail", args=[row["id"]])


class ProofTable(Table):
    """Invoices with their proof cards; `turn` is an annotation (see filters.ProofFilter)."""

    columns = (
        LinkColumn("number", _("Invoice"), fields=("number", "id"), cell=_number, link=_proof_url),
        TextColumn("client", _("Client"), fields=("client__name", "client_id"), link=client_url),
        TextColumn("turn", _("State"), cell=_turn, export=lambda row: str(TURNS[row["turn"]][1])),
        StatusColumn("role", _("Kind"), choices=Invoice.Role,
                     cell=lambda row: str(Invoice.Role(row["role"]).label)),
        DateColumn("issued_on", _("Issued"), align="end"),
        DateColumn("due_on", _("Due"), align="end"),
        MomentColumn("made_at", _("Paid"), fields=("proof__made_at",), align="end"),
        MoneyColumn("total", _("Total"), currency="currency", sum="total"),
        TextColumn("seen_by", _("Looked through"), fields=("proof__seen_by__name",), hidden=True),
        MomentColumn("seen_at", _("Looked at"), fields=("proof__seen_at",), hidden=True),
        TextColumn("manager", _("Manager"), fields=("manager__name",), hidden=True),
    )  # fmt: skip
    reads = ("proof", "turn", "due_on")

    def css(self, row: Row) -> str:
        return "warning" if row["turn"] == 1 and row["due_on"] < clock.today() else ""


def _given(row: Row) -> str:
    units = Invoice.Units(row["unpaid_units"])
    return badge("soon" if units == Invoice.Units.GIVEN else "unknown", word=str(units.label))


def _unpaid_deeds(row: Row) -> str:
    """Links to what can be done with unpaid units."""
    deeds = (("invoice-prolong", _("More time")), ("invoice-take-back", _("Take back")))
    return format_html_join(
        " · ", '<a href="{}">{}</a>', ((reverse(name, args=[row["id"]]), label) for name, label in deeds)
    )


class UnpaidTable(Table):
    """Invoices whose units are unpaid."""

    columns = (
        LinkColumn("number", _("Invoice"), fields=("number", "id"), cell=_number,
                   link=lambda row: reverse("invoice-detail", args=[row["id"]])),
        TextColumn("client", _("Client"), fields=("client__name", "client_id"), link=client_url),
        TextColumn("given", _("Units"), fields=("unpaid_units",), cell=_given,
                   export=lambda row: str(Invoice.Units(row["unpaid_units"]).label)),
        DateColumn("issued_on", _("Issued"), sort="issued_on", align="end"),
        DateColumn("due_on", _("Due"), align="end"),
        MoneyColumn("total", _("Total"), currency="currency", sum="total"),
        MoneyColumn("paid", _("Paid"), currency="currency", hidden=True),
        TextColumn("manager", _("Manager"), fields=("manager__name",), hidden=True),
        TextColumn("deeds", _("What can be done"), fields=("id",), cell=_unpaid_deeds),
    )  # fmt: skip
